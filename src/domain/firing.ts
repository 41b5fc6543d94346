/**
 * What became of a firing.
 * - `fired`: a run was accepted, or one with the firing's key was there already (rule `existing`).
 * - `refused`: the firing came due, but its run was not accepted (overlap, quota).
 * - `skipped`: its time passed unattended, by the misfire policy or because of a suspension.
 * - `dropped`: the schedule itself leaves it out (calendar, skipped local time).
 */
export type FiringOutcome = 'fired' | 'refused' | 'skipped' | 'dropped';

/**
 * A line of the fire ledger: one firing of a template's schedule, unique by template and nominal
 * time, or a stretch of firings that share their fate.
 */
export interface Firing {
  readonly templateId: string;
  /** When it should have fired; of a stretch, the first time. */
  readonly nominalMs: number;
  /** Last nominal time of a stretch; `nominalMs` for a single firing. */
  readonly untilMs: number;
  /** How many firings this line stands for; of a long stretch, at least so many. */
  readonly count: number;
  readonly outcome: FiringOutcome;
  /** The run it made; null when it made none. */
  readonly runId: string | null;
  readonly decidedAtMs: number;
  /** Rule that decided, for machines: e.g. `on-time`, `late`, `misfire`, `suspended`, `calendar`. */
  readonly rule: string;
  /** The same in words. */
  readonly reason: string;
}
