import {
  type RejectedRow,
  type RowBatch,
  type RowLoader,
  RowsRefused,
  type WriteCounts,
} from '../../../ports/connector.ts';
import type { RowReader } from './formats.ts';

/** What became of a batch. */
export interface Written {
  readonly counts: WriteCounts;
  readonly rejected: readonly RejectedRow[];
}

const nothing: WriteCounts = { written: 0, updated: 0, bytes: 0, files: 0 };

/**
 * Writes a batch; when the target refuses rows of it, it is split until they stand alone: at the
 * row that is to blame where the target says so, else in halves. `place` tells where a row stood.
 * @throws whatever else the loader throws; what `onRejected` throws ends it, too.
 */
export async function writeRows(
  loader: RowLoader,
  batch: RowBatch,
  {
    reader,
    place,
    onRejected,
  }: {
    readonly reader: RowReader;
    readonly place: (row: number) => string;
    /** Told at once, so that a limit ends the search. */
    readonly onRejected: (row: RejectedRow, bytes: Uint8Array) => void;
  },
): Promise<WriteCounts> {
  if (batch.rows === 0) return nothing;
  try {
    return await loader.write(batch);
  } catch (error) {
    if (!(error instanceof RowsRefused)) throw error;
    return split(error);
  }

  async function split(first: RowsRefused): Promise<WriteCounts> {
    const { bytes } = batch;
    const offsets = reader.offsets(bytes);
    const rows = offsets.length - 1;
    let counts = nothing;
    /** Ranges of rows that are not written, the next one last. */
    const open: { from: number; to: number; refused: RowsRefused | null }[] = [
      { from: 0, to: rows, refused: first },
    ];
    for (let range = open.pop(); range !== undefined; range = open.pop()) {
      const { from, to } = range;
      if (to <= from) continue;
      const start = offsets[from] ?? 0;
      const end = offsets[to] ?? bytes.length;
      let { refused } = range;
      if (refused === null) {
        try {
          const piece = await loader.write({ bytes: bytes.subarray(start, end), rows: to - from });
          counts = sum(counts, piece);
          continue;
        } catch (error) {
          if (!(error instanceof RowsRefused)) throw error;
          refused = error;
        }
      }
      const blamed = blamedRow(refused, from, to);
      if (blamed !== null) {
        const at = offsets[blamed] ?? 0;
        const behind = offsets[blamed + 1] ?? bytes.length;
        const row = {
          fields: reader.fields(bytes, at, behind),
          where: place(blamed),
          reason: refused.message,
        };
        onRejected(row, bytes.subarray(at, behind));
        open.push({ from: blamed + 1, to, refused: null }, { from, to: blamed, refused: null });
        continue;
      }
      const middle = from + Math.floor((to - from) / 2);
      open.push({ from: middle, to, refused: null }, { from, to: middle, refused: null });
    }
    return counts;
  }
}

/** The row within the whole batch; null when nobody knows. */
function blamedRow({ row }: RowsRefused, from: number, to: number): number | null {
  if (to - from === 1) return from;
  return row !== null && row >= 0 && row < to - from ? from + row : null;
}

export function sum(a: WriteCounts, b: WriteCounts): WriteCounts {
  return {
    written: a.written + b.written,
    updated: a.updated + b.updated,
    bytes: a.bytes + b.bytes,
    files: a.files + b.files,
  };
}
