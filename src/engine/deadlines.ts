import type { Timer } from '../ports/clock.ts';
import { announceFinished, type Runtime, stopAttempts } from './runtime.ts';

/** Longest sleep between two looks, because clocks step. */
const MAX_SLEEP_MS = 30_000;
/** Wait after the store failed. */
const STORE_RETRY_MS = 500;

/** Stops runs whose timeout has passed. Sleeps until the earliest deadline. */
export class Deadlines {
  readonly #runtime: Runtime;
  #timer: Timer | null = null;
  #nextMs: number | null = null;
  #stopped = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** A run with this deadline has been accepted or started; look no later than then. */
  expect(deadlineMs: number): void {
    if (this.#nextMs === null || deadlineMs < this.#nextMs) this.#arm(deadlineMs);
  }

  /** Looks now and arms itself for what comes next. */
  async check(): Promise<void> {
    if (this.#stopped) return;
    const { store, clock, log } = this.#runtime;
    this.#nextMs = null;
    try {
      const result = await store.stopOverdue(clock.nowMs());
      stopAttempts(this.#runtime, result.stop);
      announceFinished(this.#runtime, result.finished);
      if (result.nextDeadlineMs !== null) this.expect(result.nextDeadlineMs);
    } catch (error) {
      log.error({ err: error }, 'looking for overdue runs failed; trying again');
      this.#arm(clock.nowMs() + STORE_RETRY_MS);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(atMs: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#nextMs = atMs;
    const delayMs = Math.min(Math.max(atMs - this.#runtime.clock.nowMs(), 0), MAX_SLEEP_MS);
    this.#timer = this.#runtime.clock.after(delayMs, () => void this.check());
  }
}
