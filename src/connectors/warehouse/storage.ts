/** How the files of a table are written. */
import type { Column } from '../../domain/transfer/columns.ts';
import { encodeRows } from '../../lib/rows/text.ts';
import { toValueOf, ValueRefused } from '../files/formats/parquet-values.ts';
import { writableParquet } from '../files/formats/parquet-writer.ts';
import { CellRefused, type TextStyle, toCellOf } from './text-cells.ts';

/** Fields of a row in the order of the table's file columns. */
export type Row = readonly (string | null)[];

/** A file that is written. */
export interface StorageFile {
  begin(): Uint8Array;
  rows(rows: readonly Row[]): Promise<Uint8Array>;
  end(): Promise<Uint8Array>;
}

/** One kind of files. */
export interface Storage {
  readonly suffix: string;
  /** Why a row cannot be written; null = it can. */
  problem(row: Row): string | null;
  file(): StorageFile;
}

/** Files of text. */
export function textStorage(columns: readonly Column[], style: TextStyle): Storage {
  const toCells = columns.map((column) => toCellOf(column, style));
  const line = (row: Row): string =>
    toCells.map((toCell, place) => toCell(row[place] ?? null)).join(style.fieldSeparator);
  return {
    suffix: '.txt',
    problem: (row) => firstProblem(columns, toCells, row),
    file: () => ({
      begin: () => Buffer.alloc(0),
      rows: (rows) => Promise.resolve(Buffer.from(rows.map((row) => `${line(row)}\n`).join(''))),
      end: () => Promise.resolve(Buffer.alloc(0)),
    }),
  };
}

/** Files of Parquet. */
export function parquetStorage(columns: readonly Column[]): Storage {
  const toValues = columns.map((column) => {
    const toValue = toValueOf(column);
    return (field: string | null) => (field === null ? null : toValue(field));
  });
  const format = writableParquet(
    { kind: 'parquet', compression: 'snappy' },
    { columns, nulls: '', bytesEncoding: 'utf-8' },
  );
  return {
    suffix: format.suffix,
    problem: (row) => firstProblem(columns, toValues, row),
    file: () => {
      const writer = format.writer({ kind: 'text' });
      return {
        begin: () => writer.begin(),
        rows: async (rows) => writer.rows({ bytes: encodeRows(rows), rows: rows.length }),
        end: async () => writer.end(),
      };
    },
  };
}

function firstProblem(
  columns: readonly Column[],
  trials: readonly ((field: string | null) => unknown)[],
  row: Row,
): string | null {
  for (const [place, trial] of trials.entries()) {
    try {
      trial(row[place] ?? null);
    } catch (error) {
      if (!(error instanceof ValueRefused) && !(error instanceof CellRefused)) throw error;
      return `column ${columns[place]?.name ?? ''}: ${error.message}`;
    }
  }
  return null;
}
