import type { Operation } from '../../aliyun/operation.ts';
import type { SaeServices } from '../services.ts';

/**
 * Lists the one region this server is. The answer has the service's odd shape: `Code` is a number
 * and most of the envelope is missing (sae.md §2.4).
 */
export const describeRegions: Operation<SaeServices> = {
  name: 'DescribeRegions',
  method: 'GET',
  path: '/pop/v1/paas/regionConfig',
  parameters: [],
  async handle({ host }, { context }) {
    const region = {
      RegionId: context.region,
      LocalName: context.region,
      // Where the client has just found this server.
      RegionEndpoint: host,
      RecommendZones: { RecommendZone: [] },
    };
    return {
      top: { Code: 200, ErrorCode: undefined, Success: undefined, Regions: { Region: [region] } },
      omitTraceId: true,
    };
  },
};
