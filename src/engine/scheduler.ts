import type { DialectName } from '../domain/template.ts';
import type { Timer } from '../ports/clock.ts';
import type { FireResult } from '../ports/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Runtime, stopAttempts } from './runtime.ts';

/** Schedules decided in one transaction; more follow in the next. */
const FIRE_BATCH = 200;
/** Wait after the store failed. */
const STORE_RETRY_MS = 500;
/** Longest sleep: clocks step, so what is due is looked at again at least this often. */
const MAX_SLEEP_MS = 30_000;

/** Makes the id of a run that a schedule of this dialect's template starts. */
export type ScheduledRunId = (dialect: DialectName, uuid: string) => string;

/**
 * Idempotency key of the run that a firing makes; null = none. A firing whose key a run of its
 * template has already is that run's, and makes no other.
 */
export type ScheduledRunKey = (dialect: DialectName, nominalMs: number) => string | null;

/** How the runs that schedules start are named, as their dialect wants them. */
export interface ScheduledRunNames {
  readonly id: ScheduledRunId;
  /** Null = without keys. */
  readonly key: ScheduledRunKey | null;
}

/**
 * Fires schedules. It sleeps until the next one is due, so its cost grows with what is due.
 *
 * Invariant: it decides nothing itself. Which firings become runs, and that each is decided once,
 * is settled in the store's transaction; asking twice, or from several servers, is harmless.
 */
export class Scheduler {
  readonly #runtime: Runtime;
  readonly #dispatcher: Dispatcher;
  readonly #names: ScheduledRunNames;
  #timer: Timer | null = null;
  #busy = false;
  #again = false;
  #waiting = false;
  #stopped = true;
  #idle: Promise<void> = Promise.resolve();

  constructor(runtime: Runtime, dispatcher: Dispatcher, names: ScheduledRunNames) {
    this.#runtime = runtime;
    this.#dispatcher = dispatcher;
    this.#names = names;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** A schedule may have come due or changed. Cheap and safe to call often. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#idle = this.#work();
  }

  /** Runs ended: a schedule may have waited for one of them. */
  runsEnded(): void {
    if (this.#waiting) this.wake();
  }

  /** Fires nothing more; resolves when what was under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#idle;
  }

  async #work(): Promise<void> {
    let nextMs: number | null;
    try {
      let result: FireResult;
      do {
        this.#again = false;
        result = await this.#fire();
      } while ((this.#again || result.decided >= FIRE_BATCH) && !this.#stopped);
      nextMs = result.nextFiringMs;
    } catch (error) {
      this.#runtime.log.error({ err: error }, 'firing schedules failed; trying again');
      nextMs = this.#runtime.clock.nowMs() + STORE_RETRY_MS;
      // It may have been done all the same.
      this.#dispatcher.wake();
    }
    this.#busy = false;
    this.#sleep(nextMs);
    // Asked for between the last look and now.
    if (this.#again) this.wake();
  }

  async #fire(): Promise<FireResult> {
    const { store, clock, ids, counters, tracing, measuring } = this.#runtime;
    const { id, key } = this.#names;
    const fired = store.fire({
      nowMs: clock.nowMs(),
      limit: FIRE_BATCH,
      newRunId: (dialect) => id(dialect, ids.uuid()),
      ...(key === null ? {} : { keyOf: key }),
      ...(tracing === null ? {} : { traceparentOf: (runId) => tracing.firing(runId) }),
    });
    fired.then(
      ({ created }) => tracing?.fired(created),
      () => tracing?.fired([]),
    );
    const result = await fired;
    measuring?.fired(result.created);
    this.#waiting = result.waiting;
    counters.runsAccepted += result.created.length;
    stopAttempts(this.#runtime, result.stop);
    if (result.created.length > 0) this.#dispatcher.wake();
    return result;
  }

  #sleep(untilMs: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stopped || untilMs === null) return;
    const delayMs = Math.min(Math.max(untilMs - this.#runtime.clock.nowMs(), 0), MAX_SLEEP_MS);
    this.#timer = this.#runtime.clock.after(delayMs, () => this.wake());
  }
}
