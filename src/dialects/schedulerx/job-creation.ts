import { failures } from './errors.ts';
import { type AppGroup, templateNamespaceOf } from './groups.ts';
import type { JobDocument } from './job-document.ts';
import { jobSequence, maxJobId, surroundingsOf } from './jobs.ts';
import { keepScript } from './scripts.ts';
import type { SchedulerxServices } from './services.ts';
import { jobRevision } from './translate/revision.ts';

/** Stores a new job. @returns its JobId. @throws WireError business failure when it cannot be. */
export async function addJob(
  services: SchedulerxServices,
  group: AppGroup,
  document: JobDocument,
  by: string,
): Promise<number> {
  const { engine } = services.context;
  const surroundings = await surroundingsOf(services, group, null, document);
  // Before a number is spent on what cannot be.
  const revision = jobRevision(document, surroundings, services.settings);
  const jobId = await engine.documents.takeNumbers(jobSequence, 1);
  if (jobId > maxJobId) throw failures.unfit('JobId', 'all numbers of jobs are spent');
  await engine.templates.create(
    {
      ...revision,
      id: String(jobId),
      dialect: 'schedulerx',
      namespace: templateNamespaceOf(group),
      name: document.given['Name'] ?? '',
    },
    by,
  );
  if (isScript(document)) {
    await keepScript(services, jobId, {
      content: document.given['Content'] ?? '',
      description: '',
      createdBy: by,
      createdAtMs: services.context.nowMs(),
    });
  }
  return jobId;
}

/** Whether the job's Content is a script that has versions. */
export function isScript({ given }: JobDocument): boolean {
  return given['JobType'] === 'shell' || given['JobType'] === 'python';
}
