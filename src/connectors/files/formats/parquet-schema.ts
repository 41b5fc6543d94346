import type { SchemaElement } from 'hyparquet';
import type { Column, ColumnType } from '../../../domain/transfer/columns.ts';

/** Most digits of a decimal that others read (cdm.md §5.7). */
export const MAX_DECIMAL_DIGITS = 38;
/** Bytes of a decimal of more than 18 digits. */
export const LONG_DECIMAL_BYTES = 16;

/**
 * How a column is kept in Parquet (cdm.md §5.7, column Parquet / Hive). A decimal without a limit
 * is a text: any fixed scale would lose digits.
 */
export function elementOf({ name, type }: Pick<Column, 'name' | 'type'>): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...physical(type) };
}

function physical(type: ColumnType): Omit<SchemaElement, 'name'> {
  switch (type.kind) {
    case 'bool':
      return { type: 'BOOLEAN' };
    case 'int16':
      // The newer mark as well would be written in a way that Arrow cannot read.
      return { type: 'INT32', converted_type: 'INT_16' };
    case 'int32':
      return { type: 'INT32' };
    case 'int64':
      return { type: 'INT64' };
    case 'uint64':
      return decimalElement(MAX_DECIMAL_DIGITS, 0);
    case 'decimal': {
      if (type.precision === null) return string;
      const scale = Math.min(Math.max(type.scale ?? 0, 0), MAX_DECIMAL_DIGITS);
      return decimalElement(
        Math.min(Math.max(type.precision, scale, 1), MAX_DECIMAL_DIGITS),
        scale,
      );
    }
    case 'float32':
      return { type: 'FLOAT' };
    case 'float64':
      return { type: 'DOUBLE' };
    case 'date':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'timestamp':
      // The older mark would say that it is UTC.
      return {
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
      };
    case 'timestamptz':
      return {
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      };
    case 'bytes':
      return { type: 'BYTE_ARRAY' };
    case 'time':
    case 'char':
    case 'varchar':
    case 'text':
    case 'json':
    case 'uuid':
    case 'other':
      return string;
  }
}

const string: Omit<SchemaElement, 'name'> = {
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
};

function decimalElement(precision: number, scale: number): Omit<SchemaElement, 'name'> {
  const small = precision <= 9 ? 'INT32' : 'INT64';
  return {
    ...(precision <= 18
      ? { type: small }
      : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: LONG_DECIMAL_BYTES }),
    converted_type: 'DECIMAL',
    precision,
    scale,
    logical_type: { type: 'DECIMAL', precision, scale },
  };
}

/** The type of a column of a file. What has parts (lists, maps, structures) is JSON. */
export function typeOf(element: SchemaElement): ColumnType {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (isNested(element)) return { kind: 'json' };
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    return {
      kind: 'decimal',
      precision: element.precision ?? null,
      scale: element.scale ?? 0,
    };
  }
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'bool' };
    case 'INT32':
      return int32Type(element);
    case 'INT64':
      return int64Type(element);
    case 'INT96':
      return { kind: 'timestamp', fraction: 6 };
    case 'FLOAT':
      return { kind: 'float32' };
    case 'DOUBLE':
      return { kind: 'float64' };
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical?.type === 'UUID') return { kind: 'uuid' };
      if (logical?.type === 'FLOAT16') return { kind: 'float32' };
      return { kind: 'bytes', length: element.type_length ?? null };
    case 'BYTE_ARRAY':
      if (converted === 'JSON' || logical?.type === 'JSON') return { kind: 'json' };
      return isText(element) ? { kind: 'text' } : { kind: 'bytes', length: null };
    default:
      return { kind: 'other' };
  }
}

/** Whether a column is not one plain value for each row. */
export function isNested(element: SchemaElement): boolean {
  return (element.num_children ?? 0) > 0 || element.repetition_type === 'REPEATED';
}

/** Whether the bytes of a column are marked as text. */
export function isText({
  converted_type: converted,
  logical_type: logical,
}: SchemaElement): boolean {
  return (
    converted === 'UTF8' ||
    converted === 'ENUM' ||
    converted === 'JSON' ||
    logical?.type === 'STRING' ||
    logical?.type === 'ENUM' ||
    logical?.type === 'JSON'
  );
}

/** Its type in words of the format, e.g. `INT64 TIMESTAMP_MICROS`. */
export function nativeTypeOf({ type, converted_type, logical_type }: SchemaElement): string {
  return [type ?? 'GROUP', converted_type ?? logical_type?.type ?? ''].join(' ').trim();
}

/** Width and sign of an integer; null = plain. */
export function integerOf(
  element: SchemaElement,
): { readonly bits: number; readonly signed: boolean } | null {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'INTEGER') return { bits: logical.bitWidth, signed: logical.isSigned };
  const found = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? '');
  return found === null ? null : { bits: Number(found[2]), signed: found[1] === '' };
}

/** Parts of a second that a date or time counts; null = it is none. */
export function unitOf(element: SchemaElement): 'MILLIS' | 'MICROS' | 'NANOS' | null {
  const { converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'TIMESTAMP' || logical?.type === 'TIME') return logical.unit;
  const found = /^TIME(?:STAMP)?_(MILLIS|MICROS)$/.exec(converted ?? '')?.[1];
  return found === 'MILLIS' || found === 'MICROS' ? found : null;
}

function int32Type(element: SchemaElement): ColumnType {
  const { converted_type: converted, logical_type: logical } = element;
  if (converted === 'DATE' || logical?.type === 'DATE') return { kind: 'date' };
  if (unitOf(element) !== null) return { kind: 'time', fraction: 3 };
  const integer = integerOf(element);
  if (integer === null) return { kind: 'int32' };
  const bits = integer.bits + (integer.signed ? 0 : 1);
  if (bits <= 16) return { kind: 'int16' };
  return { kind: bits <= 32 ? 'int32' : 'int64' };
}

function int64Type(element: SchemaElement): ColumnType {
  const { converted_type: converted, logical_type: logical } = element;
  const unit = unitOf(element);
  if (unit !== null) {
    const fraction = unit === 'MILLIS' ? 3 : 6;
    if (logical?.type === 'TIME' || converted === 'TIME_MICROS') return { kind: 'time', fraction };
    // The older mark alone means UTC.
    const utc = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true;
    return { kind: utc ? 'timestamptz' : 'timestamp', fraction };
  }
  return { kind: integerOf(element)?.signed === false ? 'uint64' : 'int64' };
}
