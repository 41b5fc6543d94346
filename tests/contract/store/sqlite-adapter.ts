import { join } from 'node:path';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import type { StoreAdapter } from './adapter.ts';

export const adapter: StoreAdapter = {
  name: 'sqlite',
  makeStore: (place, limits) => createSqliteStore({ path: join(place, 'longshore.db'), limits }),
};
