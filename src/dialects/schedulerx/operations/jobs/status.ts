import { groupOfTemplateNamespace } from '../../groups.ts';
import { changeJob, type Job } from '../../jobs.ts';
import type { SchedulerxServices } from '../../services.ts';

/** Sets a job's Status. Setting what is set already succeeds and changes nothing. */
export async function setEnabled(
  services: SchedulerxServices,
  job: Job,
  enabled: boolean,
  by: string,
): Promise<void> {
  if (job.document.enabled === enabled) return;
  const group = {
    ...groupOfTemplateNamespace(job.template.namespace),
    number: job.document.group,
  };
  await changeJob(services, job, group, by, (document) => ({ ...document, enabled }));
}
