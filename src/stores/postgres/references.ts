import type { ReferringTemplate } from '../../domain/catalog.ts';
import type { DialectName, Reference, TemplateRevision } from '../../domain/template.ts';
import { checkIds, isId } from '../sql/catalog-rows.ts';
import { targetInUse, targetNotFound } from '../sql/catalog-refusals.ts';
import { rowsJson } from './json-rows.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

// Held until the commit: who deletes one of them waits, and then sees that it is used.
const holdTargets = {
  'config-map': statement(
    'reference-config-maps',
    'select id from config_maps where id = any($1::bigint[]) and dialect = $2 order by id for key share',
  ),
  secret: statement(
    'reference-secrets',
    'select id from secrets where id = any($1::bigint[]) and dialect = $2 order by id for key share',
  ),
} as const;
const add = statement(
  'reference-add',
  `insert into template_references (kind, target, template_n)
   select kind, target, $1 from json_to_recordset($2::json) as x(kind text, target bigint)
   on conflict do nothing`,
);
const drop = statement('reference-drop', 'delete from template_references where template_n = $1');
const userOf = statement(
  'reference-user',
  `select t.name from template_references f join templates t on t.n = f.template_n
   where f.kind = $1 and f.target = $2 limit 1`,
);
const usersOf = statement(
  'reference-users',
  `select f.target as "targetId", t.id as "templateId", t.name as "templateName"
   from template_references f join templates t on t.n = f.template_n
   where f.kind = $1 and f.target = any($2::bigint[]) order by f.target, f.template_n`,
);

/**
 * Makes sure that what a definition refers to is there, and stays until the commit.
 * @throws DomainError `config-map-not-found`, `secret-not-found`.
 */
export async function holdReferences(
  tx: Transaction,
  dialect: DialectName,
  { references = [] }: TemplateRevision,
): Promise<void> {
  for (const kind of ['config-map', 'secret'] as const) {
    const wanted = references.filter((reference) => reference.kind === kind);
    if (wanted.length === 0) continue;
    const ids = [...new Set(wanted.map(({ id }) => id))].filter(isId);
    const rows = await tx.rows<{ id: number }>(holdTargets[kind], [ids, dialect]);
    const found = new Set(rows.map(({ id }) => id));
    const missing = wanted.find(({ id }) => !found.has(id));
    if (missing !== undefined) throw targetNotFound(missing);
  }
}

/** Enters what a template uses; it is held. */
export async function addReferences(
  tx: Transaction,
  templateN: number,
  { references = [] }: TemplateRevision,
): Promise<void> {
  if (references.length === 0) return;
  const rows = references.map(({ kind, id }) => ({ kind, target: id }));
  await tx.rows(add, [templateN, rowsJson(rows)]);
}

/** What the template used is free. */
export async function dropReferences(tx: Transaction, templateN: number): Promise<void> {
  await tx.rows(drop, [templateN]);
}

/**
 * Refuses to go on while a template uses it; its row is locked alone.
 * @throws DomainError `config-map-in-use`, `secret-in-use`.
 */
export async function demandUnused(tx: Transaction, reference: Reference): Promise<void> {
  const [user] = await tx.rows<{ name: string }>(userOf, [reference.kind, reference.id]);
  if (user !== undefined) throw targetInUse(reference, user.name);
}

/** Templates whose newest revision refers to one of these. */
export function referringTemplates(
  db: Queries,
  kind: Reference['kind'],
  ids: readonly number[],
): Promise<readonly ReferringTemplate[]> {
  return db.rows<{ targetId: number; templateId: string; templateName: string }>(usersOf, [
    kind,
    checkIds(ids),
  ]);
}
