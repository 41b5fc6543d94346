import type { CatalogLimits, Namespace } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { Page } from '../../ports/store.ts';
import { toNamespace } from '../sql/catalog-rows.ts';
import {
  namespaceExists,
  namespaceInUse,
  namespaceNotFound,
  quotaExceeded,
} from '../sql/catalog-refusals.ts';
import type { NamespaceRow } from '../sql/schema.ts';
import { addAlone } from './catalog-locks.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

const byId = statement('namespace', 'select * from namespaces where dialect = $1 and id = $2');
const lockToChange = statement(
  'namespace-change',
  'select * from namespaces where dialect = $1 and id = $2 for no key update',
);
const lockToDelete = statement(
  'namespace-lock',
  'select * from namespaces where dialect = $1 and id = $2 for update',
);
const page = statement(
  'namespaces',
  'select * from namespaces where dialect = $1 order by id limit $2 offset $3',
);
const count = statement(
  'namespaces-count',
  'select count(*) as total from namespaces where dialect = $1',
);
const insert = statement(
  'namespace-insert',
  `insert into namespaces (dialect, id, name, description, document, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const update = statement(
  'namespace-update',
  `update namespaces set name = $3, description = $4, document = $5, updated_at = $6
   where dialect = $1 and id = $2 returning *`,
);
const remove = statement(
  'namespace-delete',
  'delete from namespaces where dialect = $1 and id = $2',
);
const templateIn = statement(
  'namespace-template',
  'select name from templates where dialect = $1 and namespace = $2 and deleted_at is null limit 1',
);
const lockConfigMaps = statement(
  'namespace-config-maps',
  'select id from config_maps where dialect = $1 and namespace = $2 order by id for update',
);
const lockSecrets = statement(
  'namespace-secrets',
  'select id from secrets where dialect = $1 and namespace = $2 order by id for update',
);
// Of another namespace: one of this namespace was found before.
const userOf = statement(
  'namespace-user',
  `select t.name from (
     select 'config-map' as kind, unnest($1::bigint[]) as id
     union all select 'secret', unnest($2::bigint[])) as x
   join template_references f on f.kind = x.kind and f.target = x.id
   join templates t on t.n = f.template_n limit 1`,
);
const removeConfigMaps = statement(
  'namespace-delete-config-maps',
  'delete from config_maps where id = any($1::bigint[])',
);
const removeSecrets = statement(
  'namespace-delete-secrets',
  'delete from secrets where id = any($1::bigint[])',
);

/** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
export async function createNamespace(
  tx: Transaction,
  namespace: Namespace,
  limits: CatalogLimits,
): Promise<void> {
  const { dialect, id, name, description, document, createdAtMs, updatedAtMs } = namespace;
  await addAlone(tx, 'namespace', dialect, '');
  if ((await findNamespace(tx, dialect, id)) !== null) throw namespaceExists(id);
  if ((await total(tx, dialect)) >= limits.namespaces) {
    throw quotaExceeded('namespace', limits.namespaces, 'namespaces: an account');
  }
  const text = JSON.stringify(document);
  await tx.rows(insert, [dialect, id, name, description, text, createdAtMs, updatedAtMs]);
}

/** @throws DomainError `namespace-not-found`. */
export async function updateNamespace(
  tx: Transaction,
  dialect: DialectName,
  id: string,
  revise: (current: Namespace) => Namespace,
): Promise<Namespace> {
  const [row] = await tx.rows<NamespaceRow>(lockToChange, [dialect, id]);
  if (row === undefined) throw namespaceNotFound(id);
  const { name, description, document, updatedAtMs } = revise(toNamespace(row));
  const values = [dialect, id, name, description, JSON.stringify(document), updatedAtMs];
  const [changed] = await tx.rows<NamespaceRow>(update, values);
  if (changed === undefined) throw new Error(`updating namespace ${id} returned no row`);
  return toNamespace(changed);
}

/** Deletes what is in it, too. @throws DomainError `namespace-not-found`, `namespace-in-use`. */
export async function deleteNamespace(
  tx: Transaction,
  dialect: DialectName,
  id: string,
): Promise<void> {
  const place = [dialect, id];
  // Whoever adds something to it, or a template, holds the row; what they added is seen after it.
  if ((await tx.rows(lockToDelete, place)).length === 0) throw namespaceNotFound(id);
  const [template] = await tx.rows<{ name: string }>(templateIn, place);
  if (template !== undefined) throw namespaceInUse(id, template.name);
  const configMaps = (await tx.rows<{ id: number }>(lockConfigMaps, place)).map((row) => row.id);
  const secrets = (await tx.rows<{ id: number }>(lockSecrets, place)).map((row) => row.id);
  const [user] = await tx.rows<{ name: string }>(userOf, [configMaps, secrets]);
  if (user !== undefined) throw namespaceInUse(id, user.name);
  await tx.rows(removeConfigMaps, [configMaps]);
  await tx.rows(removeSecrets, [secrets]);
  await tx.rows(remove, place);
}

export async function findNamespace(
  db: Queries,
  dialect: DialectName,
  id: string,
): Promise<Namespace | null> {
  const [row] = await db.rows<NamespaceRow>(byId, [dialect, id]);
  return row === undefined ? null : toNamespace(row);
}

export async function listNamespaces(
  db: Queries,
  dialect: DialectName,
  offset: number,
  limit: number,
): Promise<Page<Namespace>> {
  const rows = await db.rows<NamespaceRow>(page, [dialect, limit, offset]);
  return { rows: rows.map(toNamespace), total: await total(db, dialect) };
}

async function total(db: Queries, dialect: DialectName): Promise<number> {
  const [row] = await db.rows<{ total: number }>(count, [dialect]);
  return row?.total ?? 0;
}
