import { DAY_MS, daysInMonth } from '../../schedule/wall-time.ts';
import type { Zone } from '../../schedule/zone.ts';
import { DatePatternError } from './pattern.ts';

/** Units by which a date is moved (cdm.md §6.2). */
export const dateUnits = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH', 'YEAR'] as const;
export type DateUnit = (typeof dateUnits)[number];

/** Further from a change of the clocks than this, an offset is that before or after it. */
const NEAR_MS = 2 * DAY_MS;
/** Dates are of the years 1 to 9999. */
const firstMs = new Date(0).setUTCFullYear(1, 0, 1);
const lastMs = Date.UTC(10_000, 0, 1) - 1;

/** Wall time minus UTC at a moment, in milliseconds. */
export function offsetAt(zone: Zone, ms: number): number {
  return zone.segmentAt(ms).offsetMs;
}

/**
 * The moment of a wall time. One that exists twice is the first, or that with `preferredOffsetMs`;
 * one that does not exist is put as far behind the change as it lies behind the gap's start.
 */
export function momentOf(zone: Zone, wallMs: number, preferredOffsetMs: number | null): number {
  const before = offsetAt(zone, wallMs - NEAR_MS);
  const after = offsetAt(zone, wallMs + NEAR_MS);
  const valid = [before, after].filter((offset) => offsetAt(zone, wallMs - offset) === offset);
  if (valid.length === 0) return wallMs - before;
  const offset =
    preferredOffsetMs !== null && valid.includes(preferredOffsetMs)
      ? preferredOffsetMs
      : Math.max(...valid);
  return wallMs - offset;
}

/**
 * Moves a moment. Up to hours time elapses; days, months and years are the calendar's: the time of
 * day stays, the day of a month is at most the last. @throws DatePatternError outside the years 1
 * to 9999.
 */
export function shiftDate(zone: Zone, ms: number, amount: number, unit: DateUnit): number {
  if (amount === 0) return ms;
  const offset = offsetAt(zone, ms);
  switch (unit) {
    case 'SECOND':
      return checked(ms + amount * 1_000);
    case 'MINUTE':
      return checked(ms + amount * 60_000);
    case 'HOUR':
      return checked(ms + amount * 3_600_000);
    case 'DAY':
      return momentOf(zone, checked(ms + offset + amount * DAY_MS), offset);
    case 'MONTH':
      return momentOf(zone, checked(plusMonths(ms + offset, amount)), offset);
    case 'YEAR':
      return momentOf(zone, checked(plusMonths(ms + offset, amount * 12)), offset);
  }
}

/** Whether dates can be written at all. */
export function isDate(ms: number): boolean {
  return ms >= firstMs && ms <= lastMs;
}

function plusMonths(wallMs: number, amount: number): number {
  const date = new Date(wallMs);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + amount;
  const year = Math.floor(month / 12);
  const day = Math.min(date.getUTCDate(), daysInMonth(year, month - year * 12 + 1));
  return date.setUTCFullYear(year, month - year * 12, day);
}

function checked(ms: number): number {
  if (isDate(ms)) return ms;
  throw new DatePatternError('the date lies outside the years 1 to 9999');
}
