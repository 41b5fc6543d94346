import type { CatalogLimits, ConfigMap } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { CatalogStore, NewConfigMap } from '../../ports/catalog.ts';
import { checkIds, type ConfigMapRecord, isId, toConfigMap } from '../sql/catalog-rows.ts';
import { nameTaken, quotaExceeded, targetNotFound } from '../sql/catalog-refusals.ts';
import { addAlone, holdNamespace } from './catalog-locks.ts';
import { demandUnused } from './references.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

type Change = Parameters<CatalogStore['updateConfigMap']>[2];

const some = statement(
  'config-maps',
  'select * from config_maps where id = any($1::bigint[]) and dialect = $2',
);
const list = statement(
  'config-maps-of',
  'select * from config_maps where dialect = $1 and namespace = $2 order by id',
);
const named = statement(
  'config-map-named',
  'select 1 as found from config_maps where dialect = $1 and namespace = $2 and name = $3',
);
const count = statement(
  'config-maps-count',
  'select count(*) as total from config_maps where dialect = $1 and namespace = $2',
);
const insert = statement(
  'config-map-insert',
  `insert into config_maps (dialect, namespace, name, description, data, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $6) returning *`,
);
const update = statement(
  'config-map-update',
  `update config_maps set data = $3, description = coalesce($4, description), updated_at = $5
   where id = $1 and dialect = $2 returning *`,
);
const lock = statement(
  'config-map-lock',
  'select id from config_maps where id = $1 and dialect = $2 for update',
);
const remove = statement('config-map-delete', 'delete from config_maps where id = $1');

/** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
export async function createConfigMap(
  tx: Transaction,
  input: NewConfigMap,
  limits: CatalogLimits,
): Promise<ConfigMap> {
  const { dialect, namespace, name, description, data, createdAtMs } = input;
  await addAlone(tx, 'config-map', dialect, namespace);
  await holdNamespace(tx, dialect, namespace);
  if ((await tx.rows(named, [dialect, namespace, name])).length > 0) {
    throw nameTaken('config-map', name, namespace);
  }
  const most = limits.configMapsPerNamespace;
  const [stored] = await tx.rows<{ total: number }>(count, [dialect, namespace]);
  if ((stored?.total ?? 0) >= most) {
    throw quotaExceeded('config-map', most, `ConfigMaps: namespace ${namespace}`);
  }
  const values = [dialect, namespace, name, description, JSON.stringify(data), createdAtMs];
  const [row] = await tx.rows<ConfigMapRecord>(insert, values);
  if (row === undefined) throw new Error(`inserting ConfigMap ${name} returned no row`);
  return toConfigMap(row);
}

/** @throws DomainError `config-map-not-found`. */
export async function updateConfigMap(
  tx: Transaction,
  dialect: DialectName,
  id: number,
  { data, description, atMs }: Change,
): Promise<ConfigMap> {
  const values = [demandId(id), dialect, JSON.stringify(data), description ?? null, atMs];
  const [row] = await tx.rows<ConfigMapRecord>(update, values);
  if (row === undefined) throw targetNotFound({ kind: 'config-map', id });
  return toConfigMap(row);
}

/** @throws DomainError `config-map-not-found`, `config-map-in-use`. */
export async function deleteConfigMap(
  tx: Transaction,
  dialect: DialectName,
  id: number,
): Promise<void> {
  // Whoever begins to use it holds the row; what they entered is seen after it.
  const rows = await tx.rows(lock, [demandId(id), dialect]);
  if (rows.length === 0) throw targetNotFound({ kind: 'config-map', id });
  await demandUnused(tx, { kind: 'config-map', id });
  await tx.rows(remove, [id]);
}

export async function findConfigMaps(
  db: Queries,
  dialect: DialectName,
  ids: readonly number[],
): Promise<readonly ConfigMap[]> {
  return (await db.rows<ConfigMapRecord>(some, [checkIds(ids), dialect])).map(toConfigMap);
}

export async function configMapsOf(
  db: Queries,
  dialect: DialectName,
  namespace: string,
): Promise<readonly ConfigMap[]> {
  return (await db.rows<ConfigMapRecord>(list, [dialect, namespace])).map(toConfigMap);
}

function demandId(id: number): number {
  if (!isId(id)) throw targetNotFound({ kind: 'config-map', id });
  return id;
}
