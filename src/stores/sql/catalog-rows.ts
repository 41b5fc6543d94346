import type { ConfigMap, Namespace, Secret } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { ConfigMapRow, NamespaceRow, SecretRow } from './schema.ts';

/** Columns of a Secret without its sealed data. */
export const secretColumns = 'id, dialect, namespace, name, type, created_at, updated_at';

export type ConfigMapRecord = Omit<ConfigMapRow, 'id'> & { id: number };
export type SecretRecord = Omit<SecretRow, 'id' | 'sealed_data'> & { id: number };

/** Most ids that one look-up takes; the port's limit. */
const MAX_IDS = 1_000;

/** @throws RangeError when there are more ids than one look-up takes. */
export function checkIds(ids: readonly number[]): readonly number[] {
  if (ids.length > MAX_IDS) {
    throw new RangeError(`${ids.length} ids are asked for at once; at most ${MAX_IDS} can be`);
  }
  return ids.filter(isId);
}

/** Whether a number can be an id of ours: anything else is none, and no database sees it. */
export function isId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0;
}

export function toNamespace(row: NamespaceRow): Namespace {
  return {
    dialect: row.dialect as DialectName,
    id: row.id,
    name: row.name,
    description: row.description,
    document: JSON.parse(row.document) as Record<string, unknown>,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}

export function toConfigMap(row: ConfigMapRecord): ConfigMap {
  return {
    id: row.id,
    dialect: row.dialect as DialectName,
    namespace: row.namespace,
    name: row.name,
    description: row.description,
    data: JSON.parse(row.data) as Record<string, string>,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}

export function toSecret(row: SecretRecord): Secret {
  return {
    id: row.id,
    dialect: row.dialect as DialectName,
    namespace: row.namespace,
    name: row.name,
    type: row.type,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}
