/** Types of columns in Hive's words (cdm.md §5.7, column Parquet / Hive). */
import type { ColumnType } from '../../domain/transfer/columns.ts';

const MAX_CHAR = 255;
const MAX_VARCHAR = 65_535;
const MAX_DIGITS = 38;
/** Hive counts bytes where others count characters. */
const CHARACTER_BYTES = 3;

/** The type that a column gets in Hive. A decimal without a limit is a text, so that no digit is lost. */
export function hiveTypeOf(type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return 'BOOLEAN';
    case 'int16':
      return 'SMALLINT';
    case 'int32':
      return 'INT';
    case 'int64':
      return 'BIGINT';
    case 'uint64':
      return `DECIMAL(${MAX_DIGITS},0)`;
    case 'decimal': {
      if (type.precision === null) return 'STRING';
      const scale = Math.min(Math.max(type.scale ?? 0, 0), MAX_DIGITS);
      return `DECIMAL(${Math.min(Math.max(type.precision, scale, 1), MAX_DIGITS)},${scale})`;
    }
    case 'float32':
      return 'FLOAT';
    case 'float64':
      return 'DOUBLE';
    case 'date':
      return 'DATE';
    case 'timestamp':
    case 'timestamptz':
      return 'TIMESTAMP';
    case 'bytes':
      return 'BINARY';
    case 'char':
    case 'varchar': {
      const length = type.length * CHARACTER_BYTES;
      if (length > MAX_VARCHAR) return 'STRING';
      return `${type.kind === 'char' && length <= MAX_CHAR ? 'CHAR' : 'VARCHAR'}(${length})`;
    }
    case 'time':
    case 'text':
    case 'json':
    case 'uuid':
    case 'other':
      return 'STRING';
  }
}

/** A type of Hive in our words; what has parts is `other`. */
export function typeOfHive(hive: string): ColumnType {
  const [, word = '', first, second] =
    /^\s*([A-Z]+)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$/i.exec(hive) ?? [];
  switch (word.toUpperCase()) {
    case 'BOOLEAN':
      return { kind: 'bool' };
    case 'TINYINT':
    case 'SMALLINT':
      return { kind: 'int16' };
    case 'INT':
    case 'INTEGER':
      return { kind: 'int32' };
    case 'BIGINT':
      return { kind: 'int64' };
    case 'FLOAT':
      return { kind: 'float32' };
    case 'DOUBLE':
      return { kind: 'float64' };
    case 'DECIMAL':
    case 'NUMERIC':
      return { kind: 'decimal', precision: Number(first ?? 10), scale: Number(second ?? 0) };
    case 'DATE':
      return { kind: 'date' };
    case 'TIMESTAMP':
      return { kind: 'timestamp', fraction: 6 };
    case 'BINARY':
      return { kind: 'bytes', length: null };
    case 'CHAR':
      return { kind: 'char', length: Number(first ?? 1) };
    case 'VARCHAR':
      return { kind: 'varchar', length: Number(first ?? MAX_VARCHAR) };
    case 'STRING':
      return { kind: 'text' };
    default:
      return { kind: 'other' };
  }
}
