import type { CatalogLimits, Secret } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { NewSecret } from '../../ports/catalog.ts';
import { isId, secretColumns, type SecretRecord, toSecret } from '../sql/catalog-rows.ts';
import { nameTaken, quotaExceeded, targetNotFound } from '../sql/catalog-refusals.ts';
import { addAlone, holdNamespace } from './catalog-locks.ts';
import { demandUnused } from './references.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

type SealedRecord = SecretRecord & { readonly sealed_data: Uint8Array };

const byId = statement('secret', 'select * from secrets where id = $1 and dialect = $2');
const list = statement(
  'secrets-of',
  `select ${secretColumns} from secrets where dialect = $1 and namespace = $2 order by id`,
);
const named = statement(
  'secret-named',
  'select 1 as found from secrets where dialect = $1 and namespace = $2 and name = $3',
);
const count = statement(
  'secrets-count',
  'select count(*) as total from secrets where dialect = $1 and namespace = $2',
);
const insert = statement(
  'secret-insert',
  `insert into secrets (dialect, namespace, name, type, sealed_data, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $6) returning ${secretColumns}`,
);
const update = statement(
  'secret-update',
  `update secrets set sealed_data = $3, updated_at = $4
   where id = $1 and dialect = $2 returning ${secretColumns}`,
);
const lock = statement(
  'secret-lock',
  'select id from secrets where id = $1 and dialect = $2 for update',
);
const remove = statement('secret-delete', 'delete from secrets where id = $1');

/** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
export async function createSecret(
  tx: Transaction,
  input: NewSecret,
  sealedData: Uint8Array,
  limits: CatalogLimits,
): Promise<Secret> {
  const { dialect, namespace, name, type, createdAtMs } = input;
  await addAlone(tx, 'secret', dialect, namespace);
  await holdNamespace(tx, dialect, namespace);
  if ((await tx.rows(named, [dialect, namespace, name])).length > 0) {
    throw nameTaken('secret', name, namespace);
  }
  const most = limits.secretsPerNamespace;
  const [stored] = await tx.rows<{ total: number }>(count, [dialect, namespace]);
  if ((stored?.total ?? 0) >= most) {
    throw quotaExceeded('secret', most, `Secrets: namespace ${namespace}`);
  }
  const values = [dialect, namespace, name, type, Buffer.from(sealedData), createdAtMs];
  const [row] = await tx.rows<SecretRecord>(insert, values);
  if (row === undefined) throw new Error(`inserting Secret ${name} returned no row`);
  return toSecret(row);
}

/** @throws DomainError `secret-not-found`. */
export async function updateSecret(
  tx: Transaction,
  dialect: DialectName,
  id: number,
  sealedData: Uint8Array,
  atMs: number,
): Promise<Secret> {
  const values = [demandId(id), dialect, Buffer.from(sealedData), atMs];
  const [row] = await tx.rows<SecretRecord>(update, values);
  if (row === undefined) throw targetNotFound({ kind: 'secret', id });
  return toSecret(row);
}

/** @throws DomainError `secret-not-found`, `secret-in-use`. */
export async function deleteSecret(
  tx: Transaction,
  dialect: DialectName,
  id: number,
): Promise<void> {
  // Whoever begins to use it holds the row; what they entered is seen after it.
  const rows = await tx.rows(lock, [demandId(id), dialect]);
  if (rows.length === 0) throw targetNotFound({ kind: 'secret', id });
  await demandUnused(tx, { kind: 'secret', id });
  await tx.rows(remove, [id]);
}

export async function findSecret(
  db: Queries,
  dialect: DialectName,
  id: number,
): Promise<{ secret: Secret; sealedData: Uint8Array } | null> {
  const [row] = isId(id) ? await db.rows<SealedRecord>(byId, [id, dialect]) : [];
  return row === undefined ? null : { secret: toSecret(row), sealedData: row.sealed_data };
}

export async function secretsOf(
  db: Queries,
  dialect: DialectName,
  namespace: string,
): Promise<readonly Secret[]> {
  return (await db.rows<SecretRecord>(list, [dialect, namespace])).map(toSecret);
}

function demandId(id: number): number {
  if (!isId(id)) throw targetNotFound({ kind: 'secret', id });
  return id;
}
