import { checksumOf, sumOf } from '../../../lib/rows/checksum.ts';
import type { RowBatch, RowSum } from '../../../ports/connector.ts';
import { commitBytes, commitMs } from '../limits.ts';
import type { Arrival } from '../state/arrivals.ts';
import { type ClaimedChunk, type Counts, noCounts } from '../state/chunks.ts';
import type { KeptTable } from '../state/run.ts';
import type { DirtyRows } from './dirty.ts';
import { type RowReader, rowReader } from './formats.ts';
import type { OpenLoader } from './loaders.ts';
import type { WorkerParts } from './parts.ts';
import { writeRows } from './split.ts';

/** A batch on its way, with what reading it came to. */
export interface ReadBatch {
  readonly batch: RowBatch;
  /** Rows as they were read, dirty ones included. */
  readonly rowsRead: number;
  /** Adds up its rows for the proof; null = that is not done. */
  readonly rowSum: RowSum | null;
  /** How many of the batch's rejected rows, the first ones, the source itself could not read. */
  readonly unreadable: number;
  /** Where a row of it (0-based) stood, in words. */
  readonly where: (row: number) => string;
}

/** What the writing of a chunk needs. */
export interface ChunkContext {
  readonly parts: WorkerParts;
  readonly dirty: DirtyRows;
  /** The chunk was committed as a whole. */
  readonly onArrived: (arrival: Arrival, table: KeptTable) => void;
}

/**
 * One chunk on its way into the target, as one transaction or several where the source can go on in
 * its middle. The intent to commit is kept before, and made good after it: whoever comes after a
 * crash in between asks the target what became of it.
 */
export class ChunkWork {
  readonly open: OpenLoader;
  readonly #context: ChunkContext;
  readonly #table: KeptTable;
  readonly #reader: RowReader;
  #chunk: ClaimedChunk;
  #counts: Counts = noCounts;
  /** Of the chunk's rows from its beginning, without those that were rejected; null = not known. */
  #sum: bigint | null;
  #sinceMs: number;

  constructor(context: ChunkContext, chunk: ClaimedChunk, table: KeptTable, open: OpenLoader) {
    this.#context = context;
    this.#chunk = chunk;
    this.#table = table;
    this.open = open;
    this.#reader = rowReader(table.details.write, table.table);
    const { position, checksum } = chunk;
    this.#sum = checksum === null ? (position === null ? 0n : null) : sumOf(checksum);
    this.#sinceMs = context.parts.nowMs();
  }

  /** As it stands behind its last commit. */
  get chunk(): ClaimedChunk {
    return this.#chunk;
  }

  /** What was moved since its last commit. */
  get counts(): Counts {
    return this.#counts;
  }

  async rows({ batch, rowsRead, rowSum, unreadable, where }: ReadBatch): Promise<void> {
    const { parts, dirty } = this.#context;
    const chunk = this.#chunk;
    const rejected = batch.rejected ?? [];
    const { kind } = parts.definition.from;
    const reading = kind === 'tables' ? 'read-failed' : 'file-format';
    dirty.add(chunk, rejected.slice(0, unreadable), reading);
    dirty.add(chunk, rejected.slice(unreadable));
    if (batch.rows > 0) this.#add(rowSum?.(batch.bytes) ?? null);
    let refused = 0;
    const written = await writeRows(this.open.loader, batch, {
      reader: this.#reader,
      place: where,
      onRejected: (row, bytes) => {
        refused += 1;
        this.#add(rowSum === null ? null : -rowSum(bytes));
        dirty.add(chunk, [row]);
      },
    });
    dirty.keep(chunk);
    const bytesRead = batch.sourceBytes ?? batch.bytes.length;
    const before = this.#counts;
    this.#counts = {
      ...before,
      rowsRead: before.rowsRead + rowsRead,
      extraRows: before.extraRows + (batch.extraRows ?? 0),
      rowsWritten: before.rowsWritten + written.written,
      rowsUpdated: before.rowsUpdated + written.updated,
      rowsRejected: before.rowsRejected + rejected.length + refused,
      bytesRead: before.bytesRead + bytesRead,
      bytesWritten: before.bytesWritten + written.bytes,
      filesWritten: before.filesWritten + written.files,
    };
  }

  /** Whether what it has is to be committed before it comes to its end. */
  get isDue(): boolean {
    const ageMs = this.#context.parts.nowMs() - this.#sinceMs;
    return this.#counts.bytesRead >= commitBytes || ageMs >= commitMs;
  }

  /** @param position where the source goes on behind it; null = the chunk is written. */
  async commit(position: string | null): Promise<void> {
    const chunk = this.#chunk;
    const { loader } = this.open;
    const { parts, dirty, onArrived } = this.#context;
    const { chunks } = parts.state;
    const token = await loader.prepareCommit();
    const checksum = this.#sum === null ? null : checksumOf(this.#sum);
    chunks.intend(chunk, { token, position, counts: this.#counts, checksum });
    const more = await loader.commit();
    const counts: Counts = {
      ...this.#counts,
      rowsWritten: this.#counts.rowsWritten + more.written,
      rowsUpdated: this.#counts.rowsUpdated + more.updated,
      bytesWritten: this.#counts.bytesWritten + more.bytes,
      filesWritten: this.#counts.filesWritten + more.files,
    };
    chunks.committed(chunk, { token, position, counts, checksum });
    this.#counts = noCounts;
    if (position === null && chunk.position === null) {
      const { seq, chunk: piece } = chunk;
      const rows = counts.rowsWritten;
      const arrival = { table: chunk.table, seq, label: piece.label, token, rows, checksum };
      onArrived({ ...arrival, found: null }, this.#table);
    }
    if (counts.rowsRejected > 0) dirty.judgeShare(false);
    if (chunk.repeats) this.#noteRepeats(counts);
    this.#chunk = { ...chunk, position, checksum, intent: null, repeats: false };
    this.#sinceMs = parts.nowMs();
  }

  #add(sum: bigint | null): void {
    this.#sum = sum === null || this.#sum === null ? null : this.#sum + sum;
  }

  #noteRepeats(counts: Counts): void {
    const { keyed } = this.#table.details;
    const { chunk, shard } = this.#chunk;
    const repeated = Math.max(counts.rowsRead - counts.rowsRejected - counts.rowsWritten, 0);
    this.#context.parts.state.chunks.note(
      shard,
      keyed
        ? `${chunk.label}: nobody knows whether its commit happened; it was done again, and rows that were there were told apart by their key`
        : `${chunk.label}: nobody knows whether its commit happened; it was done again, and without a key its rows may be there twice`,
      keyed ? repeated : counts.rowsRead,
    );
  }
}
