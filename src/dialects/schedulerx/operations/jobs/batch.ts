import { WireError } from '../../../aliyun/errors.ts';
import type { Call } from '../../../aliyun/operation.ts';
import { failures } from '../../errors.ts';
import { type Job, requireJobInNamespace } from '../../jobs.ts';
import { parameter } from '../../operation.ts';
import { requiredIntegers } from '../../parameters.ts';
import type { SchedulerxServices } from '../../services.ts';

export const jobIdList = parameter(
  'JobIdList',
  'json',
  '`JobIdList.1=`…; a comma list and a JSON array too',
  { required: true },
);

/**
 * Does something to each job of `JobIdList`. Jobs that it cannot be done to do not keep the others
 * from it; the failure then names them (schedulerx.md §4.3).
 */
export async function forEachJob(
  { params }: Call,
  services: SchedulerxServices,
  verb: 'enable' | 'disable' | 'delete',
  work: (job: Job) => Promise<void>,
): Promise<void> {
  const jobIds = new Set(requiredIntegers(params, 'JobIdList'));
  if (jobIds.size === 0) throw failures.cannotBeNull('jobIdList');
  const failed: number[] = [];
  for (const jobId of jobIds) {
    try {
      await work(await requireJobInNamespace(services, params, jobId));
    } catch (error) {
      // Only business failures are about one job.
      if (!(error instanceof WireError) || error.status !== 200) throw error;
      failed.push(jobId);
    }
  }
  if (failed.length > 0) throw failures.batchFailed(verb, failed);
}
