import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../schedule/wall-time.ts';
import type { Zone } from '../../schedule/zone.ts';
import { zoneName } from './format.ts';
import {
  DatePatternError,
  datePatternLimits,
  monthNames,
  parseDatePattern,
  weekdayNames,
  type FieldLetter,
  type PatternPart,
} from './pattern.ts';
import { isDate, momentOf, offsetAt } from './wall.ts';

/** How what a pattern leaves open is decided. */
export interface DateParsing {
  /** The zone of texts that name no offset. */
  readonly zone: Zone;
  /** Years of two digits are from 80 years before to 20 years after this. */
  readonly nearMs: number;
  /** Of wall times that exist twice; null: the first. */
  readonly preferredOffsetMs: number | null;
}

/**
 * The moment that a text names, by a pattern of Java's SimpleDateFormat. It reads leniently:
 * missing fields are those of 1970-01-01 00:00, a 32nd day is the next month's first. The whole
 * text must follow the pattern. @throws DatePatternError when it does not.
 */
export function parseDate(text: string, pattern: string, parsing: DateParsing): number {
  const parts = parseDatePattern(pattern);
  if (text.length > datePatternLimits.maxTextChars) throw unlike(text, pattern);
  const fields: Fields = new Map();
  const reader: Reader = { text, at: 0, fields, parsing };
  parts.forEach((part, index) => {
    if (!read(reader, part, parts[index + 1])) throw unlike(text, pattern);
  });
  if (reader.at !== text.length) throw unlike(text, pattern);
  const wallMs = dateOf(fields, parsing.nearMs) + timeOf(fields);
  if (!isDate(wallMs)) throw new DatePatternError('the date lies outside the years 1 to 9999');
  const offset = fields.get('Z');
  if (offset !== undefined) return wallMs - offset;
  return momentOf(parsing.zone, wallMs, parsing.preferredOffsetMs);
}

/** By letter; L is under M, z and X under Z (in milliseconds), E under u (0 is Sunday). */
type Fields = Map<FieldLetter | 'yy', number>;

interface Reader {
  readonly text: string;
  at: number;
  readonly fields: Fields;
  readonly parsing: DateParsing;
}

function unlike(text: string, pattern: string): DatePatternError {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return new DatePatternError(`"${shown}" does not follow the date pattern "${pattern}"`);
}

function read(reader: Reader, part: PatternPart, next: PatternPart | undefined): boolean {
  if (part.kind === 'literal') {
    if (!reader.text.startsWith(part.text, reader.at)) return false;
    reader.at += part.text.length;
    return true;
  }
  const { letter, count } = part;
  const { fields } = reader;
  const isText = (letter === 'M' || letter === 'L') && count >= 3;
  if (isText) return readName(reader, monthNames, (index) => fields.set('M', index + 1));
  switch (letter) {
    case 'G':
      return readName(reader, ['AD', 'BC'], (index) => fields.set('G', index));
    case 'a':
      return readName(reader, ['AM', 'PM'], (index) => fields.set('a', index));
    case 'E':
      return readName(reader, weekdayNames, (index) => fields.set('u', index));
    case 'z':
    case 'Z':
    case 'X':
      return readZone(reader);
    default:
      return readNumber(reader, letter, count, isNumeric(next));
  }
}

/** Whether digits of a field would run on into those of the one before. */
function isNumeric(part: PatternPart | undefined): boolean {
  if (part === undefined || part.kind === 'literal') return false;
  if (part.letter === 'M' || part.letter === 'L') return part.count < 3;
  return !'GEazZX'.includes(part.letter);
}

function readNumber(reader: Reader, letter: FieldLetter, count: number, tight: boolean): boolean {
  const pattern = tight ? new RegExp(`\\d{1,${count}}`, 'y') : /\d{1,15}/y;
  const digits = match(reader, /[ \t]*/y) === null ? null : match(reader, pattern);
  if (digits === null) return false;
  const value = Number(digits);
  const { fields } = reader;
  if (letter === 'u') fields.set('u', value % 7);
  else if (letter === 'L') fields.set('M', value);
  else if ((letter === 'y' || letter === 'Y') && count <= 2 && digits.length === 2) {
    fields.set('yy', value);
  } else fields.set(letter, value);
  return true;
}

function readName(
  reader: Reader,
  names: readonly string[],
  found: (index: number) => void,
): boolean {
  const rest = reader.text.slice(reader.at).toLowerCase();
  for (const length of [Infinity, 3]) {
    const index = names.findIndex((name) => rest.startsWith(name.slice(0, length).toLowerCase()));
    const name = names[index];
    if (name === undefined) continue;
    reader.at += Math.min(name.length, length);
    found(index);
    return true;
  }
  return false;
}

function readZone(reader: Reader): boolean {
  const { fields, parsing } = reader;
  const offset = match(reader, /(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?/iy);
  if (offset !== null) {
    const [, sign = '+', hours = '0', minutes = '0'] =
      /([+-])(\d{1,2}):?(\d{2})?$/.exec(offset) ?? [];
    const size = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
    fields.set('Z', sign === '-' ? -size : size);
    return true;
  }
  if (match(reader, /GMT|UTC|Z(?![a-z])/iy) !== null) {
    fields.set('Z', 0);
    return true;
  }
  // The zone's own names, of winter and of summer.
  const year = new Date(parsing.nearMs).getUTCFullYear();
  for (const isLong of [true, false]) {
    for (const ms of [Date.UTC(year, 0, 1), Date.UTC(year, 6, 1)]) {
      const name = zoneName(parsing.zone, ms, isLong);
      if (!reader.text.startsWith(name, reader.at)) continue;
      reader.at += name.length;
      fields.set('Z', offsetAt(parsing.zone, ms));
      return true;
    }
  }
  return false;
}

function match(reader: Reader, sticky: RegExp): string | null {
  sticky.lastIndex = reader.at;
  const found = sticky.exec(reader.text)?.[0] ?? null;
  if (found !== null) reader.at += found.length;
  return found;
}

function dateOf(fields: Fields, nearMs: number): number {
  const year = yearOf(fields, nearMs);
  const month = fields.get('M');
  const day = fields.get('d');
  const weekday = fields.get('u');
  const ofYear = fields.get('D');
  const week = fields.get('w');
  const weekOfMonth = fields.get('W');
  const nth = fields.get('F');
  if (month === undefined && day === undefined) {
    if (ofYear !== undefined) return dayMs(year, 1, ofYear);
    if (week !== undefined) return inWeek(dayMs(year, 1, 1), week, weekday);
  }
  const first = dayMs(year, month ?? 1, 1);
  if (day === undefined) {
    if (weekOfMonth !== undefined) return inWeek(first, weekOfMonth, weekday);
    if (weekday !== undefined) {
      const days = ((weekday - weekdayOf(first) + 7) % 7) + ((nth ?? 1) - 1) * 7;
      return first + days * DAY_MS;
    }
  }
  return dayMs(year, month ?? 1, day ?? 1);
}

/** The day in the n-th week, counted from the week that holds a first day. */
function inWeek(firstMs: number, week: number, weekday = 0): number {
  return firstMs + (weekday - weekdayOf(firstMs) + (week - 1) * 7) * DAY_MS;
}

function yearOf(fields: Fields, nearMs: number): number {
  const short = fields.get('yy');
  if (short !== undefined) {
    const last = new Date(nearMs).getUTCFullYear() + 20;
    return last - ((((last - short) % 100) + 100) % 100);
  }
  const year = fields.get('y') ?? fields.get('Y') ?? 1970;
  return fields.get('G') === 1 ? 1 - year : year;
}

function timeOf(fields: Fields): number {
  const morning = fields.get('a') === 1 ? 12 : 0;
  const of12 = fields.get('K') ?? wrapped(fields.get('h'), 12);
  const hour =
    fields.get('H') ??
    wrapped(fields.get('k'), 24) ??
    (of12 === undefined ? morning : of12 + morning);
  return (
    hour * HOUR_MS +
    (fields.get('m') ?? 0) * MINUTE_MS +
    (fields.get('s') ?? 0) * SECOND_MS +
    (fields.get('S') ?? 0)
  );
}

/** Where the count ends with the number that stands for 0. */
function wrapped(value: number | undefined, zero: number): number | undefined {
  return value === zero ? 0 : value;
}

function dayMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function weekdayOf(ms: number): number {
  return new Date(ms).getUTCDay();
}
