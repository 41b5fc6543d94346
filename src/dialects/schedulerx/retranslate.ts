import { type AppGroup, groupsOf } from './groups.ts';
import { type Job, jobsOf, retranslateJob } from './jobs.ts';
import type { SchedulerxServices } from './services.ts';

/**
 * Translates jobs of one application anew, because what surrounds them has changed. One that cannot
 * be is logged and stays as it was: it must not keep the others back.
 */
export async function retranslateJobs(
  services: SchedulerxServices,
  group: Pick<AppGroup, 'namespace' | 'groupId' | 'number'>,
  jobs: readonly Job[],
  by: string,
): Promise<void> {
  for (const job of jobs) {
    try {
      await retranslateJob(services, job, group, by);
    } catch (error) {
      services.context.log.warn({ err: error, jobId: job.id }, 'translating a job anew failed');
    }
  }
}

/** Jobs of all applications that `wanted` chooses, by application. */
export async function jobsWhere(
  services: SchedulerxServices,
  wanted: (job: Job) => boolean,
): Promise<readonly { readonly group: AppGroup; readonly jobs: readonly Job[] }[]> {
  const found: { group: AppGroup; jobs: readonly Job[] }[] = [];
  for (const group of await groupsOf(services)) {
    const jobs = (await jobsOf(services, group)).filter(wanted);
    if (jobs.length > 0) found.push({ group, jobs });
  }
  return found;
}
