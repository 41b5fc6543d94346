/**
 * Jobs are templates of the engine. The id is JobId in decimal, the namespace is
 * `<namespace>/<groupId>`, and the document holds the parameters as they were given.
 *
 * Workflows are templates of this dialect too: their ids and namespaces must not meet those of
 * jobs (`workflowTemplateId`, `workflowNamespaceOf`).
 */
import type { Template } from '../../domain/template.ts';
import type { TemplateSummary } from '../../engine/index.ts';
import type { Params } from '../aliyun/operation.ts';
import { failures } from './errors.ts';
import { type AppGroup, optionalGroup, requireGroup, templateNamespaceOf } from './groups.ts';
import { type JobDocument, readJobDocument } from './job-document.ts';
import { isOver } from './one-time-jobs.ts';
import { required, requiredInteger } from './parameters.ts';
import type { JobSurroundings, SchedulerxServices } from './services.ts';
import { jobRevision } from './translate/revision.ts';

/** Largest JobId: XXL-JOB executors read 31 bits (schedulerx.md §1.5). */
export const maxJobId = 2 ** 31 - 1;
/** Sequence that JobIds are taken from. */
export const jobSequence = 'schedulerx-job';
/** Templates read in one go. */
const jobsPerPage = 200;

/** A job with where it belongs. */
export interface Job {
  readonly id: number;
  readonly document: JobDocument;
  readonly template: Template;
}

/** The template id of a workflow: JobIds and WorkflowIds are counted apart. */
export function workflowTemplateId(workflowId: number): string {
  return `workflow-${workflowId}`;
}

/** The template namespace of an application's workflows. */
export function workflowNamespaceOf(group: Pick<AppGroup, 'namespace' | 'groupId'>): string {
  return `workflow:${templateNamespaceOf(group)}`;
}

/** Null when there is none of this id, or it was a one_time job that has run (§5.1). */
export async function findJob(services: SchedulerxServices, jobId: number): Promise<Job | null> {
  if (jobId < 1 || jobId > maxJobId) return null;
  const template = await services.context.engine.templates.get(String(jobId), 'schedulerx');
  const job = template === null ? null : jobOf(template);
  return job === null || (await isOver(services, job)) ? null : job;
}

/**
 * The job that `JobId` names, of the application that `Namespace` and `GroupId` name.
 * @throws WireError `Missing{Name}`, unknown application, unknown job, job of another application.
 */
export async function requireJob(
  services: SchedulerxServices,
  params: Params,
  unknown: (jobId: number) => Error = failures.unknownJob,
): Promise<{ readonly job: Job; readonly group: AppGroup }> {
  const jobId = requiredInteger(params, 'JobId');
  const group = await requireGroup(services, params);
  const job = await findJob(services, jobId);
  if (job === null) throw unknown(jobId);
  if (!belongsTo(job, group)) throw failures.wrongGroup(jobId, group.groupId);
  return { job, group };
}

/**
 * As `requireJob` where GroupId may be absent (§6 #10): then the job is looked up by its id within
 * the namespace.
 */
export async function requireJobInNamespace(
  services: SchedulerxServices,
  params: Params,
  jobId: number,
): Promise<Job> {
  const namespace = required(params, 'Namespace');
  const group = await optionalGroup(services, params);
  const job = await findJob(services, jobId);
  if (job === null) throw failures.unknownJob(jobId);
  if (group !== null && !belongsTo(job, group)) throw failures.wrongGroup(jobId, group.groupId);
  if (!job.template.namespace.startsWith(`${namespace}/`)) throw failures.unknownJob(jobId);
  return job;
}

/** Whether the job is one of this application. */
export function belongsTo(job: Job, group: AppGroup): boolean {
  return job.template.namespace === templateNamespaceOf(group);
}

/** All jobs of an application, by id; one_time jobs that have run are none any more. */
export async function jobsOf(
  services: SchedulerxServices,
  group: Pick<AppGroup, 'namespace' | 'groupId'>,
): Promise<readonly Job[]> {
  const rows: TemplateSummary[] = [];
  for (;;) {
    const page = await services.context.engine.templates.list({
      dialect: 'schedulerx',
      namespace: templateNamespaceOf(group),
      orderBy: 'created',
      ascending: true,
      offset: rows.length,
      limit: jobsPerPage,
    });
    rows.push(...page.rows);
    if (page.rows.length === 0 || rows.length >= page.total) break;
  }
  const jobs: Job[] = [];
  for (const row of rows) {
    const job = jobOf(row);
    if (job !== null && !(await isOver(services, job, row.latestRun))) jobs.push(job);
  }
  return jobs.toSorted((a, b) => a.id - b.id);
}

/** The job that a template is; null when it is something else. */
export function jobOf(template: Template): Job | null {
  const document = readJobDocument(template.document);
  return document === null ? null : { id: Number(template.id), document, template };
}

/**
 * Changes a job's document and translates it anew; with no change of the document it only is
 * translated anew, for what surrounds it has changed (`retranslateJob`).
 * @param revise pure.
 * @throws WireError when what results cannot be.
 */
export async function changeJob(
  services: SchedulerxServices,
  job: Job,
  group: Pick<AppGroup, 'namespace' | 'groupId' | 'number'>,
  by: string,
  revise: (document: JobDocument) => JobDocument,
): Promise<Job> {
  const next = revise(job.document);
  // A calendar that is gone must not keep its jobs from being disabled.
  const isLeft = !next.enabled && next.given['Calendar'] === job.document.given['Calendar'];
  const surroundings = await surroundingsOf(
    services,
    group,
    job.id,
    isLeft ? { ...next, given: { ...next.given, Calendar: '' } } : next,
  );
  const { template } = await services.context.engine.templates.update(
    job.template.id,
    'schedulerx',
    (current) => {
      const document = readJobDocument(current.document);
      if (document === null) throw failures.unknownJob(job.id);
      return jobRevision(revise(document), surroundings, services.settings);
    },
    by,
  );
  return jobOf(template) ?? job;
}

/** Translates a job anew: its calendar, designation, routes or workflow has changed. */
export async function retranslateJob(
  services: SchedulerxServices,
  job: Job,
  group: Pick<AppGroup, 'namespace' | 'groupId' | 'number'>,
  by: string,
): Promise<Job> {
  return changeJob(services, job, group, by, (document) => document);
}

/** What acts on a job besides its own parameters. @throws WireError for a calendar that is not there. */
export function surroundingsOf(
  services: SchedulerxServices,
  group: Pick<AppGroup, 'namespace' | 'groupId'>,
  jobId: number | null,
  document: JobDocument,
): Promise<JobSurroundings> {
  return services.surroundings({
    namespace: group.namespace,
    groupId: group.groupId,
    jobId,
    calendar: document.given['TimeType'] === '1' ? (document.given['Calendar'] ?? '') : '',
  });
}
