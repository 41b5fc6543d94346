import { common, defineOperation } from '../../operation.ts';

/** The one region that this server is (schedulerx.md §4.1); `Regions` is no part of `Data`. */
export const describeRegions = defineOperation({
  name: 'DescribeRegions',
  ramAction: 'ReadSchedulerxRegions',
  method: 'POST',
  parameters: [common.regionId],
  async handle({ host }, { context }) {
    const { region } = context;
    return {
      top: { Regions: [{ RegionId: region, LocalName: region, RegionEndpoint: host }] },
    };
  },
});
