import type { Store } from '../ports/store.ts';
import { createPostgresStore } from '../stores/postgres/store.ts';
import { createSqliteStore } from '../stores/sqlite/store.ts';
import type { FrozenConfig } from './config/schema.ts';

/** The registry of stores: SQLite in the data folder, or the database that the configuration names. */
export function createStore(config: FrozenConfig, databaseFile: string): Store {
  const { url, maxConnections } = config.store;
  return url === null
    ? createSqliteStore({ path: databaseFile, limits: config.limits })
    : createPostgresStore({ url, maxConnections, limits: config.limits });
}
