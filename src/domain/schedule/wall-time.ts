/**
 * Wall time: what clocks show, as a number. It is written as if the wall stood in UTC, so that
 * arithmetic needs no zone: `Date.UTC(2026, 2, 29, 2, 30)` is "2026-03-29 02:30 on the wall",
 * whether that moment exists in some zone or not.
 */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The days of a month, 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day of the week of a date, 0 for Sunday; month 1 to 12. */
export function dayOfWeek(year: number, month: number, day: number): number {
  return weekdayOf(Date.UTC(year, month - 1, day));
}

/** The day of the week of a wall time, 0 for Sunday. */
export function weekdayOf(wallMs: number): number {
  // Day 0 of the epoch was a Thursday.
  return (((Math.floor(wallMs / DAY_MS) + 4) % 7) + 7) % 7;
}

/** Midnight at which the day of a wall time begins. */
export function startOfDay(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS) * DAY_MS;
}

/** `2026-03-29T02:30:00`, with milliseconds only where there are any. */
export function wallText(wallMs: number): string {
  const text = new Date(wallMs).toISOString();
  return text.endsWith('.000Z') ? text.slice(0, 19) : text.slice(0, 23);
}

/** A wall time from `2026-03-29T02:30:00`, of 1970 to 2199; null when the text is none. */
export function parseLocal(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (match === null) return null;
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.map(Number);
  if (year < 1970 || year > 2199) return null;
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // A date that does not exist has become another one.
  return wallText(wallMs) === text ? wallMs : null;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
