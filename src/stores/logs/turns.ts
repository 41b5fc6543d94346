import { DomainError } from '../../domain/errors.ts';
import { concurrentSearches, waitingSearches } from './limits.ts';

/** Lets a few tasks run at a time and a bounded number wait, in their order. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @throws DomainError `unavailable` when too many wait already. */
  async take<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= concurrentSearches) {
      if (this.#waiting.length >= waitingSearches) {
        throw new DomainError(
          'unavailable',
          `${waitingSearches} searches of log stores are waiting; try again in a moment`,
        );
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await task();
    } finally {
      // Whoever waits takes over this place, so that nobody can slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
