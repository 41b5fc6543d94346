/** One nominal time of a schedule, and whether the schedule's own rules let it fire. */
export interface Occurrence {
  /** Unique within the schedule, and the order of its firings. */
  readonly nominalMs: number;
  /** The wall time that the schedule names, in its zone: `2026-03-29T02:30:00`. */
  readonly localText: string;
  readonly outcome: 'fire' | 'dropped';
  /**
   * The rule that decided, for machines: `cron`, `calendar-steps`, `fixed-rate`, `fixed-delay`,
   * `one-time`, `dst-skipped`, `dst-shifted`, `dst-doubled-second`, `calendar:<name>`,
   * `calendar:not-included`; in a catch-up plan also `misfire-skip`, `misfire-one`,
   * `misfire-window`, `misfire-limit`.
   */
  readonly rule: string;
  /** The same in words. */
  readonly reason: string;
}

/** The nominal times of one timing in one zone, before calendars, bounds and misfires. */
export interface OccurrenceSource {
  /** The first occurrence after a time, or null up to the horizon. */
  next(afterMs: number): Occurrence | null;
  /** The last occurrence before a time, or null when there is none since 1970. */
  previous(beforeMs: number): Occurrence | null;
}
