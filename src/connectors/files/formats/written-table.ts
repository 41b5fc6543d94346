import type { Column } from '../../../domain/transfer/columns.ts';

/** What a format has to know of a table that is written. */
export interface WrittenTable {
  /** Names are the files', types those of the values. */
  readonly columns: readonly Column[];
  /** What NULL is written as. */
  readonly nulls: string;
  /** Encoding by which bytes become text. */
  readonly bytesEncoding: string;
}
