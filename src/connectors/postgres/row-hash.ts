import type { Column } from '../../domain/transfer/columns.ts';
import type { PgHashColumn, PgHashKind } from '../../lib/rows/pg-hash.ts';
import { literal, type Quoting } from './quoting.ts';
import { binaryName } from './types.ts';

/** What is known of a type's hash. */
interface TypeHash {
  /** The function for single values, which costs less than the one of rows; null = hashed as a row (`AS_RECORD`) or as its text. */
  readonly call: string | null;
  /** How the same is told from its binary form. */
  readonly kind: PgHashKind | null;
  /** Values to try that on. */
  readonly samples: readonly string[];
}

const TIMES = ['2026-11-22 03:04:05.678901', '1969-07-20 20:17:40'];

const TYPES: Readonly<Record<string, TypeHash>> = {
  boolean: { call: null, kind: 'int8', samples: ['true', 'false'] },
  smallint: { call: 'hashint2extended', kind: 'int16', samples: ['-12', '30000'] },
  integer: { call: 'hashint4extended', kind: 'int32', samples: ['-70000', '2000000000'] },
  bigint: { call: 'hashint8extended', kind: 'int64', samples: ['-5000000000', '7'] },
  real: { call: 'hashfloat4extended', kind: 'float32', samples: ['-0', '1.25', 'NaN'] },
  'double precision': {
    call: 'hashfloat8extended',
    kind: 'float64',
    samples: ['-0', '0.1', 'NaN'],
  },
  numeric: {
    call: 'hash_numeric_extended',
    kind: 'numeric',
    samples: ['-120000.0012', '0', 'NaN', '1234567890123456789012345.5', '10000'],
  },
  text: {
    call: 'hashtextextended',
    kind: 'bytes',
    samples: ['', 'é', 'a text of several words, longer than some and with a letter: é '],
  },
  character: { call: 'hashbpcharextended', kind: 'padded', samples: ['é  ', ''] },
  bytea: { call: null, kind: 'bytes', samples: [String.raw`\x00ff10`, ''] },
  uuid: {
    call: 'uuid_hash_extended',
    kind: 'bytes',
    samples: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  },
  json: { call: null, kind: 'bytes', samples: ['{"a": [1, "é"]}', 'null'] },
  date: { call: null, kind: 'int32', samples: TIMES },
  'time without time zone': { call: 'time_hash_extended', kind: 'int64', samples: ['03:04:05.6'] },
  'timestamp without time zone': {
    call: 'timestamp_hash_extended',
    kind: 'int64',
    samples: TIMES,
  },
  'timestamp with time zone': { call: null, kind: 'int64', samples: TIMES },
};

/** Types that are hashed as rows of one value: their functions have other names elsewhere, or none. */
const AS_RECORD = new Set(
  (
    'boolean, oid, "char", bytea, date, time with time zone, timestamp with time zone, inet, cidr, ' +
    'macaddr, macaddr8, int4range, int8range, numrange, daterange, tsrange, tstzrange'
  ).split(', '),
);
/** Types that are no texts and so have the same bytes in every encoding; arrays of them, too. */
const OWN_BYTES = new Set([
  ...AS_RECORD,
  ...'smallint, integer, bigint, real, double precision, numeric, uuid'.split(', '),
  'time without time zone',
  'timestamp without time zone',
]);

/**
 * What NULL counts as, with the number of its column added. A number that is zero, or none, is
 * hashed as its seed or one less.
 */
const NULLS = 2 ** 30;

/**
 * Expression of 64 bits that says what is in a row: one of the hashes of its values, each with the
 * number of its column as seed, so that values cannot change places unseen.
 * @param encoding of the server's database: texts count as UTF-8, so that they are equal elsewhere.
 */
export function rowHash(columns: readonly Column[], quoting: Quoting, encoding: string): string {
  const hashes = columns.map((column, place) => valueHash(column, place + 1, quoting, encoding));
  // As a seed all of its bits count; a number's own hash begins with 32 of them.
  return `hashint4extended(0, ${hashes.join(' # ')})`;
}

function valueHash(column: Column, seed: number, quoting: Quoting, encoding: string): string {
  const type = binaryName(column.nativeType) ?? '';
  const name = quoting.identifier(column.name);
  if (isRecord(type)) return `hash_record_extended(ROW(${name}), ${seed})`;
  const call = TYPES[type]?.call ?? null;
  const hash =
    call === null
      ? textHash('hashtextextended', `${name}::text`, seed, encoding)
      : isCollated(type)
        ? textHash(call, name, seed, encoding)
        : `${call}(${name}, ${seed})`;
  return column.nullable ? `coalesce(${hash}, ${NULLS + seed})` : hash;
}

/** Bytes are what counts, also where a collation takes different ones for equal. */
function textHash(call: string, text: string, seed: number, encoding: string): string {
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') {
    return `${call}(${text} COLLATE "C", ${seed})`;
  }
  const bytes = `convert_to(${text}::text, 'UTF8')`;
  return `CASE WHEN ${text} IS NOT NULL THEN hash_record_extended(ROW(${bytes}), ${seed}) END`;
}

function isRecord(type: string): boolean {
  const isArray = type.endsWith('[]');
  return isArray ? OWN_BYTES.has(type.replaceAll('[]', '')) : AS_RECORD.has(type);
}

function isCollated(type: string): boolean {
  return type === 'text' || type === 'character';
}

/** How `rowHash` is told from rows in binary; null = not of all of these columns. */
export function hashColumnsOf(columns: readonly Column[]): readonly PgHashColumn[] | null {
  const found: PgHashColumn[] = [];
  for (const [place, { nativeType }] of columns.entries()) {
    const type = binaryName(nativeType) ?? '';
    const kind = TYPES[type]?.kind ?? null;
    if (kind === null) return null;
    const seed = place + 1;
    found.push({ kind, seed, ofNull: isRecord(type) ? 0 : NULLS + seed });
  }
  return found;
}

/**
 * FROM item with rows in these columns, of values that show whether hashes are told alike. The last
 * row has NULL wherever it may.
 */
export function sampleItem(columns: readonly Column[], quoting: Quoting): string {
  const types = columns.map(({ nativeType }) => binaryName(nativeType) ?? '');
  const most = Math.max(...types.map((type) => TYPES[type]?.samples.length ?? 0));
  const rows = Array.from({ length: most + 1 }, (_, row) => {
    const values = types.map((type, place) => {
      const samples = TYPES[type]?.samples ?? [];
      const isNull = row === most && columns[place]?.nullable === true;
      const value = isNull ? 'NULL' : literal(samples[row % samples.length] ?? '');
      return `${value}::${type === 'character' ? 'bpchar' : type}`;
    });
    return `(${values.join(', ')})`;
  });
  const names = quoting.list(columns.map(({ name }) => name));
  return `(VALUES ${rows.join(', ')}) AS cdm_samples (${names})`;
}
