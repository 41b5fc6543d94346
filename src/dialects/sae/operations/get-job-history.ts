import type { Operation } from '../../aliyun/operation.ts';
import type { SaeServices } from '../services.ts';
import { describeJobHistory, jobHistory } from './describe-job-history.ts';

/** The name old command line tools know DescribeJobHistory by; without State (sae.md §2.1). */
export const getJobHistory: Operation<SaeServices> = {
  ...describeJobHistory,
  name: 'GetJobHistory',
  path: '/pop/v1/sam/job/getJobHistory',
  parameters: describeJobHistory.parameters.filter(({ name }) => name !== 'State'),
  handle: ({ params }, services) => jobHistory(params, services, undefined),
};
