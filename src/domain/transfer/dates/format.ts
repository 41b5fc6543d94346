import { DAY_MS } from '../../schedule/wall-time.ts';
import type { Zone } from '../../schedule/zone.ts';
import {
  DatePatternError,
  monthNames,
  parseDatePattern,
  weekdayNames,
  type FieldLetter,
} from './pattern.ts';
import { isDate, offsetAt } from './wall.ts';

/**
 * A moment as text, by a pattern of Java's SimpleDateFormat with English names (cdm.md §6.2).
 * Weeks begin on Sunday, and week 1 is that of 1 January. @throws DatePatternError for a pattern
 * that is none, and outside the years 1 to 9999.
 */
export function formatDate(zone: Zone, ms: number, pattern: string): string {
  const parts = parseDatePattern(pattern);
  const offsetMs = offsetAt(zone, ms);
  if (!isDate(ms + offsetMs)) {
    throw new DatePatternError('the date lies outside the years 1 to 9999');
  }
  const moment: Moment = { zone, ms, offsetMs, wall: new Date(ms + offsetMs) };
  return parts
    .map((part) => (part.kind === 'literal' ? part.text : field(moment, part.letter, part.count)))
    .join('');
}

interface Moment {
  readonly zone: Zone;
  readonly ms: number;
  readonly offsetMs: number;
  /** UTC's fields of it are those of the wall. */
  readonly wall: Date;
}

function field(moment: Moment, letter: FieldLetter, count: number): string {
  const { wall } = moment;
  const hour = wall.getUTCHours();
  const weekday = wall.getUTCDay();
  switch (letter) {
    case 'G':
      return 'AD';
    case 'y':
      return year(wall.getUTCFullYear(), count);
    case 'Y':
      return year(weekOf(wall).year, count);
    case 'M':
    case 'L':
      return count < 3 ? digits(wall.getUTCMonth() + 1, count) : monthName(wall, count);
    case 'w':
      return digits(weekOf(wall).week, count);
    case 'W':
      return digits(weekOfMonth(wall), count);
    case 'D':
      return digits(dayOfYear(wall), count);
    case 'd':
      return digits(wall.getUTCDate(), count);
    case 'F':
      return digits(Math.ceil(wall.getUTCDate() / 7), count);
    case 'E':
      return named(weekdayNames[weekday], count);
    case 'u':
      return digits(weekday === 0 ? 7 : weekday, count);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'H':
      return digits(hour, count);
    case 'k':
      return digits(hour === 0 ? 24 : hour, count);
    case 'K':
      return digits(hour % 12, count);
    case 'h':
      return digits(hour % 12 === 0 ? 12 : hour % 12, count);
    case 'm':
      return digits(wall.getUTCMinutes(), count);
    case 's':
      return digits(wall.getUTCSeconds(), count);
    case 'S':
      return digits(wall.getUTCMilliseconds(), count);
    case 'z':
      return zoneName(moment.zone, moment.ms, count >= 4);
    case 'Z':
      return offsetText(moment.offsetMs, '', true);
    case 'X':
      if (moment.offsetMs === 0) return 'Z';
      return offsetText(moment.offsetMs, count === 3 ? ':' : '', count > 1);
  }
}

/** The name of a zone at a moment, e.g. `PDT`; where it has none, `GMT+08:00`. */
export function zoneName(zone: Zone, ms: number, isLong: boolean): string {
  if (!/^[A-Za-z]+(?:\/|$)/.test(zone.name) || /^(?:UTC|GMT|Z|Etc\/UTC)$/i.test(zone.name)) {
    const offsetMs = offsetAt(zone, ms);
    return offsetMs === 0 ? 'UTC' : `GMT${offsetText(offsetMs, ':', true)}`;
  }
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone.name,
    timeZoneName: isLong ? 'long' : 'short',
  }).formatToParts(ms);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone.name;
}

function offsetText(offsetMs: number, separator: string, withMinutes: boolean): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const sign = offsetMs < 0 ? '-' : '+';
  const hour = digits(Math.floor(minutes / 60), 2);
  return withMinutes ? `${sign}${hour}${separator}${digits(minutes % 60, 2)}` : `${sign}${hour}`;
}

function year(value: number, count: number): string {
  return count === 2 ? digits(value % 100, 2) : digits(value, count);
}

function monthName(wall: Date, count: number): string {
  return named(monthNames[wall.getUTCMonth()], count);
}

function named(name: string | undefined, count: number): string {
  return count >= 4 ? (name ?? '') : (name ?? '').slice(0, 3);
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

function dayOfYear(wall: Date): number {
  const first = new Date(wall).setUTCMonth(0, 1);
  return Math.round((wall.getTime() - first) / DAY_MS) + 1;
}

function weekOf(wall: Date): { readonly year: number; readonly week: number } {
  const own = wall.getUTCFullYear();
  const saturday = new Date(wall.getTime() + (6 - wall.getUTCDay()) * DAY_MS);
  if (saturday.getUTCFullYear() > own) return { year: own + 1, week: 1 };
  const newYear = new Date(new Date(wall).setUTCMonth(0, 1)).getUTCDay();
  return { year: own, week: Math.floor((dayOfYear(wall) - 1 + newYear) / 7) + 1 };
}

function weekOfMonth(wall: Date): number {
  const first = new Date(new Date(wall).setUTCDate(1)).getUTCDay();
  return Math.floor((wall.getUTCDate() - 1 + first) / 7) + 1;
}
