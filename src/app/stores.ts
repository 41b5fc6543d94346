import type { Store } from '../ports/store.ts';
import { createSqliteStore } from '../stores/sqlite/store.ts';
import { refuseMovedAway } from '../stores/transfer/refuse-moved.ts';
import type { FrozenConfig } from './config/schema.ts';

/**
 * The registry of stores: SQLite in the data folder, or the database that the configuration names.
 * What only PostgreSQL needs is loaded for it alone: an embedded server stays small.
 * @throws TransferRefusedError when the store lives on elsewhere, or is only half here. That is
 *   looked at before it opens: opening migrates.
 */
export async function createStore(config: FrozenConfig, databaseFile: string): Promise<Store> {
  const { url, maxConnections } = config.store;
  if (url === null) {
    await refuseMovedAway(databaseFile);
    return createSqliteStore({ path: databaseFile, limits: config.limits });
  }
  const { refuseHalfMoved } = await import('../stores/transfer/refuse-half-moved.ts');
  const { createPostgresStore } = await import('../stores/postgres/store.ts');
  await refuseHalfMoved(url);
  return createPostgresStore({ url, maxConnections, limits: config.limits });
}
