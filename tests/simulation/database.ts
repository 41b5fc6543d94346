import Sqlite, { type Database as Connection } from 'better-sqlite3';
import type { AdmissionLimits } from '../../src/domain/admission.ts';
import type { Store } from '../../src/ports/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite/store.ts';
import { type Change, Observer } from './observer.ts';
import { naming } from './specs.ts';

/** Breaks a store on purpose, to show that the simulation notices. */
export type Mutation = (store: Store, db: Connection) => Store;

let migrated: Promise<Buffer> | null = null;

/** The one durable database of a simulated world, shared by its servers. */
export class SimulatedDatabase {
  readonly store: Store;
  readonly #db: Connection;
  readonly #observer: Observer;

  private constructor(db: Connection, store: Store) {
    this.#db = db;
    this.store = store;
    this.#observer = new Observer(db);
  }

  static async open(
    limits: Partial<AdmissionLimits>,
    mutation: Mutation | null,
    runLimit: number | null,
  ): Promise<SimulatedDatabase> {
    migrated ??= migratedImage();
    const db = new Sqlite(await migrated);
    const store = createSqliteStore({ memory: db, limits });
    await store.open();
    await store.setRunLimit(naming.dialect, naming.namespace, runLimit);
    return new SimulatedDatabase(db, mutation === null ? store : mutation(store, db));
  }

  /** Everything committed since the last call, in order. */
  changes(): readonly Change[] {
    return this.#observer.take();
  }

  /** Rows of a table that nothing else tells, e.g. hidden runs that were not erased. */
  count(sql: string): number {
    return Number(this.#db.prepare(sql).pluck().get());
  }

  close(): void {
    this.#db.close();
  }
}

/** Migrating takes longer than a whole simulation, so it is done once. */
async function migratedImage(): Promise<Buffer> {
  const db = new Sqlite(':memory:');
  await createSqliteStore({ memory: db }).open();
  const image = db.serialize();
  db.close();
  return image;
}
