import type { Clock, Timer } from '../ports/clock.ts';

/** Waiting that ends early when the one who waits is to stop. */
export class Pauses {
  readonly #clock: Clock;
  readonly #waiting = new Map<() => void, Timer>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `end` was called. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves after `delayMs`, or at once after `end`. */
  pause(delayMs: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.after(delayMs, () => {
        this.#waiting.delete(resolve);
        resolve();
      });
      this.#waiting.set(resolve, timer);
    });
  }

  end(): void {
    this.#ended = true;
    for (const [resolve, timer] of this.#waiting) {
      timer.cancel();
      resolve();
    }
    this.#waiting.clear();
  }
}
