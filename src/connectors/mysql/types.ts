/** Types of MySQL and MariaDB, to the canonical ones and back (cdm.md §5.7). */
import type { Column, ColumnType } from '../../domain/transfer/columns.ts';
import type { ColumnMode } from './raw-rows.ts';

/** A column as `information_schema.COLUMNS` tells it. */
export interface NativeColumn {
  /** e.g. `int`. */
  readonly dataType: string;
  /** e.g. `int(10) unsigned`. */
  readonly columnType: string;
  readonly characters: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly fraction: number | null;
}

/** Longest CHAR and longest VARCHAR that created tables get; longer ones are texts. */
const maxCharLength = 255;
const maxVarcharLength = 16_383;
const maxDecimal = { precision: 65, scale: 30 } as const;

/** Canonical type of a native one. */
export function typeOf(native: NativeColumn, tinyIntIsBool: boolean): ColumnType {
  const { columnType, characters, precision, scale, fraction } = native;
  const unsigned = / unsigned/.test(columnType);
  switch (native.dataType) {
    case 'tinyint':
      return { kind: tinyIntIsBool && columnType === 'tinyint(1)' ? 'bool' : 'int16' };
    case 'bit':
      return { kind: precision === null || precision <= 1 ? 'bool' : 'other' };
    case 'smallint':
      return { kind: unsigned ? 'int32' : 'int16' };
    case 'year':
      return { kind: 'int16' };
    case 'mediumint':
      return { kind: unsigned ? 'int64' : 'int32' };
    case 'int':
    case 'integer':
      return { kind: unsigned ? 'int64' : 'int32' };
    case 'bigint':
      return { kind: unsigned ? 'uint64' : 'int64' };
    case 'decimal':
    case 'numeric':
      return { kind: 'decimal', precision, scale };
    case 'float':
      return { kind: 'float32' };
    case 'double':
      return { kind: 'float64' };
    case 'date':
      return { kind: 'date' };
    case 'time':
      return { kind: 'time', fraction: fraction ?? 0 };
    case 'datetime':
    case 'timestamp':
      return { kind: 'timestamp', fraction: fraction ?? 0 };
    case 'char':
      return { kind: 'char', length: Math.max(characters ?? 1, 1) };
    case 'varchar':
      return { kind: 'varchar', length: Math.max(characters ?? 1, 1) };
    case 'tinytext':
      return { kind: 'varchar', length: 255 };
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return { kind: 'text' };
    case 'binary':
    case 'varbinary':
      return { kind: 'bytes', length: characters };
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return { kind: 'bytes', length: null };
    case 'json':
      return { kind: 'json' };
    case 'uuid':
      return { kind: 'uuid' };
    default:
      return { kind: 'other' };
  }
}

/** Expression of a SELECT list that gives a column as its canonical text. */
export function readExpression(quoted: string, { type, nativeType }: Column): string {
  const native = nativeType.toLowerCase();
  switch (type.kind) {
    case 'bool':
      return `ELT(1 + (${quoted} <> 0), 'f', 't')`;
    case 'bytes':
      return `CONCAT('\\\\x', LOWER(HEX(${quoted})))`;
    // MySQL shows a FLOAT with six digits; as a DOUBLE it keeps all it has.
    case 'float32':
      return `${quoted} + 0E0`;
    default:
      break;
  }
  if (native.includes('zerofill')) return `${quoted} + 0`;
  const bits = /^bit\((\d+)\)/.exec(native)?.[1];
  if (bits !== undefined) return `LPAD(BIN(${quoted} + 0), ${bits}, '0')`;
  if (/^(geometry|point|linestring|polygon|multi|geomcoll)/.test(native)) {
    return `ST_AsText(${quoted})`;
  }
  return quoted;
}

/** What is done with the bytes of a column's text. */
export function modeOf({ type }: Column): ColumnMode {
  switch (type.kind) {
    case 'bool':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint64':
    case 'float32':
    case 'float64':
    case 'decimal':
    case 'uuid':
      return 'plain';
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'time':
      return 'date';
    default:
      return 'escape';
  }
}

/** Type of a created column. */
export function nativeTypeFor(type: ColumnType, characterFactor: number): string {
  switch (type.kind) {
    case 'bool':
      return 'TINYINT(1)';
    case 'int16':
      return 'SMALLINT';
    case 'int32':
      return 'INT';
    case 'int64':
      return 'BIGINT';
    case 'uint64':
      return 'BIGINT UNSIGNED';
    case 'decimal': {
      const { precision, scale } = type;
      if (precision === null) return `DECIMAL(${maxDecimal.precision},${maxDecimal.scale})`;
      const digits = Math.min(precision, maxDecimal.precision);
      const after = Math.min(Math.max(scale ?? 0, 0), maxDecimal.scale, digits);
      return `DECIMAL(${digits},${after})`;
    }
    case 'float32':
      return 'FLOAT';
    case 'float64':
      return 'DOUBLE';
    case 'date':
      return 'DATE';
    case 'time':
      return withFraction('TIME', type.fraction);
    case 'timestamp':
      return withFraction('DATETIME', type.fraction);
    case 'timestamptz':
      return 'DATETIME(6)';
    case 'char':
      return type.length * characterFactor <= maxCharLength
        ? `CHAR(${type.length * characterFactor})`
        : varchar(type.length * characterFactor);
    case 'varchar':
      return varchar(type.length * characterFactor);
    case 'bytes':
      return type.length !== null && type.length <= maxVarcharLength
        ? `VARBINARY(${Math.max(type.length, 1)})`
        : 'LONGBLOB';
    case 'json':
      return 'JSON';
    case 'uuid':
      return 'CHAR(36)';
    case 'text':
    case 'other':
      return 'LONGTEXT';
  }
}

function varchar(length: number): string {
  return length <= maxVarcharLength ? `VARCHAR(${length})` : 'LONGTEXT';
}

function withFraction(name: string, fraction: number): string {
  return fraction === 0 ? name : `${name}(${fraction})`;
}

/**
 * Expression that makes a column's value of a text, where the text itself is not enough; null =
 * it is. `value` is an expression too, e.g. `@v3`.
 */
export function writeExpression(
  value: string,
  source: Column | null,
  target: Column,
): string | null {
  const from = source?.type.kind ?? 'text';
  const into = target.type.kind;
  if (into === 'bool') {
    return (
      `CASE WHEN LOWER(${value}) IN ('t','true','1','y','yes') THEN 1 ` +
      `WHEN LOWER(${value}) IN ('f','false','0','n','no') THEN 0 ELSE CAST(${value} AS SIGNED) END`
    );
  }
  if (from === 'bool') {
    return isText(into) ? `IF(${value} = 't', 'true', 'false')` : `(${value} = 't')`;
  }
  if (from === 'bytes' && into === 'bytes') return `UNHEX(SUBSTRING(${value}, 3))`;
  if (from === 'timestamptz' && (into === 'timestamp' || into === 'timestamptz')) {
    return `TRIM(TRAILING '+00' FROM ${value})`;
  }
  if (/^bit\(/i.test(target.nativeType)) return `CAST(CONV(${value}, 2, 10) AS UNSIGNED)`;
  return null;
}

function isText(kind: ColumnType['kind']): boolean {
  return kind === 'text' || kind === 'varchar' || kind === 'char' || kind === 'other';
}
