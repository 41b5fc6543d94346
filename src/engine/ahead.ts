import type { Clock, Timer } from '../ports/clock.ts';
import type { AttemptReport } from '../ports/executor.ts';
import type { ClaimedAttempt } from '../ports/store.ts';
import type { EngineLog } from './runtime.ts';

/** Over how long ends are counted: what may wait here is at most what ends within it. */
export const defaultAheadWindowMs = 100;
/** Slots must have been used this often within the window before anything is claimed ahead. */
const MIN_TURNS = 4;
/** Most attempts that wait here. */
const MAX_AHEAD = 1_000;
/** Longest wait: what has not started by then is given back. */
const MAX_WAIT_MS = 1_000;
/** Wait before asking again after the store did not confirm the lease. */
const STORE_RETRY_MS = 500;

export interface AheadParts {
  /** See `defaultAheadWindowMs`. */
  readonly windowMs: number;
  readonly clock: Clock;
  readonly log: EngineLog;
  /** Whether the fence is still this server's; see `Membership.certain`. */
  readonly certain: (fence: number) => Promise<boolean>;
  /** Free slots now, over all executors. */
  readonly room: () => number;
  /** Takes up slots. */
  readonly start: (attempts: readonly ClaimedAttempt[]) => void;
  readonly report: (reports: readonly AttemptReport[]) => void;
}

/**
 * Attempts that were claimed before there is a slot for them, so that very short jobs do not wait
 * for a transaction each time a slot is free. It holds something only while slots are used many
 * times in the window, i.e. jobs take less than `windowMs / MIN_TURNS`, and never more than is
 * started within the window: for anything longer the server claims what it has slots for.
 *
 * What does not start soon all the same, because long jobs took the slots, is given back for
 * whoever has room, at no cost to the retry budget.
 */
export class Ahead {
  readonly #parts: AheadParts;
  #waiting: ClaimedAttempt[] = [];
  #feeding = false;
  #timer: Timer | null = null;
  /** Ends in the window that began at `#sinceMs`, and in the one before it. */
  #ends = 0;
  #endsBefore = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AheadParts) {
    this.#parts = parts;
  }

  /** Attempts that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  ids(): string[] {
    return this.#waiting.map(({ attemptId }) => attemptId);
  }

  /** An attempt ended. */
  ended(): void {
    this.#turn();
    this.#ends += 1;
  }

  /** How many may be claimed now beyond the free slots; `slots`: all that there are. */
  wanted(slots: number): number {
    this.#turn();
    const ends = Math.max(this.#ends, this.#endsBefore);
    if (ends < slots * MIN_TURNS) return 0;
    const depth = Math.min(ends, MAX_AHEAD);
    // In few large steps: each is a transaction.
    return this.size > depth / 4 ? 0 : depth - this.size;
  }

  /** Takes claimed attempts in; they start in this order as slots become free. */
  put(attempts: readonly ClaimedAttempt[]): void {
    if (attempts.length === 0) return;
    this.#waiting.push(...attempts);
    this.#arm();
    this.feed();
  }

  /** Starts what there is room for. */
  feed(): void {
    if (this.#feeding || this.size === 0) return;
    this.#feeding = true;
    this.#feedAll().catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'confirming the lease failed; trying again');
      this.#parts.clock.after(STORE_RETRY_MS, () => this.feed());
    });
  }

  /** Ends an attempt that waits here. False = it does not. */
  stop(attemptId: string): boolean {
    const index = this.#waiting.findIndex((attempt) => attempt.attemptId === attemptId);
    const [attempt] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (attempt === undefined) return false;
    this.#refuse([attempt], 'stopped before it started', false);
    return true;
  }

  /** Forgets all of them: they are another owner's, who finds that they never started. */
  forget(): void {
    this.#waiting = [];
  }

  /** Lets others have what waits. */
  giveBack(why: string): void {
    const attempts = this.#waiting;
    this.#waiting = [];
    this.#timer?.cancel();
    this.#timer = null;
    if (attempts.length > 0) this.#refuse(attempts, why, true);
  }

  async #feedAll(): Promise<void> {
    try {
      // Each turn takes at least one away, or ends.
      for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
        if (this.#parts.room() <= 0) return;
        await this.#feedOnce(first.fence);
      }
    } finally {
      this.#feeding = false;
    }
  }

  async #feedOnce(fence: number): Promise<void> {
    // They waited: what became another owner's must not start. That one has found it by now.
    const ours = await this.#parts.certain(fence);
    const known = this.#waiting.filter((attempt) => attempt.fence === fence);
    const starting = known.slice(0, ours ? Math.max(this.#parts.room(), 0) : 0);
    const gone = new Set(ours ? starting : known);
    this.#waiting = this.#waiting.filter((attempt) => !gone.has(attempt));
    if (starting.length === 0) return;
    this.#arm();
    this.#parts.start(starting);
  }

  /** Gives back when nothing has started for a while. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(MAX_WAIT_MS, () => {
      // It must be quick again before it may claim ahead again: others have room meanwhile.
      this.#ends = 0;
      this.#endsBefore = 0;
      this.giveBack('given back: every slot was taken by longer jobs');
    });
  }

  #turn(): void {
    const { clock, windowMs } = this.#parts;
    const nowMs = clock.monotonicMs();
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs < windowMs) return;
    this.#endsBefore = passedMs < 2 * windowMs ? this.#ends : 0;
    this.#ends = 0;
    this.#sinceMs = nowMs;
  }

  #refuse(attempts: readonly ClaimedAttempt[], message: string, again: boolean): void {
    const atMs = this.#parts.clock.nowMs();
    this.#parts.report(
      attempts.map(({ attemptId, fence }) => ({
        kind: 'refused',
        attemptId,
        fence,
        atMs,
        message,
        again,
      })),
    );
  }
}
