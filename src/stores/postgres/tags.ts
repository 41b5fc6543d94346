import type { CatalogLimits, Tag } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import { quotaExceeded, templateNotFound } from '../sql/catalog-refusals.ts';
import type { TemplateRecord } from '../sql/rows.ts';
import { rowsJson, storableText } from './json-rows.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

type Tagged = Pick<TemplateRecord, 'n' | 'id' | 'name'>;

const lockTemplates = statement(
  'tags-templates',
  `select n, id, name from templates where id = any($1::text[]) and dialect = $2 and deleted_at is null
   order by n for no key update`,
);
const keysOf = statement(
  'tags-keys',
  'select template_id, key from tags where dialect = $1 and template_id = any($2::text[])',
);
const listOf = statement(
  'tags',
  `select g.template_id, g.key, g.value from json_to_recordset($1::json) as w(dialect text, id text)
   join tags g on g.dialect = w.dialect and g.template_id = w.id order by g.template_id, g.key`,
);
const put = statement(
  'tags-put',
  `insert into tags (dialect, template_id, key, value, template_n)
   select $1, t.id, g.key, g.value, t.n
   from json_to_recordset($2::json) as t(n bigint, id text),
     json_to_recordset($3::json) as g(key text, value text)
   on conflict (dialect, template_id, key) do update set value = excluded.value`,
);
const remove = statement(
  'tags-remove',
  'delete from tags where dialect = $1 and template_id = any($2::text[]) and key = any($3::text[])',
);
const removeAll = statement(
  'tags-remove-all',
  'delete from tags where dialect = $1 and template_id = any($2::text[])',
);

/** @throws DomainError `template-not-found`, `catalog-quota-exceeded`. */
export async function putTags(
  tx: Transaction,
  dialect: DialectName,
  templateIds: readonly string[],
  tags: readonly Tag[],
  limits: CatalogLimits,
): Promise<void> {
  const templates = await lock(tx, dialect, templateIds);
  // One statement cannot set a key twice: the last one counts.
  const wanted = new Map(tags.map(({ key, value }) => [storableText(key), value]));
  const ids = templates.map(({ id }) => id);
  const stored = Map.groupBy(
    await tx.rows<{ template_id: string; key: string }>(keysOf, [dialect, ids]),
    (row) => row.template_id,
  );
  const most = limits.tagsPerTemplate;
  for (const { id, name } of templates) {
    const keys = new Set([...(stored.get(id) ?? []).map(({ key }) => key), ...wanted.keys()]);
    if (keys.size > most) throw quotaExceeded('tag', most, `tags: template ${name}`);
  }
  const rows = [...wanted].map(([key, value]) => ({ key, value }));
  await tx.rows(put, [dialect, rowsJson(templates), rowsJson(rows)]);
}

/** `keys` null = all. @throws DomainError `template-not-found`. */
export async function removeTags(
  tx: Transaction,
  dialect: DialectName,
  templateIds: readonly string[],
  keys: readonly string[] | null,
): Promise<void> {
  const ids = (await lock(tx, dialect, templateIds)).map(({ id }) => id);
  if (keys === null) await tx.rows(removeAll, [dialect, ids]);
  else await tx.rows(remove, [dialect, ids, keys.map(storableText)]);
}

/** Frees the tags of a locked template that goes. */
export async function dropTags(tx: Transaction, dialect: string, id: string): Promise<void> {
  await tx.rows(removeAll, [dialect, [id]]);
}

/** Tags by template, each by key; absent where there are none. */
export async function tagsOf(
  db: Queries,
  templates: readonly Pick<TemplateRecord, 'id' | 'dialect'>[],
): Promise<ReadonlyMap<string, readonly Tag[]>> {
  const wanted = templates.map(({ id, dialect }) => ({ id, dialect }));
  type Row = Tag & { template_id: string };
  const rows = await db.rows<Row>(listOf, [rowsJson(wanted)]);
  const found = new Map<string, Tag[]>();
  for (const { template_id: id, key, value } of rows) {
    const tags = found.get(id);
    if (tags === undefined) found.set(id, [{ key, value }]);
    else tags.push({ key, value });
  }
  return found;
}

/** Locks templates as a change of them does, each once, in their order. */
async function lock(
  tx: Transaction,
  dialect: DialectName,
  templateIds: readonly string[],
): Promise<Tagged[]> {
  const rows = await tx.rows<Tagged>(lockTemplates, [templateIds, dialect]);
  const found = new Set(rows.map(({ id }) => id));
  const missing = templateIds.find((id) => !found.has(id));
  if (missing !== undefined) throw templateNotFound(missing);
  return rows;
}
