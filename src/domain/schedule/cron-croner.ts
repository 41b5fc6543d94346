/**
 * croner, held to what it gets right: the next match of plain lists, on the wall, without a
 * zone. What it lacks or gets wrong is in docs/decisions/0006-schedules.md, and why the rest of
 * the arithmetic is ours.
 */
import { Cron } from 'croner';
import { BoundedCache } from './bounded-cache.ts';
import type { CronPattern } from './cron-pattern.ts';
import { scheduleLimits } from './definition.ts';

/** One parsed croner object weighs about 83 kB: 32 of them are 2.7 MB, however many schedules. */
const CACHED_CRONERS = 32;

const croners = new BoundedCache<Cron>(CACHED_CRONERS);

/**
 * Whether croner may answer: no `L`, `W` or `#`, no years, and no days of the month, for
 * croner 10 takes 31 February for 3 March and so passes over the 1st in `0 0 1,31 * *`.
 */
export function isPlain(pattern: CronPattern): boolean {
  return pattern.years === null && !pattern.restrictsDayOfMonth && pattern.weekRules.length === 0;
}

/**
 * The first wall time after another that a plain pattern allows, or null beyond the horizon.
 */
export function cronerNext(pattern: CronPattern, afterWallMs: number): number | null {
  const text = plainText(pattern);
  const croner = croners.get(text, () => new Cron(text, { utcOffset: 0, paused: true }));
  const next = croner.nextRun(new Date(afterWallMs))?.getTime() ?? null;
  return next === null || next >= scheduleLimits.horizonMs ? null : next;
}

/** croner's notation in numbers only: `?`, names, wrapped ranges and Quartz's weekdays are gone. */
function plainText(pattern: CronPattern): string {
  return [
    list(pattern.seconds, 60),
    list(pattern.minutes, 60),
    list(pattern.hours, 24),
    '*',
    list(pattern.months, 12),
    pattern.restrictsDayOfWeek ? weekdays(pattern.daysOfWeek) : '*',
  ].join(' ');
}

function list(values: readonly number[], all: number): string {
  return values.length === all ? '*' : values.join(',');
}

function weekdays(mask: number): string {
  return [0, 1, 2, 3, 4, 5, 6].filter((day) => (mask >>> day) & 1).join(',');
}
