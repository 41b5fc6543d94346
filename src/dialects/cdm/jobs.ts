/** Jobs of a cluster: making, finding, changing, deleting (cdm.md §3.4-3.7). */
import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../domain/errors.ts';
import { isFinal } from '../../domain/states.ts';
import type { Run } from '../../domain/run.ts';
import type { TemplateSummary } from '../../engine/index.ts';
import { forgetDisposable, isDisposed, keepDisposable } from './disposal.ts';
import { cdmError } from './errors.ts';
import { readWireJob, type WireJob } from './job-content.ts';
import { type Job, jobOf } from './job-document.ts';
import { dropName, findIndexed, indexOf, takeName } from './job-index.ts';
import { type CheckedJob, checkJob, jobRevision } from './job-revision.ts';
import type { LinkUse } from './rights.ts';
import type { CdmServices, Cluster } from './services.ts';
import { waitForEnd } from './submissions.ts';
import type { JobType } from './translate/job.ts';
import { openValues } from './values/secrets.ts';

/** Longest wait for a run that is being stopped (cdm.md §3.9). */
export const stopWaitMs = 30_000;

/** Null when there is none, or it is about to be deleted after its run and nobody asks any more. */
export async function findJob(
  services: CdmServices,
  clusterId: string,
  name: string,
): Promise<Job | null> {
  const job = await findIndexed(services.context.engine, clusterId, name);
  if (job === null || !(await isDisposed(services, job, 'gone'))) return job;
  await removeJob(services, job, job.document.updatedBy);
  return null;
}

/** @throws WireError 400 Cdm.0100. */
export async function requireJob(
  services: CdmServices,
  clusterId: string,
  name: string,
): Promise<Job> {
  const job = await findJob(services, clusterId, name);
  if (job === null) throw cdmError('Cdm.0100', name);
  return job;
}

/** Who makes or changes a job, and what links it may use. */
export interface JobMaker {
  readonly by: string;
  readonly use: LinkUse;
}

/**
 * Makes all of the jobs or none.
 * @throws WireError for the first that cannot be made.
 */
export async function createJobs(
  services: CdmServices,
  cluster: Cluster,
  wires: readonly WireJob[],
  { by, use }: JobMaker,
): Promise<readonly Job[]> {
  const names = wires.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw cdmError('Cdm.0104', twice);
  for (const name of names) {
    const known = await findJob(services, cluster.id, name);
    if (known === null) continue;
    if (!(await isDisposed(services, known, 'hidden'))) throw cdmError('Cdm.0104', name);
    await removeJob(services, known, by);
  }
  const checked: CheckedJob[] = [];
  for (const wire of wires) checked.push(await checkJob(services, cluster, wire, use));
  const made: Job[] = [];
  try {
    for (const job of checked) made.push(await createJob(services, cluster, job, by));
  } catch (error) {
    for (const job of made) await removeJob(services, job, by);
    throw error;
  }
  return made;
}

async function createJob(
  services: CdmServices,
  cluster: Cluster,
  checked: CheckedJob,
  by: string,
): Promise<Job> {
  const { engine } = services.context;
  const id = await engine.documents.takeNumbers(`cdm-job:${cluster.id}`, 1);
  const templateId = `cdm-${services.context.uuid()}`;
  const { name, jobType } = checked.wire;
  const nowMs = services.context.nowMs();
  await takeName(
    engine,
    cluster.id,
    { name, templateId, id, jobType, links: checked.links },
    nowMs,
  );
  try {
    await keepDisposable(services, cluster.id, templateId, checked.translated.disposal);
    const { template } = await engine.templates.create(
      {
        ...jobRevision(services, cluster, checked, { id, createdBy: by, updatedBy: by }),
        id: templateId,
        dialect: 'cdm',
        namespace: cluster.id,
        name,
      },
      by,
    );
    const job = jobOf(template);
    if (job === null) throw new Error('a job that was just made cannot be read');
    return job;
  } catch (error) {
    await dropName(engine, cluster.id, name, templateId, nowMs);
    throw error;
  }
}

/** Replaces a job, under another name where the body has one. @throws WireError. */
export async function updateJob(
  services: CdmServices,
  cluster: Cluster,
  job: Job,
  raw: Readonly<Record<string, unknown>>,
  { by, use }: JobMaker,
): Promise<Job> {
  const { engine } = services.context;
  await requireIdle(services, job);
  const { document, template } = job;
  const wire = readWireJob(raw, 'jobs[0]', openContent(services, job));
  const checked = await checkJob(services, cluster, wire, use);
  const { id, createdBy } = document;
  const entry = {
    name: wire.name,
    templateId: template.id,
    id,
    jobType: wire.jobType,
    links: checked.links,
  };
  await takeName(engine, cluster.id, entry, services.context.nowMs());
  await keepDisposable(services, cluster.id, template.id, checked.translated.disposal);
  const revision = jobRevision(services, cluster, checked, { id, createdBy, updatedBy: by });
  const renamed = wire.name !== document.name;
  const drop = (name: string) =>
    dropName(engine, cluster.id, name, template.id, services.context.nowMs());
  try {
    const updated = await engine.templates.update(template.id, 'cdm', () => revision, by);
    const changed = jobOf(updated.template);
    if (changed === null) throw new Error('a job that was just changed cannot be read');
    if (renamed) await drop(document.name);
    return changed;
  } catch (error) {
    if (renamed) await drop(wire.name);
    throw error;
  }
}

/** Whether a job that is there says the same as a request for it (cdm.md §3.12). */
export function hasContent(
  services: CdmServices,
  job: Job,
  raw: Readonly<Record<string, unknown>>,
): boolean {
  const { document } = job;
  const kept = openContent(services, job);
  const wire = readWireJob(raw, 'jobs[0]', kept);
  return (
    wire.jobType === document.jobType &&
    wire.fromLink === document.fromLink &&
    wire.toLink === document.toLink &&
    wire.enabled === document.enabled &&
    isDeepStrictEqual(
      { from: wire.from, to: wire.to, driver: wire.driver },
      { from: kept.from, to: kept.to, driver: kept.driver },
    )
  );
}

/** What is kept of a job, in clear. */
function openContent({ context }: CdmServices, { document }: Job) {
  const unseal = (sealed: string, purpose: string) => context.unseal(sealed, purpose);
  return {
    from: openValues(document.from, unseal),
    to: openValues(document.to, unseal),
    driver: openValues(document.driver, unseal),
  };
}

/** Deletes it with its history, once nothing of it runs. @throws WireError Cdm.0052. */
export async function deleteJob(services: CdmServices, job: Job, by: string): Promise<void> {
  await requireIdle(services, job);
  await removeJob(services, job, by);
}

/** Deletes it as it is; what runs is stopped. Harmless when it is gone. */
export async function removeJob(services: CdmServices, job: Job, by: string): Promise<void> {
  const { engine } = services.context;
  const { template, document } = job;
  try {
    await engine.templates.delete(template.id, 'cdm', by);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'template-not-found') throw error;
  }
  await dropName(engine, template.namespace, document.name, template.id, services.context.nowMs());
  await forgetDisposable(services, template.id);
}

/** A page of jobs with their newest runs, newest job first. */
export async function listJobs(
  services: CdmServices,
  clusterId: string,
  query: {
    readonly contains: string;
    readonly jobType: JobType;
    readonly offset: number;
    readonly limit: number;
  },
): Promise<{ readonly total: number; readonly jobs: readonly JobWithRun[] }> {
  const part = query.contains.toLowerCase();
  const entries = (await indexOf(services.context.engine, clusterId)).filter(
    ({ name, jobType }) => jobType === query.jobType && name.toLowerCase().includes(part),
  );
  const page = entries.slice(query.offset, query.offset + query.limit);
  if (page.length === 0) return { total: entries.length, jobs: [] };
  const { rows } = await services.context.engine.templates.list({
    dialect: 'cdm',
    namespace: clusterId,
    ids: page.map(({ templateId }) => templateId),
    offset: 0,
    limit: page.length,
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const jobs: JobWithRun[] = [];
  for (const { templateId } of page) {
    const row = byId.get(templateId);
    const job = row === undefined ? null : withRun(row);
    if (job !== null && !(await isDisposed(services, job, 'hidden', job.run))) jobs.push(job);
  }
  return { total: entries.length, jobs };
}

/** A job and its newest run; null = it never ran. */
export interface JobWithRun extends Job {
  readonly run: Run | null;
}

function withRun(row: TemplateSummary): JobWithRun | null {
  const job = jobOf(row);
  return job === null ? null : { ...job, run: row.latestRun };
}

/** Names of jobs that use a link. */
export async function jobsUsing(
  services: CdmServices,
  clusterId: string,
  link: string,
): Promise<readonly { readonly name: string; readonly templateId: string }[]> {
  const entries = await indexOf(services.context.engine, clusterId);
  return entries.filter(({ links }) => links.includes(link));
}

/** Waits for a run that is being stopped. @throws WireError Cdm.0052 for one that goes on. */
async function requireIdle(services: CdmServices, { template, document }: Job): Promise<void> {
  const run = await services.context.engine.runs.latest(template.id);
  if (run === null || isFinal('run', run.state)) return;
  if (run.state !== 'stopping') throw cdmError('Cdm.0052', document.name);
  await waitForEnd(services, run.id, stopWaitMs);
}
