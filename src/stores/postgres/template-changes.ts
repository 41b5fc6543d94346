import type { DialectName, TemplateChange } from '../../domain/template.ts';
import type { NamedChange } from '../../ports/catalog.ts';
import type { ChangeContext } from '../../ports/store.ts';
import { definitionBounds } from '../sql/definition-bounds.ts';
import { type TemplateRecord, toNamedChange } from '../sql/rows.ts';
import type { TemplateChangeRow } from '../sql/schema.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

const insert = statement(
  'template-change',
  `insert into template_changes (id, template_id, kind, revision, at, by, note, dialect, namespace, template_name)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const dropOldest = statement(
  'template-drop-changes',
  `delete from template_changes where template_id = $1 and n <=
     (select n from template_changes where template_id = $1 order by n desc limit 1 offset ${definitionBounds.changes})`,
);
const byId = statement(
  'template-change-by-id',
  `select * from template_changes where id = $1 and dialect <> ''`,
);

/** Records a change of a locked template; the record outlives the template for a while. */
export async function recordChange(
  tx: Transaction,
  template: Pick<TemplateRecord, 'id' | 'dialect' | 'namespace' | 'name'>,
  kind: TemplateChange['kind'],
  revision: number,
  { changeId, atMs, by, note }: ChangeContext,
): Promise<void> {
  const { id, dialect, namespace, name } = template;
  const what = [changeId, id, kind, revision, atMs, by, note];
  await tx.rows(insert, [...what, dialect, namespace, name]);
  await tx.rows(dropOldest, [id]);
}

/** Null also for one whose template was gone before changes told about theirs. */
export async function findChange(
  db: Queries,
  id: string,
): Promise<(NamedChange & { dialect: DialectName }) | null> {
  const [row] = await db.rows<TemplateChangeRow & { n: number }>(byId, [id]);
  if (row === undefined) return null;
  return { ...toNamedChange(row), dialect: row.dialect as DialectName };
}
