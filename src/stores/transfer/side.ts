import type { SqlFlavor } from '../sql/flavor.ts';

/** A value as both databases can keep it. */
export type Cell = string | number | null | Uint8Array;

/** Values in the order of a shape's columns. */
export type Row = readonly Cell[];

/** What a column may hold. Anything else has no rule for carrying it over, and is refused. */
export type CellKind = 'text' | 'integer' | 'real' | 'bytes';

export interface Column {
  readonly name: string;
  readonly kind: CellKind;
  /** Type as the database calls it. */
  readonly type: string;
}

/** A table as its database describes it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
}

/** What one transaction of a copy changes. */
export interface TransferChange {
  readonly rows?: { readonly shape: TableShape; readonly rows: readonly Row[] };
  /** Rows of `meta` to set; null = remove. */
  readonly meta?: ReadonlyMap<string, string | null>;
  /** Greatest number handed out, by table: the next one is greater. */
  readonly sequences?: ReadonlyMap<string, number>;
  /** Whether what is derived from the rows (the counter of unfinished runs) is computed anew. */
  readonly derive?: boolean;
}

/** A database that holds a store, as moving and backup see it. Errors are the database's own. */
export interface StoreSide {
  readonly flavor: SqlFlavor;
  /** For messages; holds no password. */
  readonly name: string;
  tables(): Promise<readonly string[]>;
  /** Names of the migrations that have run, sorted; empty when there is no schema. */
  migrations(): Promise<readonly string[]>;
  shape(table: string): Promise<TableShape>;
  /** Rows that a copy carries over. */
  count(table: string): Promise<number>;
  /**
   * Rows in the order of the key, text by its bytes, after the key `after`; in batches that are
   * bounded in rows and, as far as one row allows, in bytes.
   */
  batches(shape: TableShape, after: Row | null): AsyncIterable<readonly Row[]>;
  /** Greatest numbers handed out, by table. */
  sequences(): Promise<ReadonlyMap<string, number>>;
  /** A row of `meta`; null when there is none, or no such table. */
  meta(key: string): Promise<string | null>;
  /** One transaction. */
  write(change: TransferChange): Promise<void>;
  close(): Promise<void>;
}

/** Most rows of one batch. */
export const MAX_BATCH_ROWS = 1_000;
/** A batch ends with the row that reaches this. */
export const MAX_BATCH_BYTES = 2 * 1024 * 1024;

/** Bytes that a row takes in memory, roughly. */
export function bytesOf(row: Row): number {
  let bytes = 0;
  for (const cell of row) {
    bytes +=
      typeof cell === 'string' ? cell.length * 2 : cell instanceof Uint8Array ? cell.length : 8;
  }
  return bytes;
}

/** The key of a row. */
export function keyOf({ name, columns, key }: TableShape, row: Row): Row {
  return key.map((column) => {
    const cell = row[columns.findIndex((known) => known.name === column)];
    if (typeof cell === 'string' || typeof cell === 'number') return cell;
    throw new Error(`a row of ${name} has no value in its key column ${column}`);
  });
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
