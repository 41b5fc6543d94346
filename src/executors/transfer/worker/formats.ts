import * as csv from '../../../lib/rows/csv.ts';
import * as pgBinary from '../../../lib/rows/pg-binary.ts';
import * as text from '../../../lib/rows/text.ts';
import type { PlannedTable, RowFormat } from '../../../ports/connector.ts';

/** Rows of a format taken apart. */
export interface RowReader {
  /** Where each row begins, and behind the last one the end of the rows. */
  offsets(bytes: Uint8Array): Uint32Array;
  /** The values of one row; one field with all of it when it cannot be taken apart. */
  fields(bytes: Uint8Array, start: number, end: number): readonly (string | null)[];
}

/** How rows of a table are taken apart when that is needed. */
export function rowReader(format: RowFormat, { columns }: PlannedTable): RowReader {
  switch (format.kind) {
    case 'text':
      return reader((bytes) => text.rowOffsets(bytes), text.decodeRow);
    case 'csv': {
      const layout = csv.csvLayout(format);
      return reader(
        (bytes) => csv.rowOffsets(bytes, layout),
        (bytes, start, end) => csv.decodeRow(bytes, start, end, layout),
      );
    }
    case 'pg-binary': {
      const types = columns.map(({ source, target }) => (source ?? target).nativeType);
      return reader(
        (bytes) => pgBinary.rowOffsets(bytes),
        (bytes, start, end) => pgBinary.decodeRow(bytes, start, end, types),
      );
    }
  }
}

function reader(
  offsets: RowReader['offsets'],
  decode: (bytes: Uint8Array, start: number, end: number) => readonly (string | null)[],
): RowReader {
  return {
    offsets,
    fields(bytes, start, end) {
      try {
        return decode(bytes, start, end);
      } catch {
        return [Buffer.from(bytes.subarray(start, end)).toString('latin1')];
      }
    },
  };
}
