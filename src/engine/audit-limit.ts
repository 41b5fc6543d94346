/** Lines at once for calls whose caller is not proved, and how fast the room comes back. */
const BURST = 120;
const PER_SECOND = 2;

/**
 * Bounds what strangers can write into the audit log: who has no rights could otherwise push out,
 * by retention, the lines of those who have.
 */
export class FailedCallers {
  readonly #monotonicMs: () => number;
  #tokens = BURST;
  #filledAtMs: number;
  #unsaid = 0;
  #suppressed = 0;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#filledAtMs = monotonicMs();
  }

  /** Calls without a line since the server started. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** How many calls before this one had no line; null = this one has none either. */
  admit(): number | null {
    const nowMs = this.#monotonicMs();
    const gained = ((nowMs - this.#filledAtMs) / 1_000) * PER_SECOND;
    this.#tokens = Math.min(BURST, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) {
      this.#unsaid += 1;
      this.#suppressed += 1;
      return null;
    }
    this.#tokens -= 1;
    const before = this.#unsaid;
    this.#unsaid = 0;
    return before;
  }
}
