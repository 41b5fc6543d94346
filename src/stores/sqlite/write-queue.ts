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

/** An answer that is committed and waits for the disk. */
type Answer = () => void;

export interface WriteQueueOptions {
  /** Puts everything committed so far on the disk. */
  readonly sync: () => Promise<void>;
  /** Called after each transaction with whether it was committed. */
  readonly onOutcome: (committed: boolean) => void;
}

/**
 * Group commit: every write that arrives before the event loop turns again, or while the disk is
 * syncing, shares one transaction and one sync. The sync runs beside the event loop. A promise resolves only after a sync that began after its
 * transaction was committed.
 *
 * Invariants: a member sees the writes of the members before it; a member that throws a
 * `DomainError` must not have written (it is then only an answer); any other error rolls the
 * batch back and runs its members one by one, so that one failure never takes others with it.
 * Members may therefore run twice and must not have effects outside the database. A failed sync
 * is final: what it covered is rejected and nothing is written any more, because nobody can tell
 * what the disk has.
 */
export class WriteQueue {
  readonly #db: Connection;
  readonly #options: WriteQueueOptions;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #committed: { readonly answer: Answer; readonly member: Waiting }[] = [];
  #syncing = false;
  #broken: Error | null = null;

  constructor(db: Connection, options: WriteQueueOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** Why nothing can be written any more; null while all is well. */
  get broken(): Error | null {
    return this.#broken;
  }

  /** Runs `work` in the next shared transaction; resolves with its value once that is synced. */
  run<T>(work: () => T): Promise<T> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new DomainError(
          'unavailable',
          `${MAX_WAITING} writes are waiting already; try again later`,
        ),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    // What arrives during a sync could not be answered before the next one anyway: it gathers.
    if (this.#scheduled || this.#syncing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch =
      this.#waiting.length <= MAX_BATCH ? this.#waiting : this.#waiting.slice(0, MAX_BATCH);
    this.#waiting = this.#waiting.length <= MAX_BATCH ? [] : this.#waiting.slice(MAX_BATCH);
    if (!this.#together(batch)) for (const member of batch) this.#together([member]);
    void this.#sync();
  }

  /** One transaction for all; false when it had to be rolled back and can be tried one by one. */
  #together(batch: readonly Waiting[]): boolean {
    const answers: { answer: Answer; member: Waiting }[] = [];
    try {
      this.#db.exec('begin immediate');
      for (const member of batch) {
        try {
          const value = member.work();
          answers.push({ answer: () => member.resolve(value), member });
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          answers.push({ answer: () => member.reject(error), member });
        }
      }
      this.#db.exec('commit');
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('rollback');
      this.#options.onOutcome(false);
      if (batch.length > 1) return false;
      batch[0]?.reject(toCallerError(error));
      return true;
    }
    this.#options.onOutcome(true);
    this.#committed.push(...answers);
    return true;
  }

  /** Puts the transaction on the disk, answers, and goes on with what has gathered. */
  async #sync(): Promise<void> {
    const covered = this.#committed;
    this.#committed = [];
    if (covered.length > 0) {
      this.#syncing = true;
      try {
        await this.#options.sync();
      } catch (error) {
        this.#break(error, covered);
        return;
      } finally {
        this.#syncing = false;
      }
      for (const { answer } of covered) answer();
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  #break(cause: unknown, covered: readonly { readonly member: Waiting }[]): void {
    this.#broken = new Error(
      'the disk did not confirm a write; restart the server once the disk is well',
      { cause },
    );
    const members = [...covered.map(({ member }) => member), ...this.#waiting];
    this.#waiting = [];
    for (const member of members) member.reject(this.#broken);
  }
}

/** A full disk is not a defect: what did not fit was rolled back and can be asked for again. */
function toCallerError(error: unknown): unknown {
  if ((error as { code?: unknown } | null)?.code !== 'SQLITE_FULL') return error;
  return new DomainError(
    'unavailable',
    'the disk that holds the database is full; make room and try again',
  );
}
