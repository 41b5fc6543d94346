import type { Clock, Timer } from '../ports/clock.ts';

/** Runs whose time is watched; further ones are not. */
const MAX_WATCHED = 50_000;
/** Longest sleep between two looks, because clocks step. */
const MAX_SLEEP_MS = 30_000;

/** Says which runs take longer than they should. One timer for all of them. */
export class AlertWatch {
  readonly #clock: Clock;
  readonly #onOverdue: (runId: string) => void;
  /** When each is overdue, by wall clock. */
  readonly #watched = new Map<string, number>();
  #timer: Timer | null = null;
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onOverdue: (runId: string) => void) {
    this.#clock = clock;
    this.#onOverdue = onOverdue;
  }

  /** The run is overdue at this time; the first time that is given counts. */
  expect(runId: string, atMs: number): void {
    if (this.#watched.has(runId) || this.#watched.size >= MAX_WATCHED) return;
    this.#watched.set(runId, atMs);
    if (atMs < this.#nextMs) this.#arm(atMs);
  }

  forget(runId: string): void {
    this.#watched.delete(runId);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#watched.clear();
  }

  #arm(atMs: number): void {
    this.#timer?.cancel();
    this.#nextMs = atMs;
    const delayMs = Math.min(Math.max(atMs - this.#clock.nowMs(), 0), MAX_SLEEP_MS);
    this.#timer = this.#clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    this.#nextMs = nextMs;
    for (const [runId, atMs] of this.#watched) {
      if (atMs > nowMs) {
        nextMs = Math.min(nextMs, atMs);
        continue;
      }
      this.#watched.delete(runId);
      this.#onOverdue(runId);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }
}
