import type { Column } from '../../../domain/transfer/columns.ts';
import type { RejectedRow, RowBatch, RowFormat } from '../../../ports/connector.ts';
import type { FileEntry } from '../entries.ts';

/** What is read of an entry. */
export interface EntryRequest {
  /** Columns that were given by `columns`, after selection, in the order of the table. */
  readonly all: readonly Column[];
  /** Those of them that are wanted, in that order. */
  readonly columns: readonly Column[];
  /** `position` of a batch of this entry, behind which reading goes on; null = from its beginning. */
  readonly position: string | null;
  readonly format: RowFormat;
  readonly emptyTexts: readonly boolean[] | null;
  readonly batchBytes: number;
}

/** Rows of an entry. */
export interface EntryBatch {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly position: string;
  readonly rejected: readonly RejectedRow[];
  /** Header lines that were passed over. */
  readonly extraRows: number;
}

/** Reads one format of files. Every process makes its own: nothing may depend on an earlier call. */
export interface FormatReader {
  /** Columns that the selection of the job takes, told by a look at the first file. */
  columns(entry: FileEntry): Promise<{
    readonly columns: readonly Column[];
    /** Whether their names are the file's own. */
    readonly named: boolean;
  }>;
  formats(columns: readonly Column[]): readonly RowFormat['kind'][];
  read(entry: FileEntry, request: EntryRequest): AsyncIterable<EntryBatch>;
}

/** Writes one format of files, batch by batch. One for each file that is written. */
export interface FormatWriter {
  /** What a new file begins with. */
  begin(): Uint8Array;
  /**
   * Rows as bytes of the file. They may lie in the memory of the batch, or in one that the next call
   * uses again; of the batch nothing else is kept.
   * @throws RowsRefused when a row cannot be written in it.
   */
  rows(batch: RowBatch): Uint8Array | Promise<Uint8Array>;
  /** What a file ends with. */
  end(): Uint8Array | Promise<Uint8Array>;
}

/** One format of files as a target. */
export interface WritableFormat {
  /** Of names, with the dot. */
  readonly suffix: string;
  /**
   * Whether a file can be cut between two batches and gone on with. If not, every commit is a file
   * of its own.
   */
  readonly continuable: boolean;
  /** Formats it takes rows in, fastest first. */
  readonly takes: readonly RowFormat[];
  /** A writer for a file; `format` is one of `takes`. */
  writer(format: RowFormat): FormatWriter;
}
