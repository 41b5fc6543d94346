/** Names that are remembered at a time; the oldest make room. */
const defaultNames = 10_000;

export interface FailureLockOptions {
  /** Consecutive failures after which a name is refused. */
  readonly failures: number;
  readonly lockMs: number;
  readonly maxNames?: number;
}

/**
 * Refuses names (access keys, users) for a while after too many failures in a row. Held in
 * memory: a restart forgets it, which costs an attacker more than it gives.
 */
export class FailureLock {
  readonly #options: FailureLockOptions;
  readonly #entries = new Map<string, { failures: number; lockedUntilMs: number }>();

  constructor(options: FailureLockOptions) {
    this.#options = options;
  }

  isLocked(name: string, nowMs: number): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.lockedUntilMs === 0) return false;
    // Absolute, so that a clock set back does not lock for ever.
    const left = entry.lockedUntilMs - nowMs;
    if (left > 0 && left <= this.#options.lockMs) return true;
    this.#entries.delete(name);
    return false;
  }

  failed(name: string, nowMs: number): void {
    const failures = (this.#entries.get(name)?.failures ?? 0) + 1;
    this.#entries.delete(name);
    const { failures: limit, lockMs, maxNames = defaultNames } = this.#options;
    if (this.#entries.size >= maxNames) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    this.#entries.set(name, { failures, lockedUntilMs: failures > limit ? nowMs + lockMs : 0 });
  }

  succeeded(name: string): void {
    this.#entries.delete(name);
  }
}
