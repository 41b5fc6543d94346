import { failures, refusedAs } from './errors.ts';
import { forgetJobDetails } from './job-details.ts';
import type { Job } from './jobs.ts';
import { removeScripts } from './scripts.ts';
import type { SchedulerxServices } from './services.ts';

/** Deletes a job with its instances and script versions; what runs is stopped. */
export async function deleteJob(services: SchedulerxServices, job: Job, by: string): Promise<void> {
  await refusedAs(services.context.engine.templates.delete(job.template.id, 'schedulerx', by), {
    'template-not-found': () => failures.unknownJob(job.id),
  });
  await removeScripts(services, job.id);
  await forgetJobDetails(services, job.id);
}
