/** Dates of macros: one instant, moved, formatted and read back (cdm.md §6.2). */
import type { Zone } from '../schedule/zone.ts';
import { formatDate } from './dates/format.ts';
import { parseDate } from './dates/parse.ts';
import { offsetAt, shiftDate, type DateUnit } from './dates/wall.ts';

/** By how much a macro moves the base instant. */
export interface DateShift {
  /** Whole, and negative for the past. */
  readonly amount: number;
  readonly unit: DateUnit;
}

/** When a run starts, or was planned to, and whose clocks tell it. */
export interface MacroClock {
  readonly instantMs: number;
  readonly zone: Zone;
}

/** The instant, moved. @throws DatePatternError outside the years 1 to 9999. */
export function shiftedInstant({ instantMs, zone }: MacroClock, shift: DateShift | null): number {
  return shift === null ? instantMs : shiftDate(zone, instantMs, shift.amount, shift.unit);
}

/** The moved instant as text. @throws DatePatternError for a pattern that is none. */
export function formattedInstant(
  clock: MacroClock,
  pattern: string,
  shift: DateShift | null,
): string {
  return formatDate(clock.zone, shiftedInstant(clock, shift), pattern);
}

/**
 * The moved instant with nothing left of it but what the pattern shows: formatted and read back,
 * what is missing being that of 1970-01-01 00:00. A time that clocks show twice stays the one it
 * was. @throws DatePatternError for a pattern that is none.
 */
export function truncatedInstant(
  clock: MacroClock,
  pattern: string,
  shift: DateShift | null,
): number {
  const { zone } = clock;
  const ms = shiftedInstant(clock, shift);
  const preferredOffsetMs = offsetAt(zone, ms);
  return parseDate(formatDate(zone, ms, pattern), pattern, { zone, nearMs: ms, preferredOffsetMs });
}
