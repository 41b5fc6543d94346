/** What a cluster holds: templates, runs and links in the namespace that is called as its id. */
import { DomainError } from '../../../domain/errors.ts';
import type { Engine, TemplateSummary } from '../../../engine/index.ts';

/** Rows that are read at a time. */
const batch = 100;

/** Kinds of documents that jobs keep, with the cluster's id as parent. */
const documentsOfJobs = ['job', 'disposable'];

const active = ['queued', 'running', 'stopping'] as const;

/** Whether anything of the cluster runs or waits to run. */
export async function hasActiveRuns(
  engine: Pick<Engine, 'runs'>,
  clusterId: string,
): Promise<boolean> {
  const { rows } = await engine.runs.list({ ...activeIn(clusterId), offset: 0, limit: 1 });
  return rows.length > 0;
}

/** Asks all that runs there to stop; it is final when its runners confirm. */
export async function stopActiveRuns(
  engine: Pick<Engine, 'runs'>,
  clusterId: string,
): Promise<void> {
  const ids: string[] = [];
  for (let offset = 0; ; offset += batch) {
    const { rows } = await engine.runs.list({ ...activeIn(clusterId), offset, limit: batch });
    ids.push(...rows.map(({ id }) => id));
    if (rows.length < batch) break;
  }
  for (const id of ids) await unlessGone(engine.runs.stop(id, 'cluster'));
}

/** Ids of jobs that would start by themselves. */
export async function scheduledJobs(
  engine: Pick<Engine, 'templates'>,
  clusterId: string,
): Promise<readonly string[]> {
  const jobs = await templatesOf(engine, clusterId);
  return jobs.filter((job) => job.schedule !== null && !job.suspended).map(({ id }) => id);
}

/** Stops or lets jobs start by themselves; those that are gone are passed over. */
export async function setSchedules(
  engine: Pick<Engine, 'templates'>,
  jobIds: readonly string[],
  suspended: boolean,
): Promise<void> {
  for (const id of jobIds) {
    const job = await engine.templates.get(id, 'cdm');
    if (job === null || job.suspended === suspended) continue;
    await unlessGone(engine.templates.setSuspended(id, 'cdm', suspended, 'cluster'));
  }
}

/** Deletes jobs, their runs and names, and links. */
export async function eraseContents(
  engine: Pick<Engine, 'templates' | 'links' | 'documents'>,
  clusterId: string,
  by: string,
  nowMs: number,
): Promise<void> {
  for (const { id } of await templatesOf(engine, clusterId)) {
    await unlessGone(engine.templates.delete(id, 'cdm', by));
  }
  for (const kind of documentsOfJobs) {
    // Each turn deletes what it read.
    for (;;) {
      const query = { dialect: 'cdm', kind, parent: clusterId, offset: 0, limit: batch } as const;
      const { rows } = await engine.documents.documents(query);
      if (rows.length === 0) break;
      for (const document of rows) {
        await engine.documents.changeDocument(document, nowMs, () => null);
      }
    }
  }
  const names: string[] = [];
  for (let offset = 0; ; offset += batch) {
    const { rows } = await engine.links.list(clusterId, offset, batch);
    names.push(...rows.map(({ name }) => name));
    if (rows.length < batch) break;
  }
  for (const name of names) await engine.links.change(clusterId, name, () => null, by);
}

async function templatesOf(
  engine: Pick<Engine, 'templates'>,
  clusterId: string,
): Promise<readonly TemplateSummary[]> {
  const found: TemplateSummary[] = [];
  for (let offset = 0; ; offset += batch) {
    const query = { dialect: 'cdm', namespace: clusterId, offset, limit: batch } as const;
    const { rows } = await engine.templates.list(query);
    found.push(...rows);
    if (rows.length < batch) return found;
  }
}

function activeIn(clusterId: string) {
  return { dialect: 'cdm', namespace: clusterId, states: active } as const;
}

/** What someone else deleted meanwhile is what we want. */
async function unlessGone(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    const gone =
      error instanceof DomainError &&
      (error.code === 'run-not-found' || error.code === 'template-not-found');
    if (!gone) throw error;
  }
}
