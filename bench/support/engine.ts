import { randomBytes } from 'node:crypto';
import { systemClock, systemIds, systemRandom } from '../../src/app/clock.ts';
import { createAccess } from '../../src/engine/access.ts';
import { createCatalog } from '../../src/engine/catalog.ts';
import { createEngine, type RunningEngine } from '../../src/engine/create.ts';
import type { Executor } from '../../src/ports/executor.ts';
import type { Store } from '../../src/ports/store.ts';
import { createPostgresStore } from '../../src/stores/postgres/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite/store.ts';

/** Which store, and where: a file for SQLite, an address for PostgreSQL. */
export interface StorePlace {
  readonly kind: 'sqlite' | 'postgres';
  readonly at: string;
}

/** Flags that `bin/longshore` starts Node with. */
export const productNodeArgs: readonly string[] = ['--max-semi-space-size=8'];

/** The lease of a server as it comes. */
const LEASE_TTL_MS = 15_000;
/** Enough for a whole backlog of a bench. */
const UNFINISHED_RUNS = 1_000_000;

/** The store as the server makes it. It is opened by its caller. */
export function benchStore({ kind, at }: StorePlace): Store {
  const limits = { unfinishedRuns: UNFINISHED_RUNS };
  return kind === 'sqlite'
    ? createSqliteStore({ path: at, limits })
    : createPostgresStore({ url: at, limits });
}

/** The engine as the server makes it, over one executor; trouble is told on stderr. */
export async function benchEngine(store: Store, executor: Executor): Promise<RunningEngine> {
  const tell = (fields: object, message: string): void => {
    const { err } = fields as { err?: Error };
    process.stderr.write(`engine: ${message} ${err?.stack ?? ''}\n`);
  };
  const masterKey = randomBytes(32);
  return createEngine({
    store,
    host: 'bench',
    leaseTtlMs: LEASE_TTL_MS,
    executors: [executor],
    access: await createAccess({
      store,
      masterKey,
      clock: systemClock,
      randomBytes: (length) => randomBytes(length),
    }),
    catalog: createCatalog({ store, masterKey, randomBytes: (length) => randomBytes(length) }),
    unseal: (sealed) => sealed,
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log: { info: () => undefined, warn: tell, error: tell },
  });
}
