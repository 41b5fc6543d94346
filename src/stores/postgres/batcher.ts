import { DomainError } from '../../domain/errors.ts';
import { UnknownOutcomeError } from './errors.ts';

/** Most requests that share one transaction, so that no caller waits for an endless batch. */
export const MAX_BATCH = 512;
/** Most requests waiting; beyond it the store says it is overloaded instead of growing. */
const MAX_WAITING = 50_000;

/** Says that a request must go into the next batch, because one of this batch has to be first. */
export const deferred: unique symbol = Symbol('deferred');

interface Waiting<Q, A> {
  readonly request: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit over a network: requests that arrive while a batch is under way gather and share
 * the next transaction. An idle store sends a single request at once; under load the batches grow
 * by themselves.
 *
 * Invariants: one batch at a time, in order of arrival (a deferred request goes to the front); a
 * promise resolves only after the transaction of its batch was committed. If a batch fails, its
 * members run again one by one, so that a defect in one never takes its neighbours along; not so
 * when the database is away, or when nobody knows whether the batch was committed.
 */
export class Batcher<Q, A> {
  readonly #execute: (requests: readonly Q[]) => Promise<readonly (A | typeof deferred)[]>;
  #waiting: Waiting<Q, A>[] = [];
  #working: Promise<void> | null = null;

  /** `execute` answers each request, in one transaction for all. At least the first is not deferred. */
  constructor(execute: (requests: readonly Q[]) => Promise<readonly (A | typeof deferred)[]>) {
    this.#execute = execute;
  }

  /** Resolves with the answer once it is committed. @throws DomainError `unavailable` when too many wait. */
  run(request: Q): Promise<A> {
    if (this.#waiting.length >= MAX_WAITING) {
      const text = `${MAX_WAITING} writes are waiting already; try again later`;
      return Promise.reject(new DomainError('unavailable', text));
    }
    return new Promise<A>((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when everything asked so far has been answered. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  async #work(): Promise<void> {
    // What arrives in the same turn of the event loop goes along with the first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      this.#waiting = this.#waiting.slice(batch.length);
      await this.#together(batch);
    }
    this.#working = null;
  }

  async #together(batch: readonly Waiting<Q, A>[]): Promise<void> {
    let answers: readonly (A | typeof deferred)[];
    try {
      answers = await this.#execute(batch.map(({ request }) => request));
    } catch (error) {
      if (batch.length > 1 && !concernsAll(error)) {
        for (const member of batch) await this.#together([member]);
      } else {
        for (const member of batch) member.reject(error);
      }
      return;
    }
    const later: Waiting<Q, A>[] = [];
    for (const [index, member] of batch.entries()) {
      const answer = answers[index];
      if (answer === deferred) later.push(member);
      else if (answer === undefined)
        member.reject(new Error('the batch left a request unanswered'));
      else member.resolve(answer);
    }
    if (later.length > 0) this.#waiting = [...later, ...this.#waiting];
  }
}

function concernsAll(error: unknown): boolean {
  if (error instanceof UnknownOutcomeError) return true;
  return error instanceof DomainError && error.code === 'unavailable';
}
