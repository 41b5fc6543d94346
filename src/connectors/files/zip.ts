import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { TransferError } from '../../domain/transfer/errors.ts';
import { badFile } from './errors.ts';

/** A file in a zip archive. */
export interface ZippedFile {
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Reads bytes of the archive from `start` up to but without `end`. */
type ReadRange = (start: number, end: number) => AsyncIterable<Uint8Array>;

/**
 * The files of a zip archive in the order of its directory.
 * @throws TransferError `file-format`: no archive, encrypted, unknown method, damaged.
 */
export async function* readZipFiles(
  shown: string,
  archiveBytes: number,
  range: ReadRange,
): AsyncGenerator<ZippedFile> {
  let zip: ZipFile;
  try {
    zip = await fromRandomAccessReaderPromise(new RangeReader(range), archiveBytes, {
      autoClose: false,
      lazyEntries: true,
      strictFileNames: false,
    });
  } catch (error) {
    if (error instanceof TransferError || (error as Error).name === 'AbortError') throw error;
    throw badFile(shown, `it is not a zip archive, or cut off: ${(error as Error).message}`, error);
  }
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      if (entry.isEncrypted()) throw badFile(shown, `${entry.fileName} in it is encrypted`);
      if (!entry.canDecodeFileData()) {
        const method = entry.compressionMethod;
        throw badFile(shown, `${entry.fileName} in it is compressed by unknown method ${method}`);
      }
      yield {
        name: entry.fileName,
        bytes: entry.uncompressedSize,
        content: contentOf(zip, entry, shown),
      };
    }
  } catch (error) {
    if (error instanceof TransferError || (error as Error).name === 'AbortError') throw error;
    throw badFile(shown, `its directory is damaged: ${(error as Error).message}`, error);
  } finally {
    zip.close();
  }
}

async function* contentOf(zip: ZipFile, entry: Entry, shown: string): AsyncGenerator<Uint8Array> {
  let sum = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry, {});
    for await (const piece of stream as AsyncIterable<Buffer>) {
      sum = crc32(piece, sum);
      yield piece;
    }
  } catch (error) {
    if (error instanceof TransferError || (error as Error).name === 'AbortError') throw error;
    throw badFile(shown, `${entry.fileName} in it is damaged: ${(error as Error).message}`, error);
  }
  if (sum !== entry.crc32) {
    throw badFile(shown, `${entry.fileName} in it is damaged: its checksum differs`);
  }
}

class RangeReader extends RandomAccessReader {
  readonly #range: ReadRange;

  constructor(range: ReadRange) {
    super();
    this.#range = range;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}
