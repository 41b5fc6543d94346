/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, identity and chance as the engine sees them. The real one is `app/clock.ts`;
 * the simulation brings a virtual one, so nothing under `engine/` may call `Date`,
 * `setTimeout`, `Math.random` or `crypto` itself.
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. May step in either direction. */
  nowMs(): number;
  /** Milliseconds since some moment of this process's life. Never steps; may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Calls `task` once after at least `delayMs`. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
  /** Calls `task` once, after the current turn's other work: where batches gather. */
  soon(task: () => void): void;
}

/** Source of identifiers. */
export interface Ids {
  /** A lower-case UUID. */
  uuid(): string;
}

/** Source of chance. */
export interface Randomness {
  /** Uniform in [0, 1). */
  fraction(): number;
}
