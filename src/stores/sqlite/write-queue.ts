import type { Database as Connection } from 'better-sqlite3';
import { DomainError } from '../../domain/errors.ts';

/** Most writes that share one transaction, so that no caller waits for an endless batch. */
const MAX_BATCH = 512;
/** Most writes waiting; beyond it the store says it is overloaded instead of growing. */
const MAX_WAITING = 50_000;

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: every write that arrives before the event loop turns again shares one
 * transaction and therefore one sync. A promise resolves only after that sync.
 *
 * Invariants: a member sees the writes of the members before it; a member that throws a
 * `DomainError` must not have written (it is then only an answer); any other error rolls the
 * batch back and runs its members one by one, so that one failure never takes others with it.
 * Members may therefore run twice and must not have effects outside the database.
 */
export class WriteQueue {
  readonly #db: Connection;
  readonly #onOutcome: (committed: boolean) => void;
  #waiting: Waiting[] = [];
  #scheduled = false;

  /** `onOutcome` is called after each transaction with whether it was committed. */
  constructor(db: Connection, onOutcome: (committed: boolean) => void) {
    this.#db = db;
    this.#onOutcome = onOutcome;
  }

  /** Runs `work` in the next shared transaction; resolves with its value once that is synced. */
  run<T>(work: () => T): Promise<T> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new DomainError('unavailable', `${MAX_WAITING} writes are waiting already; try again later`),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#waiting.length <= MAX_BATCH ? this.#waiting : this.#waiting.slice(0, MAX_BATCH);
    this.#waiting = this.#waiting.length <= MAX_BATCH ? [] : this.#waiting.slice(MAX_BATCH);
    if (this.#waiting.length > 0) this.#schedule();
    if (this.#together(batch)) return;
    for (const member of batch) this.#alone(member);
  }

  /** One transaction for all; false when it had to be rolled back. */
  #together(batch: readonly Waiting[]): boolean {
    const answers: (() => void)[] = [];
    try {
      this.#db.exec('begin immediate');
      for (const member of batch) {
        try {
          const value = member.work();
          answers.push(() => member.resolve(value));
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          answers.push(() => member.reject(error));
        }
      }
      this.#db.exec('commit');
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('rollback');
      this.#onOutcome(false);
      if (batch.length > 1) return false;
      batch[0]?.reject(error);
      return true;
    }
    this.#onOutcome(true);
    for (const answer of answers) answer();
    return true;
  }

  #alone(member: Waiting): void {
    this.#together([member]);
  }
}
