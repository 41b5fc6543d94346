import { MAX_BATCH } from './batcher.ts';
import { statement, type Transaction } from './transactions.ts';

/** Servers that may admit at the same moment without waiting for each other. */
const MAX_SERVERS = 32;
/** What they can add together while one of them decides. */
const SLACK = MAX_SERVERS * MAX_BATCH;
/** Key of the advisory lock; any number that nobody else uses in this database. */
const LOCK_KEY = 7_245_903_118;

const sum = `(select coalesce(sum(runs), 0)::bigint from unfinished_runs) as unfinished`;
const shared = statement('quota-shared', `select pg_advisory_xact_lock_shared($1::bigint), ${sum}`);
const lockAlone = statement('quota-lock', 'select pg_advisory_xact_lock($1::bigint)');
const exact = statement('quota-exact', `select ${sum}`);

/** The quota's answer did not hold: the transaction must start again, alone. */
export class NearLimit extends Error {
  constructor() {
    super('the number of unfinished runs is near its limit; admissions must go one at a time');
    this.name = 'NearLimit';
  }
}

/**
 * The bound on unfinished runs over several servers.
 *
 * The number is kept in a few counter rows, so that it costs the same however many runs wait.
 * Far from the limit servers admit side by side and the number may be a little old: all of them
 * together cannot use up the distance. Near it each admission takes a lock that the others wait
 * for and reads the number after that, so the limit is exact. Runs that are just ending are
 * counted until their transaction is committed, which errs on the safe side.
 */
export class Quota {
  readonly #limit: number;
  #near = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Unfinished runs of all servers, to decide by in this transaction; its first statement.
   * @throws NearLimit when the transaction has to be started again.
   */
  async unfinished(tx: Transaction): Promise<number> {
    if (!this.#near) {
      const [row] = await tx.rows<{ unfinished: number }>(shared, [LOCK_KEY]);
      const unfinished = row?.unfinished ?? 0;
      if (unfinished + SLACK < this.#limit) return unfinished;
      this.#near = true;
      throw new NearLimit();
    }
    await tx.rows(lockAlone, [LOCK_KEY]);
    const [row] = await tx.rows<{ unfinished: number }>(exact);
    const unfinished = row?.unfinished ?? 0;
    // Well below it again: the next transaction need not wait for others.
    if (unfinished + 2 * SLACK < this.#limit) this.#near = false;
    return unfinished;
  }
}
