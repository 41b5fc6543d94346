import fs from 'node:fs';
import path from 'node:path';
import type { LogChunk, LogStream } from '../../ports/executor.ts';
import { openRegular, readReleased, type Released } from './folder.ts';
import { maxReadBytes } from './limits.ts';

const nothingReleased: Released = { firstOffset: 0, fileOffset: 0 };

/**
 * Reads a piece of an attempt's output, while it runs or afterwards; null when nothing is kept.
 * Bytes beyond the log limit were released: then the piece begins later than asked.
 */
export function readLogChunk(
  folder: string,
  stream: LogStream,
  offset: number,
  maxBytes: number,
): LogChunk | null {
  if (!fs.existsSync(folder)) return null;
  const fd = openRegular(path.join(folder, stream));
  if (fd === null) {
    // Accepted but not begun yet, or no output file was ever made.
    return { offset: 0, bytes: new Uint8Array(), nextOffset: 0, size: 0 };
  }
  return readChunk(fd, offset, maxBytes, () => readReleased(folder, stream));
}

/** Reads a piece of a file that is kept whole; null when it is not there. */
export function readFileChunk(file: string, offset: number, maxBytes: number): LogChunk | null {
  const fd = openRegular(file);
  return fd === null ? null : readChunk(fd, offset, maxBytes, () => nothingReleased);
}

/** Closes `fd`. */
function readChunk(
  fd: number,
  offset: number,
  maxBytes: number,
  released: () => Released,
): LogChunk {
  try {
    const size = released().fileOffset + fs.fstatSync(fd).size;
    const wanted = Math.max(0, Math.min(Math.floor(maxBytes), maxReadBytes));
    let from = Math.min(Math.max(0, Math.floor(offset)), size);
    let { firstOffset, fileOffset } = released();
    from = Math.min(Math.max(from, firstOffset), size);
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(wanted, size - from)));
    const length =
      bytes.length === 0 ? 0 : fs.readSync(fd, bytes, 0, bytes.length, from - fileOffset);
    // The record is written before bytes go, so a second look shows whether zeros were read.
    ({ firstOffset, fileOffset } = released());
    const skip = Math.min(Math.max(0, firstOffset - from), length);
    const nextOffset = from + length;
    return { offset: from + skip, bytes: bytes.subarray(skip, length), nextOffset, size };
  } finally {
    fs.closeSync(fd);
  }
}
