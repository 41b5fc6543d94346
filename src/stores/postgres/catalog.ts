import type { Kysely } from 'kysely';
import type { CatalogStore } from '../../ports/catalog.ts';
import { catalogLists } from '../sql/catalog-lists.ts';
import { listNamedChanges } from '../sql/lists.ts';
import type { Database } from '../sql/schema.ts';
import { listTagged } from '../sql/tags.ts';
import {
  configMapsOf,
  createConfigMap,
  deleteConfigMap,
  findConfigMaps,
  updateConfigMap,
} from './config-maps.ts';
import {
  createNamespace,
  deleteNamespace,
  findNamespace,
  listNamespaces,
  updateNamespace,
} from './namespaces.ts';
import { referringTemplates } from './references.ts';
import { createSecret, deleteSecret, findSecret, secretsOf, updateSecret } from './secrets.ts';
import { putTags, removeTags } from './tags.ts';
import { findChange } from './template-changes.ts';
import { findByWebhook } from './templates.ts';
import { guardedRead, type Queries, type Transaction } from './transactions.ts';

/** How the catalog reaches the database. */
export interface CatalogAccess {
  readonly db: Queries;
  /** For lists with filters. */
  readonly sql: Kysely<Database>;
  /** A write in a transaction of its own. */
  readonly write: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
}

/**
 * The catalog of a shared store. Locks are taken in one order: the right to add, the namespace,
 * templates by number, ConfigMaps and Secrets by id.
 */
export function catalogOf({ db, sql, write }: CatalogAccess): CatalogStore {
  return {
    ...catalogLists(sql, 'postgres', guardedRead),

    createNamespace: (namespace, limits) => write((tx) => createNamespace(tx, namespace, limits)),
    updateNamespace: (dialect, id, revise) =>
      write((tx) => updateNamespace(tx, dialect, id, revise)),
    deleteNamespace: (dialect, id) => write((tx) => deleteNamespace(tx, dialect, id)),
    namespace: (dialect, id) => findNamespace(db, dialect, id),
    namespaces: (dialect, offset, limit) => listNamespaces(db, dialect, offset, limit),

    createConfigMap: (configMap, limits) => write((tx) => createConfigMap(tx, configMap, limits)),
    updateConfigMap: (dialect, id, change) =>
      write((tx) => updateConfigMap(tx, dialect, id, change)),
    deleteConfigMap: (dialect, id) => write((tx) => deleteConfigMap(tx, dialect, id)),
    configMaps: (dialect, ids) => findConfigMaps(db, dialect, ids),
    configMapsOf: (dialect, namespace) => configMapsOf(db, dialect, namespace),

    createSecret: (secret, sealedData, limits) =>
      write((tx) => createSecret(tx, secret, sealedData, limits)),
    updateSecret: (dialect, id, sealedData, atMs) =>
      write((tx) => updateSecret(tx, dialect, id, sealedData, atMs)),
    deleteSecret: (dialect, id) => write((tx) => deleteSecret(tx, dialect, id)),
    secret: (dialect, id) => findSecret(db, dialect, id),
    secretsOf: (dialect, namespace) => secretsOf(db, dialect, namespace),

    referringTemplates: (kind, ids) => referringTemplates(db, kind, ids),
    templateByWebhook: (tokenHash) => findByWebhook(db, tokenHash),

    putTags: (dialect, templateIds, tags, limits) =>
      write((tx) => putTags(tx, dialect, templateIds, tags, limits)),
    removeTags: (dialect, templateIds, keys) =>
      write((tx) => removeTags(tx, dialect, templateIds, keys)),
    tagged: (query) => guardedRead(() => listTagged(sql, query)),

    templateChange: (id) => findChange(db, id),
    namedChanges: (query) => guardedRead(() => listNamedChanges(sql, 'postgres', query)),
  };
}
