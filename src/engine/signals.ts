import type { Clock } from '../ports/clock.ts';

/** Most callers that may wait for changes at once; beyond it they are answered at once. */
const MAX_WAITERS = 10_000;

/** Wakes those who wait for a run to change, so that streams need no polling. */
export class RunSignals {
  readonly #clock: Clock;
  readonly #waiters = new Map<string, Set<() => void>>();
  #count = 0;
  readonly #anyWaiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something about the run is different now. */
  notify(runId: string): void {
    if (this.#anyWaiters.size > 0) for (const wake of this.#anyWaiters) wake();
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

  /** Resolves at the next `notify` of any run, or after `timeoutMs`. */
  anyChanged(timeoutMs: number): Promise<void> {
    if (this.#anyWaiters.size >= MAX_WAITERS) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#anyWaiters.delete(done);
        resolve();
      };
      const timer = this.#clock.after(timeoutMs, done);
      this.#anyWaiters.add(done);
    });
  }
}
