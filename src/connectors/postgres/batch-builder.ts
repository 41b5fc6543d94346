import type { BatchMemory } from '../../lib/rows/batch-memory.ts';
import type { RowBatch } from '../../ports/connector.ts';

/** What is done to rows of COPY on their way into batches. */
export interface RowShape {
  /** Bytes in front of the first row that belong to none. */
  readonly skip: number;
  /** What a message that is no row consists of; null = there is none. */
  readonly trailer: Uint8Array | null;
  /** Makes over a batch when it is full; null = it goes as it is. */
  readonly finish: ((bytes: Buffer) => Buffer) | null;
}

/** Rows shorter than this are copied byte by byte, which costs less than a call. */
const SHORT_ROW_BYTES = 24;

/** Puts rows of COPY together into batches, with nothing made for each row. */
export class BatchBuilder {
  /** Called when a batch is ready: no more rows are wanted for now. */
  onFull: () => void = () => undefined;
  readonly #batchBytes: number;
  readonly #memory: BatchMemory;
  readonly #shape: RowShape;
  readonly #ready: RowBatch[] = [];
  #skip: number;
  #buffer: Buffer;
  #used = 0;
  #rows = 0;
  /** Where the row that is under way began. */
  #rowStart = 0;
  #waiting: (() => void) | null = null;
  #ended = false;

  constructor(batchBytes: number, shape: RowShape, memory: BatchMemory) {
    this.#batchBytes = batchBytes;
    this.#memory = memory;
    this.#shape = shape;
    this.#skip = shape.skip;
    this.#buffer = memory.take(batchBytes);
  }

  /** Bytes of a row; `whole` = its last ones. */
  add(chunk: Buffer, from: number, to: number, whole: boolean): void {
    let start = from;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, to - start);
      this.#skip -= skipped;
      start += skipped;
    }
    const length = to - start;
    let used = this.#used;
    if (used + length + 1 > this.#buffer.length) {
      this.#makeRoom(length + 1);
      used = this.#used;
    }
    const buffer = this.#buffer;
    if (length < SHORT_ROW_BYTES) {
      for (let at = start; at < to; at += 1, used += 1) buffer[used] = chunk[at] as number;
    } else {
      chunk.copy(buffer, used, start, to);
      used += length;
    }
    this.#used = used;
    if (whole) this.#endRow();
  }

  /** No further rows come. */
  end(): void {
    this.#ended = true;
    this.#cut(this.#rowStart);
    this.#wakeUp();
  }

  /** The next batch that is ready; null = none. */
  take(): RowBatch | null {
    return this.#ready.shift() ?? null;
  }

  /** Resolves when there is a batch or no more rows come. */
  next(): Promise<void> {
    if (this.#ended || this.#ready.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #endRow(): void {
    const { trailer } = this.#shape;
    if (trailer !== null && this.#used - this.#rowStart === trailer.length) {
      // The header's message may hold nothing else when there are no rows.
      const rest = this.#buffer.subarray(this.#rowStart, this.#used);
      if (trailer.every((byte, place) => rest[place] === byte)) {
        this.#used = this.#rowStart;
        return;
      }
    }
    this.#rowStart = this.#used;
    this.#rows += 1;
  }

  /** Whole rows go; the row that is under way moves to a new buffer. */
  #makeRoom(length: number): void {
    const old = this.#buffer;
    const start = this.#rowStart;
    const begun = this.#used - start;
    const least = begun + length;
    const emptied = start > 0;
    // A row longer than a batch: the buffer grows by doubling.
    const size = least > this.#batchBytes ? Math.max(least, begun * 2) : this.#batchBytes;
    const next = size === this.#batchBytes ? this.#memory.take(size) : Buffer.allocUnsafeSlow(size);
    old.copy(next, 0, start, this.#used);
    if (emptied) this.#cut(start);
    this.#buffer = next;
    this.#used = begun;
    this.#rowStart = 0;
    if (emptied) {
      this.onFull();
      this.#wakeUp();
    }
  }

  #cut(end: number): void {
    if (this.#rows === 0) return;
    const buffer = this.#buffer;
    const rows = buffer.subarray(0, end);
    const bytes = this.#shape.finish?.(rows) ?? rows;
    this.#ready.push({ bytes, rows: this.#rows, release: this.#memory.releaseOf(buffer) });
    this.#rows = 0;
  }

  #wakeUp(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }
}
