import type { AppGroup } from '../../groups.ts';
import { changeJobDetails } from '../../job-details.ts';
import { type Job, retranslateJob } from '../../jobs.ts';
import type { SchedulerxServices } from '../../services.ts';

/** Takes a job's strategy away. @returns whether it had one. */
export async function removeJobRoute(
  services: SchedulerxServices,
  job: Job,
  group: AppGroup,
  by: string,
): Promise<boolean> {
  let before = false;
  await changeJobDetails(services, job.id, (details) => {
    before = details.route !== null;
    return { ...details, route: null };
  });
  if (before) await retranslateJob(services, job, group, by);
  return before;
}
