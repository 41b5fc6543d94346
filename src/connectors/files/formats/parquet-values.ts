/** Texts of rows as values of Parquet. */
import type { SchemaElement } from 'hyparquet';
import { elementOf } from './parquet-schema.ts';
import type { Column } from '../../../domain/transfer/columns.ts';

/** A value as the library wants it; exact, so never a float for what is none. */
export type ParquetValue = boolean | number | bigint | string | Uint8Array;

/** Turns a text into a value; null for what is kept as NULL. @throws ValueRefused */
export type ToValue = (text: string) => ParquetValue | null;

/** A text that its column cannot hold. */
export class ValueRefused extends Error {}

/** What turns texts of a column into values, strictly: nothing is rounded or cut. */
export function toValueOf(column: Pick<Column, 'name' | 'type'>): ToValue {
  const element = elementOf(column);
  const { type } = column;
  switch (type.kind) {
    case 'bool':
      return boolValue;
    case 'int16':
      return integer(-(2n ** 15n), 2n ** 15n - 1n, Number);
    case 'int32':
      return integer(-(2n ** 31n), 2n ** 31n - 1n, Number);
    case 'int64':
      return integer(-(2n ** 63n), 2n ** 63n - 1n, (value) => value);
    case 'uint64':
      return integer(0n, 2n ** 64n - 1n, (value) => value);
    case 'decimal':
      return type.precision === null ? (text) => text : decimal(element);
    case 'float32':
      return float32Value;
    case 'float64':
      return floatValue;
    case 'date':
      return (text) => daysOf(text);
    case 'timestamp':
    case 'timestamptz':
      return microsOf;
    case 'bytes':
      return bytesValue;
    default:
      return (text) => text;
  }
}

function boolValue(text: string): boolean {
  const found = bools[text.trim().toLowerCase()];
  if (found === undefined) throw refused(text, 'no boolean');
  return found;
}

const bools: Readonly<Record<string, boolean>> = {
  t: true,
  true: true,
  1: true,
  y: true,
  yes: true,
  f: false,
  false: false,
  0: false,
  n: false,
  no: false,
};

function integer(least: bigint, most: bigint, kept: (value: bigint) => number | bigint): ToValue {
  return (text) => {
    if (!/^\s*[+-]?\d{1,40}\s*$/.test(text)) throw refused(text, 'no whole number');
    const value = BigInt(text.trim().replace(/^\+/, ''));
    if (value < least || value > most) throw refused(text, `not between ${least} and ${most}`);
    return kept(value);
  };
}

/** Digits without the point, as the format wants them. */
function decimal({ precision = 0, scale = 0 }: SchemaElement): ToValue {
  const most = 10n ** BigInt(precision);
  return (text) => {
    const found = /^\s*([+-]?)(\d*)(?:\.(\d*))?\s*$/.exec(text);
    const [, sign = '', whole = '', fraction = ''] = found ?? [];
    if (found === null || whole + fraction === '') throw refused(text, 'no decimal number');
    const kept = fraction.replace(/0+$/, '');
    const digits = kept.length <= scale ? BigInt(whole + kept.padEnd(scale, '0')) : most;
    if (digits >= most) throw refused(text, `more than decimal(${precision},${scale}) holds`);
    return sign === '-' ? -digits : digits;
  };
}

function floatValue(text: string): number {
  const trimmed = text.trim();
  const word = words[trimmed.toLowerCase()];
  if (word !== undefined) return word;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed))
    throw refused(text, 'no number');
  const value = Number(trimmed);
  if (!Number.isFinite(value)) throw refused(text, 'too large');
  return value;
}

const words: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  inf: Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

function float32Value(text: string): number {
  const value = floatValue(text);
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
    throw refused(text, 'too large');
  return value;
}

function bytesValue(text: string): Uint8Array {
  if (!text.startsWith('\\x')) return Buffer.from(text);
  if (!/^\\x(?:[0-9a-fA-F]{2})*$/.test(text)) throw refused(text, 'no hexadecimal bytes');
  return Buffer.from(text.slice(2), 'hex');
}

const DAY_MS = 86_400_000;

/** Days since 1970. Zero dates are NULL (cdm.md §5.7). */
function daysOf(text: string): number | null {
  const found = /^\s*(\d{4,6})-(\d{2})-(\d{2})(?:[ T]00:00:00(?:\.0*)?)?\s*$/.exec(text);
  if (found === null) throw refused(text, 'no date like 2026-01-31');
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (year === 0 && month === 0 && day === 0) return null;
  return dayNumber(text, year, month, day);
}

/** Microseconds since 1970, in UTC. */
function microsOf(text: string): bigint | null {
  const found =
    /^\s*(\d{4,6})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?\s*$/i.exec(
      text,
    );
  if (found === null) throw refused(text, 'no time like 2026-01-31 23:59:59');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? 0));
  if (year === 0 && month === 0 && day === 0) return null;
  if (hour > 23 || minute > 59 || second > 59) throw refused(text, 'no time of a day');
  const fraction = (found[7] ?? '').padEnd(6, '0');
  if (/[1-9]/.test(fraction.slice(6))) throw refused(text, 'finer than microseconds');
  const seconds = hour * 3600 + minute * 60 + second - offsetSeconds(found[8]);
  const days = BigInt(dayNumber(text, year, month, day));
  return (days * 86_400n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.slice(0, 6));
}

function dayNumber(text: string, year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    throw refused(text, 'no day of the calendar');
  }
  return date.getTime() / DAY_MS;
}

function offsetSeconds(offset: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset ?? '');
  if (found === null) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3] ?? 0) * 60;
  return found[1] === '-' ? -seconds : seconds;
}

const MAX_SHOWN_CHARS = 60;

function refused(text: string, what: string): ValueRefused {
  const shown = text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
  return new ValueRefused(`${JSON.stringify(shown)} is ${what}`);
}
