import type { Clock } from '../ports/clock.ts';

/**
 * Runs a task at once when it has rested for a while, and otherwise at most once in `windowMs`:
 * an idle server answers without delay, a busy one gathers what belongs in one transaction.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #task: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #scheduled = false;

  constructor(clock: Clock, windowMs: number, task: () => void) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#task = task;
  }

  /** Asks for the task; asking again before it has begun changes nothing. */
  request(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const begin = (): void => {
      this.#scheduled = false;
      this.#lastMs = this.#clock.nowMs();
      this.#task();
    };
    const sinceMs = this.#clock.nowMs() - this.#lastMs;
    // A clock that stepped back must not make anybody wait.
    if (sinceMs < 0 || sinceMs >= this.#windowMs) this.#clock.soon(begin);
    else this.#clock.after(this.#windowMs - sinceMs, begin);
  }
}
