import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DialectLog } from '../kit/dialect.ts';

/** One record: expiry in epoch seconds, then the two words of the hash; little-endian. */
const recordBytes = 12;
const fileHeader = Buffer.from('LSNONCE1', 'latin1');
const filePattern = /^nonces-(\d{1,12})\.journal$/;

/** Records read from disk at once. */
const readChunkRecords = 65_536;

/** Room for the records of one tick at the start; grows with the traffic. */
const initialBatchRecords = 256;

/** Takes one loaded record; the journal knows nothing of sets. */
type Load = (bucket: number, expiresAtSeconds: number, high: number, low: number) => void;

/**
 * Append-only files of nonce hashes, one per time bucket, so forgetting is deleting a file.
 *
 * Records gather during one turn of the event loop and go out in a single write. They survive
 * the death of the process once written; a power cut may lose what the system had not yet put
 * on disk. Use one directory per server process.
 */
export class NonceJournal {
  readonly #directory: string;
  readonly #log: DialectLog;
  #batch = Buffer.allocUnsafe(initialBatchRecords * recordBytes);
  #batchBytes = 0;
  #batchBucket = 0;
  #scheduled = false;
  #file: { readonly bucket: number; readonly fd: number; bytes: number } | undefined;

  /** @throws the file system's error when the directory cannot be made. */
  constructor(directory: string, log: DialectLog) {
    this.#directory = directory;
    this.#log = log;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Hands every whole record to `load`; a record torn by a crash is cut off. */
  load(load: Load): void {
    for (const bucket of this.#buckets()) {
      const fd = openSync(this.#path(bucket), 'r+');
      try {
        this.#loadFile(fd, bucket, load);
      } finally {
        closeSync(fd);
      }
    }
  }

  /** Writes the record with the others of this tick. */
  append(bucket: number, expiresAtSeconds: number, high: number, low: number): void {
    if (bucket !== this.#batchBucket) this.flush();
    this.#batchBucket = bucket;
    if (this.#batchBytes + recordBytes > this.#batch.length) {
      const larger = Buffer.allocUnsafe(this.#batch.length * 2);
      this.#batch.copy(larger, 0, 0, this.#batchBytes);
      this.#batch = larger;
    }
    this.#batch.writeUInt32LE(expiresAtSeconds, this.#batchBytes);
    this.#batch.writeUInt32LE(high, this.#batchBytes + 4);
    this.#batch.writeUInt32LE(low, this.#batchBytes + 8);
    this.#batchBytes += recordBytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes what has gathered. A failure is logged: requests are still checked from memory. */
  flush(): void {
    if (this.#batchBytes === 0) return;
    const bytes = this.#batchBytes;
    this.#batchBytes = 0;
    try {
      const file = this.#open(this.#batchBucket);
      let written = 0;
      while (written < bytes) {
        written += writeSync(file.fd, this.#batch, written, bytes - written, file.bytes + written);
      }
      file.bytes += bytes;
    } catch (error) {
      // The next batch goes to the same offset, over what a partial write may have left.
      this.#log.error(
        { err: error, directory: this.#directory, lost: bytes / recordBytes },
        'nonces could not be written: they would not be recognised as used after a restart; ' +
          'check space and permissions of the directory',
      );
    }
  }

  /** Deletes the files of buckets that `keep` refuses. */
  forget(keep: (bucket: number) => boolean): void {
    try {
      for (const bucket of this.#buckets()) {
        if (!keep(bucket)) rmSync(this.#path(bucket), { force: true });
      }
    } catch (error) {
      this.#log.warn(
        { err: error, directory: this.#directory },
        'expired nonces could not be deleted; check permissions of the directory',
      );
    }
  }

  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #open(bucket: number) {
    if (this.#file?.bucket === bucket) return this.#file;
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
    // Not append mode: offsets are given, so a torn write is overwritten instead of kept.
    const fd = openSync(this.#path(bucket), 'a+', 0o600);
    closeSync(fd);
    const file = { bucket, fd: openSync(this.#path(bucket), 'r+'), bytes: 0 };
    this.#file = file;
    const size = fstatSync(file.fd).size;
    if (size < fileHeader.length) writeSync(file.fd, fileHeader, 0, fileHeader.length, 0);
    file.bytes = wholeRecordsEnd(Math.max(size, fileHeader.length));
    return file;
  }

  #loadFile(fd: number, bucket: number, load: Load): void {
    const header = Buffer.alloc(fileHeader.length);
    readSync(fd, header, 0, header.length, 0);
    if (!header.equals(fileHeader)) {
      this.#log.warn({ file: this.#path(bucket) }, 'not a nonce journal, started over');
      ftruncateSync(fd, 0);
      return;
    }
    const end = wholeRecordsEnd(fstatSync(fd).size);
    ftruncateSync(fd, end);
    const chunk = Buffer.allocUnsafe(readChunkRecords * recordBytes);
    for (let at = fileHeader.length; at < end; at += chunk.length) {
      const bytes = readSync(fd, chunk, 0, Math.min(chunk.length, end - at), at);
      for (let offset = 0; offset + recordBytes <= bytes; offset += recordBytes) {
        load(
          bucket,
          chunk.readUInt32LE(offset),
          chunk.readUInt32LE(offset + 4),
          chunk.readUInt32LE(offset + 8),
        );
      }
    }
  }

  #buckets(): number[] {
    const buckets: number[] = [];
    for (const name of readdirSync(this.#directory)) {
      const match = filePattern.exec(name);
      if (match !== null) buckets.push(Number(match[1]));
    }
    return buckets.sort((left, right) => left - right);
  }

  #path(bucket: number): string {
    return join(this.#directory, `nonces-${bucket}.journal`);
  }
}

function wholeRecordsEnd(size: number): number {
  return size - ((size - fileHeader.length) % recordBytes);
}
