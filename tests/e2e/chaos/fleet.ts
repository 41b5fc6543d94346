import { join } from 'node:path';
import { SERVER_VARIABLE, type TestPostgres, testPostgres } from '../../support/postgres.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { Machine } from './machine.ts';
import { endJobProcesses } from './orphans.ts';
import { leaseTtlMs } from './plan.ts';

/** Servers on one PostgreSQL, each with a data folder, and so a host, of its own. */
const serversOnPostgres = 2;

/** A PostgreSQL of our own, which may be killed; never the one that other tests share. */
export async function ownPostgres(cleanup: Cleanup): Promise<TestPostgres> {
  delete process.env[SERVER_VARIABLE];
  const postgres = await testPostgres();
  // The servers under test would take it for a setting of theirs.
  delete process.env[SERVER_VARIABLE];
  cleanup.after(() => postgres.stop());
  return postgres;
}

/**
 * One server on SQLite, or two on a database, that listen and share an access key.
 * @throws Error when one does not start.
 */
export async function startMachines(
  cleanup: Cleanup,
  folder: string,
  postgres: TestPostgres | null,
): Promise<readonly Machine[]> {
  const names = ['a', 'b'].slice(0, postgres === null ? 1 : serversOnPostgres);
  const shared = {
    LONGSHORE_STORE_LEASE_TTL_MS: String(leaseTtlMs),
    LONGSHORE_SAE_BACKOFF_MS: '50',
    LONGSHORE_SAE_BACKOFF_MAX_MS: '500',
    LONGSHORE_MASTER_KEY_FILE: join(folder, 'master.key'),
    ...(postgres === null ? {} : { LONGSHORE_STORE_URL: await postgres.database('chaos') }),
  };
  const machines = names.map(
    (name) => new Machine(cleanup, { dataDir: join(folder, name), env: shared }),
  );
  cleanup.after(() => endJobProcesses(machines.map(({ dataDir }) => dataDir)));
  // One after the other: the first makes the master key and the tables.
  for (const machine of machines) {
    machine.spawn();
    await machine.listening();
  }
  const key = await machines[0]?.makeKey();
  for (const machine of machines) if (key !== undefined) machine.useKey(key);
  return machines;
}
