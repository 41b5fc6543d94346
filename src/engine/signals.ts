import type { Clock } from '../ports/clock.ts';

/** Most callers that may wait for changes at once; beyond it they are answered at once. */
const MAX_WAITERS = 10_000;

/** Wakes those who wait for a run to change, so that streams need no polling. */
export class RunSignals {
  readonly #clock: Clock;
  readonly #waiters = new Map<string, Set<() => void>>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something about the run is different now. */
  notify(runId: string): void {
    const waiters = this.#waiters.get(runId);
    if (waiters === undefined) return;
    this.#waiters.delete(runId);
    for (const wake of waiters) wake();
  }

  /** Resolves at the next `notify` of this run, or after `timeoutMs`. */
  changed(runId: string, timeoutMs: number): Promise<void> {
    if (this.#count >= MAX_WAITERS) return Promise.resolve();
    this.#count += 1;
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(runId) ?? new Set();
      this.#waiters.set(runId, waiters);
      const done = (): void => {
        timer.cancel();
        if (waiters.delete(done) && waiters.size === 0 && this.#waiters.get(runId) === waiters) {
          this.#waiters.delete(runId);
        }
        this.#count -= 1;
        resolve();
      };
      const timer = this.#clock.after(timeoutMs, done);
      waiters.add(done);
    });
  }
}
