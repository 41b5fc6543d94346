/** The SAE job API, version 2019-05-06: what the composition root mounts. */
import type { Product } from '../aliyun/operation.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { domainErrors } from './errors.ts';
import { createJob } from './operations/create-job.ts';
import { deleteHistoryJob } from './operations/delete-history-job.ts';
import { deleteJob } from './operations/delete-job.ts';
import { describeJobHistory } from './operations/describe-job-history.ts';
import { describeJobStatus } from './operations/describe-job-status.ts';
import { describeJob } from './operations/describe-job.ts';
import { execJob } from './operations/exec-job.ts';
import { listJobs } from './operations/list-jobs.ts';
import { suspendJob } from './operations/suspend-job.ts';
import { updateJob } from './operations/update-job.ts';
import type { SaeServices, SaeSettings } from './services.ts';

export { eventRunId } from './translate/submit.ts';
export { defaultSaeSettings } from './services.ts';
export type { SaeServices, SaeSettings } from './services.ts';

/** The product that the Aliyun pipeline serves (sae.md §2.1, the job group). */
export function createSaeProduct(
  context: DialectContext,
  settings: SaeSettings,
): Product<SaeServices> {
  return {
    name: 'sae',
    version: '2019-05-06',
    ramCode: 'sae',
    operations: [
      createJob,
      updateJob,
      execJob,
      deleteJob,
      describeJob,
      listJobs,
      suspendJob,
      describeJobHistory,
      describeJobStatus,
      deleteHistoryJob,
    ],
    services: { context, settings },
    errors: domainErrors,
  };
}
