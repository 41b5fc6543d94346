import { TransferError } from '../../../domain/transfer/errors.ts';
import { checksumOf, sumOf } from '../../../lib/rows/checksum.ts';
import type { RowBatch, RowLoader, RowSum, RowTarget } from '../../../ports/connector.ts';
import { commitBytes, commitMs } from '../limits.ts';
import type { Arrival } from '../state/arrivals.ts';
import { type ClaimedChunk, type Counts, noCounts } from '../state/chunks.ts';
import type { KeptTable } from '../state/run.ts';
import type { DirtyRows } from './dirty.ts';
import { type RowReader, rowReader } from './formats.ts';
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

/** A shard's file cannot be gone on with after what it was committed with. */
export class ShardRestart extends Error {
  readonly table: number;
  readonly shard: number;

  constructor(table: number, shard: number) {
    super(`shard ${shard} is written anew`);
    this.name = 'ShardRestart';
    this.table = table;
    this.shard = shard;
  }
}

interface OpenLoader {
  readonly key: string;
  readonly loader: RowLoader;
}

/**
 * Writes chunks, each as one transaction of the target, or several where the source can go on in
 * its middle. The intent to commit is kept before, and made good after it: whoever comes after a
 * crash in between asks the target what became of it.
 */
export class ChunkWriter {
  readonly #parts: WorkerParts;
  readonly #target: RowTarget;
  readonly #dirty: DirtyRows;
  readonly #signal: AbortSignal;
  #open: OpenLoader | null = null;
  #table: KeptTable | null = null;
  #chunk: ClaimedChunk | null = null;
  #reader: RowReader | null = null;
  #counts: Counts = noCounts;
  /** Of the chunk's rows from its beginning, without those that were rejected; null = not known. */
  #sum: bigint | null = 0n;
  #sinceMs = 0;

  readonly #onArrived: (arrival: Arrival, table: KeptTable) => void;

  constructor(
    parts: WorkerParts,
    target: RowTarget,
    dirty: DirtyRows,
    signal: AbortSignal,
    onArrived: (arrival: Arrival, table: KeptTable) => void,
  ) {
    this.#onArrived = onArrived;
    this.#parts = parts;
    this.#target = target;
    this.#dirty = dirty;
    this.#signal = signal;
  }

  /** The chunk that is being written; null between chunks. */
  get chunk(): ClaimedChunk | null {
    return this.#chunk;
  }

  async begin(chunk: ClaimedChunk, table: KeptTable): Promise<void> {
    this.#chunk = chunk;
    this.#table = table;
    this.#reader = rowReader(table.details.write, table.table);
    this.#counts = noCounts;
    const { position, checksum } = chunk;
    this.#sum = checksum === null ? (position === null ? 0n : null) : sumOf(checksum);
    this.#sinceMs = this.#parts.nowMs();
    await this.#loader(chunk, table);
  }

  async rows({ batch, rowsRead, rowSum, unreadable, where }: ReadBatch): Promise<void> {
    const { chunk, table } = this.#current();
    const loader = await this.#loader(chunk, table);
    const { live } = this.#parts;
    const rejected = batch.rejected ?? [];
    const { kind } = this.#parts.definition.from;
    const reading = kind === 'tables' ? 'read-failed' : 'file-format';
    this.#dirty.add(chunk, rejected.slice(0, unreadable), reading);
    this.#dirty.add(chunk, rejected.slice(unreadable));
    if (batch.rows > 0) this.#add(rowSum?.(batch.bytes) ?? null);
    let refused = 0;
    const written = await writeRows(loader, batch, {
      reader: this.#reader ?? rowReader(table.details.write, table.table),
      place: where,
      onRejected: (row, bytes) => {
        refused += 1;
        this.#add(rowSum === null ? null : -rowSum(bytes));
        this.#dirty.add(chunk, [row]);
      },
    });
    this.#dirty.keep(chunk);
    const bytesRead = batch.sourceBytes ?? batch.bytes.length;
    this.#counts = {
      rowsRead: this.#counts.rowsRead + rowsRead,
      extraRows: this.#counts.extraRows + (batch.extraRows ?? 0),
      rowsWritten: this.#counts.rowsWritten + written.written,
      rowsUpdated: this.#counts.rowsUpdated + written.updated,
      rowsRejected: this.#counts.rowsRejected + rejected.length + refused,
      bytesRead: this.#counts.bytesRead + bytesRead,
      bytesWritten: this.#counts.bytesWritten + written.bytes,
      filesRead: 0,
      filesWritten: this.#counts.filesWritten + written.files,
      filesSkipped: this.#counts.filesSkipped,
    };
    live.rowsWritten = this.#counts.rowsWritten;
    live.rowsRejected = this.#counts.rowsRejected;
    live.bytesWritten = this.#counts.bytesWritten;
    // What was read ahead of the writer counts when it is written.
    live.rowsRead = this.#counts.rowsRead;
    live.bytesRead = this.#counts.bytesRead;
    const due =
      this.#counts.bytesRead >= commitBytes || this.#parts.nowMs() - this.#sinceMs >= commitMs;
    if (due && batch.position !== undefined) await this.#commit(batch.position);
  }

  /** The chunk is written: commits it. */
  async end(): Promise<void> {
    await this.#commit(null);
    this.#chunk = null;
    this.#table = null;
  }

  /** Takes back what is not committed and lets go of the target. */
  async abort(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    this.#parts.live.reset();
    if (open === null) return;
    await open.loader.rollback().catch(() => undefined);
    await open.loader.close().catch(() => undefined);
  }

  /** Nothing more comes: what the last commits left open is closed. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.loader.close();
  }

  async #commit(position: string | null): Promise<void> {
    const { chunk, table } = this.#current();
    const loader = await this.#loader(chunk, table);
    const { state, live } = this.#parts;
    const token = await loader.prepareCommit();
    const checksum = this.#sum === null ? null : checksumOf(this.#sum);
    state.chunks.intend(chunk, { token, position, counts: this.#counts, checksum });
    const more = await loader.commit();
    const counts: Counts = {
      ...this.#counts,
      rowsWritten: this.#counts.rowsWritten + more.written,
      rowsUpdated: this.#counts.rowsUpdated + more.updated,
      bytesWritten: this.#counts.bytesWritten + more.bytes,
      filesWritten: this.#counts.filesWritten + more.files,
    };
    state.chunks.committed(chunk, { token, position, counts, checksum });
    if (position === null && chunk.position === null) {
      const { seq, chunk: piece } = chunk;
      const rows = counts.rowsWritten;
      const arrival = { table: chunk.table, seq, label: piece.label, token, rows, checksum };
      this.#onArrived({ ...arrival, found: null }, table);
    }
    live.reset();
    if (counts.rowsRejected > 0) this.#dirty.judgeShare(false);
    if (chunk.repeats) this.#noteRepeats(chunk, table, counts);
    this.#chunk = { ...chunk, position, checksum, intent: null, repeats: false };
    this.#counts = noCounts;
    this.#sinceMs = this.#parts.nowMs();
  }

  #add(sum: bigint | null): void {
    this.#sum = sum === null || this.#sum === null ? null : this.#sum + sum;
  }

  #noteRepeats(chunk: ClaimedChunk, { details }: KeptTable, counts: Counts): void {
    const repeated = Math.max(counts.rowsRead - counts.rowsRejected - counts.rowsWritten, 0);
    this.#parts.state.chunks.note(
      chunk.shard,
      details.keyed
        ? `${chunk.chunk.label}: nobody knows whether its commit happened; it was done again, and rows that were there were told apart by their key`
        : `${chunk.chunk.label}: nobody knows whether its commit happened; it was done again, and without a key its rows may be there twice`,
      details.keyed ? repeated : counts.rowsRead,
    );
  }

  #current(): { readonly chunk: ClaimedChunk; readonly table: KeptTable } {
    if (this.#chunk === null || this.#table === null) {
      throw new TransferError('internal', 'rows came before their chunk');
    }
    return { chunk: this.#chunk, table: this.#table };
  }

  /** The loader for this chunk: kept from chunk to chunk of the same shard and table. */
  async #loader(chunk: ClaimedChunk, table: KeptTable): Promise<RowLoader> {
    const { grain } = this.#target;
    const shard = grain === 'shard' ? chunk.shard : this.#parts.index;
    const inOneGo = this.#parts.care.inOneGo(chunk);
    const key = `${chunk.table} ${shard} ${chunk.repeats} ${inOneGo}`;
    if (this.#open?.key === key) return this.#open.loader;
    await this.close();
    const after = this.#parts.state.chunks.mark(chunk.table, shard);
    if (grain === 'shard' && after !== null) {
      const there = await this.#target.outcome(after);
      if (there !== 'committed') throw new ShardRestart(chunk.table, chunk.shard);
    }
    const loader = await this.#target.open({
      table: table.table,
      format: table.details.write,
      shard,
      shards:
        grain === 'shard'
          ? Math.max(this.#parts.definition.extractors, shard + 1)
          : this.#parts.replicas,
      runId: this.#parts.runId,
      after,
      repeats: chunk.repeats,
      inOneGo,
      signal: this.#signal,
    });
    this.#open = { key, loader };
    return loader;
  }
}
