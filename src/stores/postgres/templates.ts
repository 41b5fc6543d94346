import type { DialectName, Template, TemplateRevision } from '../../domain/template.ts';
import type { AttemptHandle, ChangeContext, NewTemplate } from '../../ports/store.ts';
import { definitionBounds } from '../sql/definition-bounds.ts';
import { templateDeleting, templateNotFound, webhookTaken } from '../sql/catalog-refusals.ts';
import { catalogRefsText, parseRevision, type TemplateRecord, toTemplate } from '../sql/rows.ts';
import { lockUnfinished } from './admission-sql.ts';
import { holdNamespace } from './catalog-locks.ts';
import { isTaken } from './errors.ts';
import { addReferences, dropReferences, holdReferences } from './references.ts';
import type { RevisionTexts } from './revisions.ts';
import { pauseSchedule, placeSchedule, resumeSchedule } from './schedules.ts';
import { releaseReplacing, releaseSuspended, stopRuns } from './stops.ts';
import { dropTags } from './tags.ts';
import { recordChange } from './template-changes.ts';
import {
  type Bound,
  type Queries,
  type Statement,
  statement,
  type Transaction,
} from './transactions.ts';
import type { Work } from './work.ts';

type TemplateWithRevision = TemplateRecord & RevisionTexts;

const withRevision = `select t.*, v.spec, v.document, v.not_acted_on, v.schedule, v.catalog_refs
   from templates t join template_revisions v on v.template_n = t.n and v.revision = t.revision`;
const byId = statement('template', `${withRevision} where t.id = $1 and t.deleted_at is null`);
const byWebhook = statement('template-webhook', `${withRevision} where t.webhook_token_hash = $1`);
const deleting = statement(
  'template-deleting',
  'select 1 as found from templates where id = $1 and dialect = $2 and deleted_at is not null',
);
const lockById = statement(
  'template-lock',
  'select n from templates where id = $1 and deleted_at is null for no key update',
);
const insert = statement(
  'template-insert',
  `insert into templates (id, dialect, namespace, name, revision, suspended, refers_to, created_at, updated_at, webhook_token_hash)
   values ($1, $2, $3, $4, 1, 0, $5, $6, $6, $7) returning n`,
);
const insertRevision = statement(
  'template-revision-insert',
  'insert into template_revisions (template_n, revision, spec, document, not_acted_on, schedule, catalog_refs) values ($1, $2, $3, $4, $5, $6, $7)',
);
const update = statement(
  'template-update',
  'update templates set revision = $2, refers_to = $3, updated_at = $4, webhook_token_hash = $5, name = $6 where n = $1',
);
const suspend = statement(
  'template-suspend',
  'update templates set suspended = $2, updated_at = $3 where n = $1',
);
const hide = statement(
  'template-hide',
  'update templates set deleted_at = $2, webhook_token_hash = null where n = $1',
);
const dropRevisions = statement(
  'template-drop-revisions',
  `delete from template_revisions v where v.template_n = $1 and v.revision <= $2
     and v.revision not in (select r.revision from runs r where r.template_n = $1)`,
);
const referring = statement(
  'template-referring',
  'select id from templates where refers_to = $1 and deleted_at is null order by n',
);

/**
 * Definitions of jobs: each change is a new revision and a recorded change.
 * @throws DomainError `config-map-not-found`, `secret-not-found`, `already-exists` for a webhook's
 *   token that another template has.
 */
export async function createTemplate(
  tx: Transaction,
  input: NewTemplate,
  context: ChangeContext,
): Promise<Template> {
  const { id, dialect, namespace, name, refersTo } = input;
  await holdNamespace(tx, dialect, namespace);
  await holdReferences(tx, dialect, input);
  const hash = input.webhookTokenHash ?? null;
  const values = [id, dialect, namespace, name, refersTo, context.atMs, hash];
  const [row] = await withWebhook<{ n: number }>(tx, insert, values);
  if (row === undefined) throw new Error(`inserting template ${id} returned no row`);
  await writeRevision(tx, row.n, 1, input);
  await addReferences(tx, row.n, input);
  await placeSchedule(tx, row.n, input.schedule, false, context.atMs);
  await recordChange(tx, input, 'create', 1, context);
  return (await lockTemplate(tx, id, dialect)).template;
}

/**
 * @throws DomainError `template-not-found`, `template-deleting`, as `createTemplate`, or what
 *   `revise` throws.
 */
export async function updateTemplate(
  tx: Transaction,
  id: string,
  dialect: DialectName,
  revise: (current: Template) => TemplateRevision,
  context: ChangeContext,
): Promise<Template> {
  const { n, template } = await lockTemplate(tx, id, dialect, templateDeleting);
  const next = revise(template);
  await holdReferences(tx, dialect, next);
  const revision = template.revision + 1;
  await writeRevision(tx, n, revision, next);
  const hash = next.webhookTokenHash ?? null;
  const name = next.name ?? template.name;
  await withWebhook(tx, update, [n, revision, next.refersTo, context.atMs, hash, name]);
  if (template.references !== undefined) await dropReferences(tx, n);
  await addReferences(tx, n, next);
  await placeSchedule(tx, n, next.schedule, template.suspended, context.atMs);
  await recordChange(tx, template, 'update', revision, context);
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
  const kind = suspended ? 'suspend' : 'resume';
  await recordChange(tx, template, kind, template.revision, context);
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
  await dropReferences(work.tx, n);
  await dropTags(work.tx, dialect, id);
  await work.tx.rows(hide, [n, context.atMs]);
  await recordChange(work.tx, template, 'delete', template.revision, context);
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

/** The template whose webhook has this token; null when none has. */
export async function findByWebhook(db: Queries, tokenHash: string): Promise<Template | null> {
  const [row] = await db.rows<TemplateWithRevision>(byWebhook, [tokenHash]);
  return row === undefined ? null : toTemplate(row, parseRevision(row));
}

export async function templatesReferringTo(db: Queries, id: string): Promise<readonly string[]> {
  const rows = await db.rows<{ id: string }>(referring, [id]);
  return rows.map((row) => row.id);
}

/** `whenHidden`: what to throw for one that is deleted but not yet erased. */
async function lockTemplate(
  tx: Transaction,
  id: string,
  dialect: DialectName,
  whenHidden = templateNotFound,
): Promise<{ n: number; template: Template }> {
  // Locked first and read after it: another server may have written a revision meanwhile.
  await tx.rows(lockById, [id]);
  const [row] = await tx.rows<TemplateWithRevision>(byId, [id]);
  if (row === undefined || row.dialect !== dialect) {
    const hidden = (await tx.rows(deleting, [id, dialect])).length > 0;
    throw hidden ? whenHidden(id) : templateNotFound(id);
  }
  return { n: row.n, template: toTemplate(row, parseRevision(row)) };
}

async function writeRevision(
  tx: Transaction,
  templateN: number,
  revision: number,
  next: TemplateRevision,
): Promise<void> {
  const { spec, document, notActedOn, schedule } = next;
  const texts = [spec, document, notActedOn].map((part) => JSON.stringify(part));
  await tx.rows(insertRevision, [
    templateN,
    revision,
    ...texts,
    schedule === null ? null : JSON.stringify(schedule),
    catalogRefsText(next),
  ]);
  const oldest = revision - definitionBounds.revisions;
  if (oldest > 0) await tx.rows(dropRevisions, [templateN, oldest]);
}

/** Writes a template's row. @throws DomainError `already-exists` for its webhook's token. */
async function withWebhook<R extends Record<string, unknown>>(
  tx: Transaction,
  query: Statement,
  values: readonly Bound[],
): Promise<R[]> {
  try {
    return await tx.rows<R>(query, values);
  } catch (error) {
    throw isTaken(error, 'templates_webhook') ? webhookTaken() : error;
  }
}
