/** Types of SQLite: what a column declares (cdm.md §5.7). */
import type { Column, ColumnType } from '../../domain/transfer/columns.ts';

/** What better-sqlite3 gives with safe integers. */
export type SqliteValue = null | bigint | number | string | Buffer;

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/** Canonical type of a declared one. */
export function typeOf(declared: string): ColumnType {
  const words = declared.trim().toUpperCase();
  const size = /\((\d+)(?:\s*,\s*(\d+))?\)/.exec(words);
  if (words.startsWith('BOOL')) return { kind: 'bool' };
  if (words === 'DATE') return { kind: 'date' };
  if (words === 'TIME') return { kind: 'time', fraction: 6 };
  if (/^(DATETIME|TIMESTAMP)/.test(words)) return { kind: 'timestamp', fraction: 6 };
  if (words.includes('INT')) return { kind: 'int64' };
  if (/CHAR|CLOB|TEXT/.test(words)) {
    const length = Number(size?.[1] ?? 0);
    return words.includes('VARCHAR') && length > 0 ? { kind: 'varchar', length } : { kind: 'text' };
  }
  if (words === '' || words.includes('BLOB')) return { kind: 'bytes', length: null };
  if (/REAL|FLOA|DOUB/.test(words)) return { kind: 'float64' };
  if (/^(DEC|NUM)/.test(words)) {
    return {
      kind: 'decimal',
      precision: size === null ? null : Number(size[1]),
      scale: size === null ? null : Number(size[2] ?? 0),
    };
  }
  return { kind: 'text' };
}

/** Declared type of a created column. */
export function nativeTypeFor(type: ColumnType): string {
  switch (type.kind) {
    // Stored as 0 and 1 like an INTEGER, and known as a boolean when it is read again.
    case 'bool':
      return 'BOOLEAN';
    case 'int16':
    case 'int32':
    case 'int64':
      return 'INTEGER';
    case 'uint64':
    case 'decimal':
      return 'NUMERIC';
    case 'float32':
    case 'float64':
      return 'REAL';
    case 'bytes':
      return 'BLOB';
    default:
      return 'TEXT';
  }
}

/** A stored value as its canonical text. */
export function textOf(value: SqliteValue, { type }: Column): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  const text = String(value);
  switch (type.kind) {
    case 'bool':
      return boolText(text);
    case 'bytes':
      // Any storage class may stand in a column without a type.
      return `\\x${Buffer.from(text).toString('hex')}`;
    case 'date':
      return typeof value === 'string' ? value : fromEpoch(Number(value)).slice(0, 10);
    case 'timestamp':
      return typeof value === 'string' ? timestampText(value) : fromEpoch(Number(value));
    default:
      return text;
  }
}

function boolText(text: string): string {
  const word = text.toLowerCase();
  if (['1', 't', 'true', 'y', 'yes'].includes(word)) return 't';
  return ['0', 'f', 'false', 'n', 'no'].includes(word) ? 'f' : text;
}

/** Epoch seconds, or milliseconds when they would lie beyond the year 5138 as seconds. */
function fromEpoch(number: number): string {
  const ms = Math.abs(number) >= 1e11 ? number : number * 1000;
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return String(number);
  return timestampText(date.toISOString().replace('Z', ''));
}

function timestampText(text: string): string {
  const plain = text.replace(/^(\d{4}-\d{2}-\d{2})T/, '$1 ').replace(/Z$/, '');
  return plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain;
}

/**
 * A canonical text as the value to store.
 * @throws Error with the reason for a text that is no value of the column's type.
 */
export function valueOf(text: string | null, source: Column | null, target: Column): SqliteValue {
  if (text === null) {
    // SQLite gives a missing number of the key a value of its own.
    if (target.keyPosition > 0) throw new Error('NULL in a column of the key');
    return null;
  }
  const { type } = target;
  const isText = /CHAR|CLOB|TEXT/i.test(target.nativeType);
  if (source?.type.kind === 'bytes' && text.startsWith('\\x')) {
    const bytes = Buffer.from(text.slice(2), 'hex');
    return isText ? bytes.toString('latin1') : bytes;
  }
  if (isText) {
    // SQLite itself keeps to no length.
    const length = Number(/\((\d+)\)/.exec(target.nativeType)?.[1] ?? Infinity);
    if (text.length > length && [...text].length > length) {
      throw new Error(`${shown(text)} is longer than ${length} characters`);
    }
    return source?.type.kind === 'bool' ? (text === 't' ? 'true' : 'false') : text;
  }
  switch (type.kind) {
    case 'bool': {
      const known = boolText(text);
      if (known === 't' || known === 'f') return known === 't' ? 1n : 0n;
      throw new Error(`${shown(text)} is no boolean`);
    }
    case 'int16':
    case 'int32':
    case 'int64':
      return integer(source?.type.kind === 'bool' ? (text === 't' ? '1' : '0') : text);
    case 'float32':
    case 'float64': {
      const number = Number(text);
      if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) {
        throw new Error(`${shown(text)} is no number`);
      }
      return number;
    }
    case 'decimal':
    case 'uint64':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())) {
        throw new Error(`${shown(text)} is no number`);
      }
      // The column's own affinity keeps what fits exactly.
      return text.trim();
    default:
      return text;
  }
}

function integer(text: string): bigint {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,20}$/.test(trimmed)) throw new Error(`${shown(text)} is no whole number`);
  const number = BigInt(trimmed.replace('+', ''));
  if (number > int64Max || number < int64Min) throw new Error(`${trimmed} is out of range`);
  return number;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
