import { DomainError } from '../../domain/errors.ts';
import type {
  DialectName,
  Template,
  TemplateChange,
  TemplateRevision,
} from '../../domain/template.ts';
import type { AttemptHandle, ChangeContext, NewTemplate } from '../../ports/store.ts';
import { definitionBounds } from '../sql/definition-bounds.ts';
import { parseRevision, type TemplateRecord, toTemplate } from '../sql/rows.ts';
import { lockUnfinished } from './admission-sql.ts';
import type { RevisionTexts } from './revisions.ts';
import { pauseSchedule, placeSchedule, resumeSchedule } from './schedules.ts';
import { releaseReplacing, releaseSuspended, stopRuns } from './stops.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';
import type { Work } from './work.ts';

type TemplateWithRevision = TemplateRecord & RevisionTexts;

const withRevision = `select t.*, v.spec, v.document, v.not_acted_on, v.schedule
   from templates t join template_revisions v on v.template_n = t.n and v.revision = t.revision
   where t.id = $1 and t.deleted_at is null`;
const byId = statement('template', withRevision);
const lockById = statement(
  'template-lock',
  'select n from templates where id = $1 and deleted_at is null for no key update',
);
const insert = statement(
  'template-insert',
  `insert into templates (id, dialect, namespace, name, revision, suspended, refers_to, created_at, updated_at)
   values ($1, $2, $3, $4, 1, 0, $5, $6, $6) returning n`,
);
const insertRevision = statement(
  'template-revision-insert',
  'insert into template_revisions (template_n, revision, spec, document, not_acted_on, schedule) values ($1, $2, $3, $4, $5, $6)',
);
const update = statement(
  'template-update',
  'update templates set revision = $2, refers_to = $3, updated_at = $4 where n = $1',
);
const suspend = statement(
  'template-suspend',
  'update templates set suspended = $2, updated_at = $3 where n = $1',
);
const hide = statement('template-hide', 'update templates set deleted_at = $2 where n = $1');
const recordChange = statement(
  'template-change',
  'insert into template_changes (id, template_id, kind, revision, at, by, note) values ($1, $2, $3, $4, $5, $6, $7)',
);
const dropRevisions = statement(
  'template-drop-revisions',
  `delete from template_revisions v where v.template_n = $1 and v.revision <= $2
     and v.revision not in (select r.revision from runs r where r.template_n = $1)`,
);
const dropChanges = statement(
  'template-drop-changes',
  `delete from template_changes where template_id = $1 and n <=
     (select n from template_changes where template_id = $1 order by n desc limit 1 offset ${definitionBounds.changes})`,
);
const referring = statement(
  'template-referring',
  'select id from templates where refers_to = $1 and deleted_at is null order by n',
);

/** Definitions of jobs: each change is a new revision and a recorded change. */
export async function createTemplate(
  tx: Transaction,
  input: NewTemplate,
  context: ChangeContext,
): Promise<Template> {
  const { id, dialect, namespace, name, refersTo } = input;
  const values = [id, dialect, namespace, name, refersTo, context.atMs];
  const [row] = await tx.rows<{ n: number }>(insert, values);
  if (row === undefined) throw new Error(`inserting template ${id} returned no row`);
  await writeRevision(tx, row.n, 1, input);
  await placeSchedule(tx, row.n, input.schedule, false, context.atMs);
  await record(tx, id, 'create', 1, context);
  return (await lockTemplate(tx, id, dialect)).template;
}

/** @throws DomainError `template-not-found`, or what `revise` throws. */
export async function updateTemplate(
  tx: Transaction,
  id: string,
  dialect: DialectName,
  revise: (current: Template) => TemplateRevision,
  context: ChangeContext,
): Promise<Template> {
  const { n, template } = await lockTemplate(tx, id, dialect);
  const next = revise(template);
  const revision = template.revision + 1;
  await writeRevision(tx, n, revision, next);
  await tx.rows(update, [n, revision, next.refersTo, context.atMs]);
  await placeSchedule(tx, n, next.schedule, template.suspended, context.atMs);
  await record(tx, id, 'update', revision, context);
  return (await lockTemplate(tx, id, dialect)).template;
}

/** @throws DomainError `template-not-found`. */
export async function setSuspended(
  work: Work,
  id: string,
  dialect: DialectName,
  suspended: boolean,
  context: ChangeContext,
): Promise<{ template: Template; wake: boolean }> {
  const { tx } = work;
  const { n, template } = await lockTemplate(tx, id, dialect);
  if (template.suspended === suspended) return { template, wake: false };
  await tx.rows(suspend, [n, suspended ? 1 : 0, context.atMs]);
  await record(tx, id, suspended ? 'suspend' : 'resume', template.revision, context);
  if (suspended) await pauseSchedule(tx, n);
  else await resumeSchedule(tx, n, context.atMs);
  const wake = suspended ? false : await releaseSuspended(work, n, context.atMs);
  return { template: { ...template, suspended, updatedAtMs: context.atMs }, wake };
}

/** Hides the template and stops its runs. @throws DomainError `template-not-found`. */
export async function deleteTemplate(
  work: Work,
  id: string,
  dialect: DialectName,
  context: ChangeContext,
): Promise<{ stop: AttemptHandle[] }> {
  const { n, template } = await lockTemplate(work.tx, id, dialect);
  const runs = await work.lockRuns(lockUnfinished, [[n]]);
  const message = 'stopped: its template was deleted';
  const handles = await stopRuns(work, runs, 'deleted', () => message, context.atMs);
  await releaseReplacing(work, context.atMs);
  await placeSchedule(work.tx, n, null, false, context.atMs);
  await work.tx.rows(hide, [n, context.atMs]);
  await record(work.tx, id, 'delete', template.revision, context);
  return { stop: [...handles.values()].flat() };
}

/** Null when there is none, or none of this dialect. */
export async function findTemplate(
  db: Queries,
  id: string,
  dialect?: DialectName,
): Promise<Template | null> {
  const [row] = await db.rows<TemplateWithRevision>(byId, [id]);
  if (row === undefined || (dialect !== undefined && row.dialect !== dialect)) return null;
  return toTemplate(row, parseRevision(row));
}

export async function templatesReferringTo(db: Queries, id: string): Promise<readonly string[]> {
  const rows = await db.rows<{ id: string }>(referring, [id]);
  return rows.map((row) => row.id);
}

async function lockTemplate(
  tx: Transaction,
  id: string,
  dialect: DialectName,
): Promise<{ n: number; template: Template }> {
  // Locked first and read after it: another server may have written a revision meanwhile.
  await tx.rows(lockById, [id]);
  const [row] = await tx.rows<TemplateWithRevision>(byId, [id]);
  if (row === undefined || row.dialect !== dialect) {
    throw new DomainError('template-not-found', `there is no template ${id}`, { templateId: id });
  }
  return { n: row.n, template: toTemplate(row, parseRevision(row)) };
}

async function writeRevision(
  tx: Transaction,
  templateN: number,
  revision: number,
  { spec, document, notActedOn, schedule }: TemplateRevision,
): Promise<void> {
  const texts = [spec, document, notActedOn].map((part) => JSON.stringify(part));
  await tx.rows(insertRevision, [
    templateN,
    revision,
    ...texts,
    schedule === null ? null : JSON.stringify(schedule),
  ]);
  const oldest = revision - definitionBounds.revisions;
  if (oldest > 0) await tx.rows(dropRevisions, [templateN, oldest]);
}

async function record(
  tx: Transaction,
  id: string,
  kind: TemplateChange['kind'],
  revision: number,
  { changeId, atMs, by, note }: ChangeContext,
): Promise<void> {
  await tx.rows(recordChange, [changeId, id, kind, revision, atMs, by, note]);
  await tx.rows(dropChanges, [id]);
}
