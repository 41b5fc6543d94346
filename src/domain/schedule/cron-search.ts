import { matchingDays, type CronPattern } from './cron-pattern.ts';
import { cronerNext, isPlain } from './cron-croner.ts';
import { scheduleLimits } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, startOfDay } from './wall-time.ts';

const FIRST_YEAR = 1970;
const LAST_YEAR = new Date(scheduleLimits.horizonMs).getUTCFullYear() - 1;

/**
 * The first wall time after another that a pattern allows; null when there is none up to the
 * horizon. croner answers for the patterns it gets right, the search below for the others.
 */
export function nextMatch(pattern: CronPattern, afterWallMs: number): number | null {
  return isPlain(pattern) ? cronerNext(pattern, afterWallMs) : searchNext(pattern, afterWallMs);
}

/** {@link nextMatch} by our own arithmetic, for every pattern. At most 230 years of months. */
export function searchNext(pattern: CronPattern, afterWallMs: number): number | null {
  const fromMs = Math.floor(afterWallMs / SECOND_MS) * SECOND_MS + SECOND_MS;
  const fromDayMs = startOfDay(fromMs);
  const date = new Date(fromDayMs);
  const today = bit(
    matchingDays(pattern, date.getUTCFullYear(), date.getUTCMonth() + 1),
    date.getUTCDate(),
  );
  if (today && allowsMonth(pattern, date)) {
    const time = timeFrom(pattern, fromMs - fromDayMs);
    if (time !== null) return fromDayMs + time;
  }
  const day = nextDay(pattern, fromDayMs + DAY_MS);
  return day === null ? null : day + firstTime(pattern);
}

/** The last wall time before another that a pattern allows; null when there is none since 1970. */
export function previousMatch(pattern: CronPattern, beforeWallMs: number): number | null {
  const uptoMs = Math.ceil(beforeWallMs / SECOND_MS) * SECOND_MS - SECOND_MS;
  const uptoDayMs = startOfDay(uptoMs);
  const date = new Date(uptoDayMs);
  const today = bit(
    matchingDays(pattern, date.getUTCFullYear(), date.getUTCMonth() + 1),
    date.getUTCDate(),
  );
  if (today && allowsMonth(pattern, date)) {
    const time = timeUpTo(pattern, uptoMs - uptoDayMs);
    if (time !== null) return uptoDayMs + time;
  }
  const day = previousDay(pattern, uptoDayMs - DAY_MS);
  return day === null ? null : day + lastTime(pattern);
}

function bit(bits: number, index: number): boolean {
  return ((bits >>> index) & 1) === 1;
}

function allowsYear(pattern: CronPattern, year: number): boolean {
  return pattern.years === null || pattern.years.includes(year);
}

function allowsMonth(pattern: CronPattern, date: Date): boolean {
  return (
    pattern.months.includes(date.getUTCMonth() + 1) && allowsYear(pattern, date.getUTCFullYear())
  );
}

/** Midnight of the first allowed day from a given one on. */
function nextDay(pattern: CronPattern, fromDayMs: number): number | null {
  const from = new Date(Math.max(fromDayMs, 0));
  for (let year = from.getUTCFullYear(); year <= LAST_YEAR; year++) {
    if (!allowsYear(pattern, year)) continue;
    const isFirstYear = year === from.getUTCFullYear();
    for (const month of pattern.months) {
      if (isFirstYear && month < from.getUTCMonth() + 1) continue;
      const isFirstMonth = isFirstYear && month === from.getUTCMonth() + 1;
      let days = matchingDays(pattern, year, month);
      if (isFirstMonth) days &= ~((1 << from.getUTCDate()) - 1);
      if (days !== 0) return Date.UTC(year, month - 1, 31 - Math.clz32(days & -days));
    }
  }
  return null;
}

/** Midnight of the last allowed day up to a given one. */
function previousDay(pattern: CronPattern, uptoDayMs: number): number | null {
  const upto = new Date(Math.min(uptoDayMs, scheduleLimits.horizonMs));
  for (let year = upto.getUTCFullYear(); year >= FIRST_YEAR; year--) {
    if (!allowsYear(pattern, year)) continue;
    const isFirstYear = year === upto.getUTCFullYear();
    for (const month of pattern.months.toReversed()) {
      if (isFirstYear && month > upto.getUTCMonth() + 1) continue;
      const isFirstMonth = isFirstYear && month === upto.getUTCMonth() + 1;
      let days = matchingDays(pattern, year, month);
      if (isFirstMonth) days &= (2 << upto.getUTCDate()) - 1;
      if (days !== 0) return Date.UTC(year, month - 1, 31 - Math.clz32(days));
    }
  }
  return null;
}

/** The first allowed time of day from a given one on, in milliseconds since midnight. */
function timeFrom(pattern: CronPattern, fromMs: number): number | null {
  const hour = Math.floor(fromMs / HOUR_MS);
  const minute = Math.floor((fromMs % HOUR_MS) / MINUTE_MS);
  const second = Math.floor((fromMs % MINUTE_MS) / SECOND_MS);
  if (pattern.hours.includes(hour)) {
    if (pattern.minutes.includes(minute)) {
      const s = pattern.seconds.find((each) => each >= second);
      if (s !== undefined) return hour * HOUR_MS + minute * MINUTE_MS + s * SECOND_MS;
    }
    const m = pattern.minutes.find((each) => each > minute);
    if (m !== undefined) return hour * HOUR_MS + m * MINUTE_MS + first(pattern.seconds) * SECOND_MS;
  }
  const h = pattern.hours.find((each) => each > hour);
  if (h === undefined) return null;
  return h * HOUR_MS + first(pattern.minutes) * MINUTE_MS + first(pattern.seconds) * SECOND_MS;
}

/** The last allowed time of day up to a given one, in milliseconds since midnight. */
function timeUpTo(pattern: CronPattern, uptoMs: number): number | null {
  const hour = Math.floor(uptoMs / HOUR_MS);
  const minute = Math.floor((uptoMs % HOUR_MS) / MINUTE_MS);
  const second = Math.floor((uptoMs % MINUTE_MS) / SECOND_MS);
  if (pattern.hours.includes(hour)) {
    if (pattern.minutes.includes(minute)) {
      const s = pattern.seconds.findLast((each) => each <= second);
      if (s !== undefined) return hour * HOUR_MS + minute * MINUTE_MS + s * SECOND_MS;
    }
    const m = pattern.minutes.findLast((each) => each < minute);
    if (m !== undefined) return hour * HOUR_MS + m * MINUTE_MS + last(pattern.seconds) * SECOND_MS;
  }
  const h = pattern.hours.findLast((each) => each < hour);
  if (h === undefined) return null;
  return h * HOUR_MS + last(pattern.minutes) * MINUTE_MS + last(pattern.seconds) * SECOND_MS;
}

function firstTime(pattern: CronPattern): number {
  return (
    first(pattern.hours) * HOUR_MS +
    first(pattern.minutes) * MINUTE_MS +
    first(pattern.seconds) * SECOND_MS
  );
}

function lastTime(pattern: CronPattern): number {
  return (
    last(pattern.hours) * HOUR_MS +
    last(pattern.minutes) * MINUTE_MS +
    last(pattern.seconds) * SECOND_MS
  );
}

function first(values: readonly number[]): number {
  const value = values[0];
  if (value === undefined) throw new Error('a cron field allows nothing: parseCron let it through');
  return value;
}

function last(values: readonly number[]): number {
  return values.at(-1) ?? first(values);
}
