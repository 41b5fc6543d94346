import { basename } from 'node:path';
import { after } from 'node:test';
import { createPostgresStore } from '../../../src/stores/postgres/store.ts';
import { SERVER_VARIABLE, testPostgres } from '../../support/postgres.ts';
import type { StoreAdapter } from './adapter.ts';

const isParent = process.env[SERVER_VARIABLE] === undefined;
/** One server for the process that loads this module, and for the processes that it starts. */
export const server = await testPostgres();
if (isParent) after(() => server.stop());

/** A place is a database named after it. */
export const adapter: StoreAdapter = {
  name: 'postgres',
  makeStore(place, limits) {
    const name = basename(place).toLowerCase();
    const store = createPostgresStore({ url: server.url(name), limits, maxConnections: 6 });
    const open = async (): Promise<void> => {
      await server.database(name);
      await store.open();
    };
    return { ...store, open };
  },
};
