import type { Column, ColumnType } from '../../domain/transfer/columns.ts';

/**
 * Types whose binary form is the same on every server, without their modifiers. Texts of all
 * lengths look alike; the target checks lengths and scales as it reads.
 */
const BUILT_IN = new Set(
  (
    'boolean, smallint, integer, bigint, real, double precision, ' +
    'numeric, oid, text, character varying, character, "char", ' +
    'name, bytea, uuid, json, jsonb, date, ' +
    'interval, time without time zone, time with time zone, xml, money, timestamp without time zone, ' +
    'timestamp with time zone, bit, bit varying, inet, cidr, macaddr, ' +
    'macaddr8, point, box, circle, line, lseg, ' +
    'path, polygon, int4range, int8range, numrange, daterange, ' +
    'tsrange, tstzrange'
  ).split(', '),
);

/** Longest `character varying` there is. */
const MAX_LENGTH = 10_485_760;
const MAX_PRECISION = 1_000;
const MAX_FRACTION = 6;

/** A type's name without modifiers: `numeric(10,2)[]` becomes `numeric[]`. */
export function baseName(nativeType: string): string {
  return nativeType
    .replace(/\([\d,\s-]*\)/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Name under which types are equal in binary; null = not known to be the same elsewhere. */
export function binaryName(nativeType: string): string | null {
  const base = baseName(nativeType);
  const element = base.replace(/(\[\])+$/, '');
  if (!BUILT_IN.has(element)) return null;
  if (base !== element) return base;
  return base === 'character varying' || base === 'name' ? 'text' : base;
}

/**
 * A type that the catalogue names in words every data source knows.
 * @param nativeType as `format_type` writes it.
 */
export function columnType(nativeType: string): ColumnType {
  const base = baseName(nativeType);
  const modifiers = /\(([\d,\s-]*)\)/.exec(nativeType)?.[1]?.split(',').map(Number) ?? [];
  const [first, second] = modifiers;
  switch (base) {
    case 'boolean':
      return { kind: 'bool' };
    case 'smallint':
      return { kind: 'int16' };
    case 'integer':
      return { kind: 'int32' };
    case 'bigint':
    case 'oid':
      return { kind: 'int64' };
    case 'numeric':
      return { kind: 'decimal', precision: first ?? null, scale: second ?? null };
    case 'real':
      return { kind: 'float32' };
    // As published for money, which has no precision of its own (cdm.md §5.7).
    case 'money':
    case 'double precision':
      return { kind: 'float64' };
    case 'date':
      return { kind: 'date' };
    case 'time without time zone':
    case 'time with time zone':
      return { kind: 'time', fraction: first ?? MAX_FRACTION };
    case 'timestamp without time zone':
      return { kind: 'timestamp', fraction: first ?? MAX_FRACTION };
    case 'timestamp with time zone':
      return { kind: 'timestamptz', fraction: first ?? MAX_FRACTION };
    case 'character':
      return { kind: 'char', length: first ?? 1 };
    case 'character varying':
      return first === undefined ? { kind: 'text' } : { kind: 'varchar', length: first };
    case 'text':
    case 'name':
    case 'citext':
    case 'xml':
      return { kind: 'text' };
    case 'bytea':
      return { kind: 'bytes', length: null };
    case 'json':
    case 'jsonb':
      return { kind: 'json' };
    case 'uuid':
      return { kind: 'uuid' };
    default:
      return { kind: 'other' };
  }
}

/** Column of a created table for one of any source (cdm.md §5.7). */
export function columnFor(
  source: Column,
  options: { readonly characterFactor: number; readonly keepNotNull: boolean },
): Column {
  const nativeType = createdType(source, options.characterFactor);
  return {
    ...source,
    type: columnType(nativeType),
    nativeType,
    nullable: source.keyPosition === 0 && (source.nullable || !options.keepNotNull),
  };
}

function createdType({ type, nativeType }: Column, factor: number): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int16':
      return 'smallint';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'bigint';
    case 'uint64':
      return 'numeric(20,0)';
    case 'decimal': {
      const { precision, scale } = type;
      return precision === null || precision > MAX_PRECISION
        ? 'numeric'
        : `numeric(${precision},${scale ?? 0})`;
    }
    case 'float32':
      return 'real';
    case 'float64':
      return 'double precision';
    case 'time':
      return `time${fraction(type.fraction)} without time zone`;
    case 'timestamp':
      return `timestamp${fraction(type.fraction)} without time zone`;
    case 'timestamptz':
      return `timestamp${fraction(type.fraction)} with time zone`;
    case 'char':
    case 'varchar': {
      const length = Math.max(1, Math.ceil(type.length * factor));
      if (length > MAX_LENGTH) return 'text';
      return `${type.kind === 'char' ? 'character' : 'character varying'}(${length})`;
    }
    case 'bytes':
      return 'bytea';
    case 'json':
      return 'jsonb';
    case 'date':
    case 'text':
    case 'uuid':
      return type.kind;
    case 'other':
      // Bits are written differently by others that have them too.
      return !nativeType.startsWith('bit') && binaryName(nativeType) !== null ? nativeType : 'text';
  }
}

function fraction(digits: number): string {
  return digits >= MAX_FRACTION ? '' : `(${digits})`;
}
