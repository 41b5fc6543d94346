/** Columns as all connectors understand them. */

/**
 * Type of a column in words of no database (cdm.md §5.7). Values travel as texts, written like
 * this (`ports/connector.ts` says how rows of them look):
 *
 * | type | text |
 * |---|---|
 * | bool | `t`, `f` |
 * | int16 … uint64, decimal | plain decimal digits, never an exponent |
 * | float32, float64 | shortest that reads back the same; `NaN`, `Infinity`, `-Infinity` |
 * | date, time, timestamp | `2026-01-31`, `23:59:59.123456`, `2026-01-31 23:59:59.123456`; the fraction without trailing zeros, absent when zero |
 * | timestamptz | as timestamp in UTC, followed by `+00` |
 * | bytes | `\x` and lowercase hexadecimal digits |
 * | json | its text |
 * | uuid, char, varchar, text, other | as it is |
 */
export type ColumnType =
  | { readonly kind: 'bool' | 'int16' | 'int32' | 'int64' | 'uint64' | 'float32' | 'float64' }
  /** Null = without a limit. */
  | { readonly kind: 'decimal'; readonly precision: number | null; readonly scale: number | null }
  | { readonly kind: 'date' }
  /** `fraction`: digits of the second's fraction, 0 to 6. */
  | { readonly kind: 'time' | 'timestamp' | 'timestamptz'; readonly fraction: number }
  /** In characters. */
  | { readonly kind: 'char' | 'varchar'; readonly length: number }
  | { readonly kind: 'text' | 'json' | 'uuid' }
  /** In bytes; null = without a limit. */
  | { readonly kind: 'bytes'; readonly length: number | null }
  /** Intervals, enumerations, arrays: text of the database's own. */
  | { readonly kind: 'other' };

/** A column of a table, a query's result or a file. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** Its type in the source's own words, e.g. `numeric(10,2)`; empty where there is none (CSV). */
  readonly nativeType: string;
  /** Empty = none. */
  readonly comment: string;
  /** 1-based place in the primary key; 0 = not in it. */
  readonly keyPosition: number;
}

/** A table within a link's database. */
export interface TableName {
  /** Schema, or database where that is the same (MySQL); empty = the link's own. */
  readonly schema: string;
  readonly name: string;
}
