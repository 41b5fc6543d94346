/**
 * What a schedule is: plain data, stored as JSON, in the same words for every dialect.
 * `parse.ts` checks it; `firings.ts` and `catch-up.ts` compute with it. Times are milliseconds
 * since the epoch, UTC.
 */

/** How the numbers of the day-of-week field are read. Names (SUN, MON) mean the same in both. */
export type CronDialect =
  /** 0 and 7 are Sunday; five fields, or six with leading seconds (SAE, crontab). */
  | 'unix'
  /** 1 is Sunday; six fields with leading seconds, or seven with a year (SchedulerX). */
  | 'quartz';

/** When a schedule fires. */
export type Timing =
  | { readonly kind: 'cron'; readonly expression: string; readonly dialect?: CronDialect }
  /** At `anchorMs` and every `everyMs` after it, whatever clocks on the wall do. */
  | { readonly kind: 'fixed-rate'; readonly everyMs: number; readonly anchorMs: number }
  /** `delayMs` after the end of the previous run. */
  | { readonly kind: 'fixed-delay'; readonly delayMs: number }
  | CalendarSteps
  | { readonly kind: 'one-time'; readonly atMs: number }
  /** Never by time. */
  | { readonly kind: 'none' };

/**
 * Every so many hours, days, weeks or months of the calendar, counted on the wall from a time
 * (cdm.md §5.12). Nothing fires before that time. Seconds, and what `unit` leaves open of the time
 * of day, are those of `fromLocal`.
 */
export interface CalendarSteps {
  readonly kind: 'calendar-steps';
  readonly unit: 'hour' | 'day' | 'week' | 'month';
  /** Every hour, day, week (from Monday on) or month that lies a multiple of this after the first. */
  readonly every: number;
  /** `YYYY-MM-DDTHH:MM:SS` on the wall of the schedule's zone: there the count begins. */
  readonly fromLocal: string;
  /**
   * Within each such unit: the minutes of the hour, the days of the week (0 is Sunday), the days
   * of the month; a month without that day leaves it out. Empty, always so for days: as `fromLocal`.
   */
  readonly at: readonly number[];
}

/**
 * What a change of the clocks does to a schedule that names hours of the wall: cron and calendar
 * steps. A cron pattern that allows all 24 hours, and a step of every hour, count elapsed time
 * instead, and neither policy touches them (docs/decisions/0006-schedules.md).
 */
export interface DstPolicy {
  /** Local times that do not exist: left out, or moved on by the length of the gap. */
  readonly skipped: 'skip' | 'shift';
  /** Local times that exist twice: only the first, or both. */
  readonly doubled: 'first' | 'both';
}

/** What happens to firings that nobody was there to make. */
export type MisfirePolicy =
  | { readonly policy: 'skip' }
  /** One run stands for all that were missed: the latest. */
  | { readonly policy: 'one' }
  /** The latest `maxCatchUp` of those that were missed within `windowMs` before now. */
  | { readonly policy: 'all'; readonly windowMs: number; readonly maxCatchUp: number };

/**
 * Times at which a schedule may not fire (`exclude`) or may only fire (`include`), read in the
 * zone of the schedule. A rule matches when all of its conditions do; a condition matches when
 * one of its entries does. A firing needs no matching exclusion and, if there are inclusions, a
 * matching one. What is kept back is dropped with the name of the rule, not put off.
 */
export interface CalendarRule {
  readonly kind: 'exclude' | 'include';
  /** Names the rule in previews and in the ledger. */
  readonly name: string;
  /** 0 is Sunday, 6 Saturday. */
  readonly daysOfWeek?: readonly number[];
  /** `YYYY-MM-DD`, or `MM-DD` for every year. */
  readonly dates?: readonly string[];
  /**
   * `HH:MM-HH:MM`, the end not included, `24:00` allowed. One that crosses midnight belongs to
   * the day on which it begins.
   */
  readonly timesOfDay?: readonly string[];
  /** Absolute times, the end not included. */
  readonly intervals?: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** A whole schedule. */
export interface ScheduleDefinition {
  readonly timing: Timing;
  /** IANA name, `UTC`, or an offset such as `GMT+8`, `UTC-05:30`, `+08:00`. */
  readonly zone: string;
  readonly dst: DstPolicy;
  readonly misfire: MisfirePolicy;
  /** A firing that is this late or less is merely late; beyond it is misfired. */
  readonly graceMs: number;
  readonly calendars: readonly CalendarRule[];
  /** Nothing fires before. */
  readonly startAtMs: number | null;
  /** Nothing fires after; a firing at this very time still does. */
  readonly endAtMs: number | null;
}

/** What a definition may leave out: everything but the timing. */
export type ScheduleInput = Pick<ScheduleDefinition, 'timing'> & Partial<ScheduleDefinition>;

/** SAE's rule (sae.md U17). */
export const defaultDstPolicy: DstPolicy = { skipped: 'skip', doubled: 'first' };

/** What a schedule has when its definition does not say. */
export const scheduleDefaults: Omit<ScheduleDefinition, 'timing'> = {
  zone: 'UTC',
  dst: defaultDstPolicy,
  misfire: { policy: 'skip' },
  graceMs: 60_000,
  calendars: [],
  startAtMs: null,
  endAtMs: null,
};

/** Bounds of a definition and of the work that one question may cost. */
export const scheduleLimits = {
  maxExpressionChars: 512,
  maxZoneChars: 64,
  maxCalendars: 100,
  maxNameChars: 64,
  /** Entries of one condition of one calendar rule. */
  maxCalendarEntries: 1_000,
  /** Shortest fixed rate and fixed delay: a cron expression cannot be finer either. */
  minIntervalMs: 1_000,
  /** A thousand years of a fixed rate are a mistake. */
  maxIntervalMs: 10 * 366 * 86_400_000,
  /** Longest step of calendar steps, in its unit. */
  maxEvery: 100_000,
  maxGraceMs: 86_400_000,
  maxCatchUp: 1_000,
  maxCatchUpWindowMs: 366 * 86_400_000,
  maxPreview: 1_000,
  /** Times before are refused in a definition. */
  earliestMs: 0,
  /** 2200-01-01T00:00:00Z: nothing fires from here on, and no search goes further. */
  horizonMs: Date.UTC(2200, 0, 1),
  /** Firings that calendars drop in a row before a search for one that fires gives up. */
  maxDroppedInARow: 1_000,
  /** Changes of the calendars that one search looks at: days, window edges, interval edges. */
  maxCalendarSteps: 20_000,
  /** Skipped firings that a catch-up plan lists one by one. */
  maxListedSkips: 100,
  /** Skipped firings that a catch-up plan counts; beyond, it says "at least". */
  maxCountedSkips: 1_000,
} as const;
