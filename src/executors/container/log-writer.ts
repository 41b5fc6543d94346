import fs from 'node:fs';
import path from 'node:path';
import { openRegular, readReleased } from '../attempts/folder.ts';
import { holeAlignBytes } from '../attempts/limits.ts';
import { releaseOldest } from '../attempts/release.ts';
import type { LogStream } from '../../ports/executor.ts';
import { releaseEveryMs } from './limits.ts';
import { isBefore, parseStamp, splitStamp } from './stamps.ts';

/** A place in the engine's output where a repeated read can be joined to what is written. */
export interface Mark {
  /** Stamp of a frame, as the engine wrote it. */
  readonly stamp: string;
  /** Offset in the stream of the first byte of the first frame that has this stamp. */
  readonly offset: number;
}

/**
 * Writes one stream of an attempt into its file, from reads of the engine's log that may overlap:
 * every byte once and in order. Nothing else writes the file.
 */
export class LogWriter {
  readonly #folder: string;
  readonly #stream: LogStream;
  readonly #maxBytes: number;
  #file: fs.promises.FileHandle | null = null;
  /** Bytes of the stream that are written. */
  #size: number;
  #firstOffset: number;
  #mark: Mark | null;
  /** Offset of the next byte of this read; null until the mark is found in it. */
  #cursor: number | null = 0;
  #verifying = false;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  /** @throws Error of the file system. */
  constructor(folder: string, stream: LogStream, maxBytes: number, mark: Mark | null) {
    this.#folder = folder;
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    const { firstOffset, fileOffset } = readReleased(folder, stream);
    const stat = fs.statSync(path.join(folder, stream), { throwIfNoEntry: false });
    this.#size = fileOffset + (stat?.size ?? 0);
    this.#firstOffset = firstOffset;
    // A mark beyond the file was written by a life whose last bytes did not reach the disk.
    this.#mark = mark !== null && mark.offset <= this.#size ? mark : null;
  }

  get size(): number {
    return this.#size;
  }

  get mark(): Mark | null {
    return this.#mark;
  }

  /** A read begins: at the mark's stamp or before it, or at the very beginning without one. */
  rewind(): void {
    this.#cursor = this.#mark === null ? 0 : null;
    this.#verifying = false;
  }

  /** A read of everything begins: where the file holds something else, it is written anew. */
  verify(): void {
    this.#cursor = 0;
    this.#mark = null;
    this.#verifying = true;
  }

  /** Takes the payload of a frame. */
  take(payload: Buffer): void {
    const frame = splitStamp(payload);
    if (frame === null) return;
    const { stamp, bytes } = frame;
    let end = this.#size + this.#pendingBytes;
    if (this.#cursor === null) {
      const known = parseStamp(this.#mark?.stamp ?? '');
      const own = parseStamp(stamp);
      if (known !== null && own !== null && isBefore(own, known)) return;
      // Not found: the engine has let go of what lay between, so the rest follows what is there.
      this.#cursor = stamp === this.#mark?.stamp ? this.#mark.offset : end;
    }
    const begin = this.#cursor;
    this.#cursor += bytes.length;
    if (this.#mark?.stamp !== stamp) this.#mark = { stamp, offset: begin };
    if (this.#verifying && begin < end && !this.#holds(begin, bytes.subarray(0, end - begin))) {
      this.#cutTo(begin);
      end = begin;
    }
    if (this.#cursor <= end) return;
    const fresh = begin >= end ? bytes : bytes.subarray(end - begin);
    this.#pending.push(fresh);
    this.#pendingBytes += fresh.length;
  }

  /** Writes what was taken. @throws Error of the file system, e.g. a full disk; nothing is lost. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#write());
  }

  /** Writes what was taken and releases what is over the limit. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    await this.flush();
    await this.#inTurn(() => this.#release());
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    await this.#inTurn(async () => {
      await this.#file?.close();
      this.#file = null;
    }).catch(() => undefined);
  }

  /** Whether the file has these bytes there; what was released is not asked about. */
  #holds(offset: number, bytes: Buffer): boolean {
    if (offset < this.#firstOffset || this.#pendingBytes > 0) return true;
    const fd = openRegular(path.join(this.#folder, this.#stream));
    if (fd === null) return false;
    try {
      const { fileOffset } = readReleased(this.#folder, this.#stream);
      const written = Buffer.alloc(bytes.length);
      const length = fs.readSync(fd, written, 0, written.length, offset - fileOffset);
      return length === bytes.length && written.equals(bytes);
    } finally {
      fs.closeSync(fd);
    }
  }

  #cutTo(offset: number): void {
    const { fileOffset } = readReleased(this.#folder, this.#stream);
    fs.truncateSync(path.join(this.#folder, this.#stream), offset - fileOffset);
    this.#size = offset;
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      this.#file ??= await fs.promises.open(path.join(this.#folder, this.#stream), 'a', 0o600);
      const parts = this.#pending;
      this.#pending = [];
      this.#pendingBytes = 0;
      const bytes = Buffer.concat(parts);
      let written = 0;
      try {
        while (written < bytes.length) {
          written += (await this.#file.write(bytes, written)).bytesWritten;
        }
      } finally {
        this.#size += written;
        const left = bytes.subarray(written);
        if (left.length > 0) {
          this.#pending.unshift(left);
          this.#pendingBytes += left.length;
        }
      }
    }
    this.#releaseLater();
  }

  #releaseLater(): void {
    if (this.#size - this.#firstOffset <= this.#maxBytes + holeAlignBytes) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#inTurn(() => this.#release());
    }, releaseEveryMs);
  }

  async #release(): Promise<void> {
    if (this.#size - this.#firstOffset <= this.#maxBytes + holeAlignBytes) return;
    await releaseOldest(this.#folder, this.#stream, this.#maxBytes);
    this.#firstOffset = readReleased(this.#folder, this.#stream).firstOffset;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}
