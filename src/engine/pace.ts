import type { Clock, Timer } from '../ports/clock.ts';

/**
 * Runs a task at once when it has rested for a while or when nothing more can gather, and otherwise
 * at most once in `windowMs`: an idle server answers without delay, a busy one gathers what belongs
 * in one transaction.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #task: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** What is under way: a task that begins with the next turn, or one that waits for its window. */
  #begins: 'not' | 'soon' | Timer = 'not';

  constructor(clock: Clock, windowMs: number, task: () => void) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#task = task;
  }

  /**
   * Asks for the task; asking again before it has begun changes nothing, but for `atOnce`: nothing
   * more can gather, so there is nothing to wait for.
   */
  request(atOnce = false): void {
    if (this.#begins === 'soon') return;
    const sinceMs = this.#clock.nowMs() - this.#lastMs;
    // A clock that stepped back must not make anybody wait.
    if (atOnce || sinceMs < 0 || sinceMs >= this.#windowMs) {
      if (this.#begins !== 'not') this.#begins.cancel();
      this.#begins = 'soon';
      this.#clock.soon(() => this.#begin());
    } else if (this.#begins === 'not') {
      this.#begins = this.#clock.after(this.#windowMs - sinceMs, () => this.#begin());
    }
  }

  #begin(): void {
    this.#begins = 'not';
    this.#lastMs = this.#clock.nowMs();
    this.#task();
  }
}
