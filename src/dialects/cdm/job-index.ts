/**
 * Which job has which name. A name belongs to a job when the job's own document says so too;
 * an entry that nobody confirms is what a crash left, and is taken over when it is old enough.
 */
import { createHash } from 'node:crypto';
import type { Engine } from '../../engine/index.ts';
import { cdmError } from './errors.ts';
import { type Job, jobOf } from './job-document.ts';
import type { JobType } from './translate/job.ts';

type IndexEngine = Pick<Engine, 'documents' | 'templates'>;

/** What lists and lookups know without reading the job. */
export interface IndexEntry {
  readonly name: string;
  readonly templateId: string;
  readonly id: number;
  readonly jobType: JobType;
  /** Every link it uses. */
  readonly links: readonly string[];
}

const kind = 'job';
/** How long an entry counts that no job confirms: creating takes less. */
const confirmWithinMs = 60_000;
/** Entries read at a time. */
const batch = 500;

/** Null when no job has this name. */
export async function findIndexed(
  engine: IndexEngine,
  clusterId: string,
  name: string,
): Promise<Job | null> {
  const found = await engine.documents.document(nameOf(clusterId, name));
  if (found === null) return null;
  return confirmed(engine, entryOf(found.value));
}

/**
 * Takes a name for a job that is about to be made or renamed.
 * @throws WireError Cdm.0104 when a job has it.
 */
export async function takeName(
  engine: IndexEngine,
  clusterId: string,
  entry: IndexEntry,
  nowMs: number,
): Promise<void> {
  const name = nameOf(clusterId, entry.name);
  const before = await engine.documents.document(name);
  const owner = before === null ? null : await confirmed(engine, entryOf(before.value));
  await engine.documents.changeDocument(name, nowMs, (current) => {
    if (current !== null && entryOf(current.value).templateId !== entry.templateId) {
      const isLeft =
        owner === null &&
        current.revision === before?.revision &&
        current.number === before.number &&
        nowMs - current.updatedAtMs > confirmWithinMs;
      if (!isLeft) throw cdmError('Cdm.0104', entry.name);
    }
    return { parent: clusterId, value: { ...entry } };
  });
}

/** Gives a name back, if it is this job's. */
export async function dropName(
  engine: IndexEngine,
  clusterId: string,
  name: string,
  templateId: string,
  nowMs: number,
): Promise<void> {
  await engine.documents.changeDocument(nameOf(clusterId, name), nowMs, (current) => {
    if (current === null || entryOf(current.value).templateId === templateId) return null;
    return { parent: current.parent, value: current.value };
  });
}

/** All names of a cluster, newest job first. */
export async function indexOf(
  engine: Pick<Engine, 'documents'>,
  clusterId: string,
): Promise<readonly IndexEntry[]> {
  const entries: IndexEntry[] = [];
  for (let offset = 0; ; offset += batch) {
    const { rows } = await engine.documents.documents({
      dialect: 'cdm',
      kind,
      parent: clusterId,
      offset,
      limit: batch,
    });
    entries.push(...rows.map(({ value }) => entryOf(value)));
    if (rows.length < batch) break;
  }
  return entries.toSorted((a, b) => b.id - a.id);
}

async function confirmed(
  engine: Pick<Engine, 'templates'>,
  entry: IndexEntry,
): Promise<Job | null> {
  const template = await engine.templates.get(entry.templateId, 'cdm');
  const job = template === null ? null : jobOf(template);
  return job?.document.name === entry.name ? job : null;
}

function entryOf(value: Readonly<Record<string, unknown>>): IndexEntry {
  return value as unknown as IndexEntry;
}

/** Names may be longer than keys of documents. */
function nameOf(clusterId: string, name: string) {
  const key = createHash('sha256').update(`${clusterId}\n${name}`).digest('hex');
  return { dialect: 'cdm', kind, key } as const;
}

/** A link that a job uses is called otherwise now. */
export async function renameInIndex(
  engine: Pick<Engine, 'documents'>,
  clusterId: string,
  name: string,
  link: { readonly from: string; readonly to: string; readonly nowMs: number },
): Promise<void> {
  await engine.documents.changeDocument(nameOf(clusterId, name), link.nowMs, (current) => {
    if (current === null) return null;
    const entry = entryOf(current.value);
    const links = entry.links.map((one) => (one === link.from ? link.to : one));
    return { parent: clusterId, value: { ...entry, links } };
  });
}
