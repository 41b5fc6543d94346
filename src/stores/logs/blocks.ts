import { open, type FileHandle } from 'node:fs/promises';
import { blockBytes } from './limits.ts';

const lineFeed = 0x0a;

/** A whole line of a file, without its line end. */
export interface FileLine {
  readonly text: string;
  /** Where it begins. */
  readonly start: number;
  /** Where the next one begins. */
  readonly end: number;
}

/** Lines that were read at once, and how much was read for them. */
export interface Block {
  readonly lines: readonly FileLine[];
  /** Where reading stands after it: the end of its last line, or backwards the start of its first. */
  readonly at: number;
}

/**
 * Whole lines from `from` up to `to`, in order. A place inside a line counts as the next one's;
 * what has no line end is left out. Ends at once when the file is gone.
 */
export async function* forward(file: string, from: number, to: number): AsyncGenerator<Block> {
  const handle = await openExisting(file);
  if (handle === null) return;
  try {
    let at = await nextLineStart(handle, from, to);
    while (at < to) {
      const bytes = await read(handle, at, Math.min(to, at + blockBytes));
      const last = bytes.lastIndexOf(lineFeed);
      if (last < 0) {
        // No line is that long: whatever this is, it is none of ours.
        if (bytes.length < blockBytes) return;
        at += bytes.length;
        yield { lines: [], at };
        continue;
      }
      const lines = linesOf(bytes, 0, last + 1, at);
      at += last + 1;
      yield { lines, at };
    }
  } finally {
    await handle.close();
  }
}

/** The same lines from the last one before `to` down to the first, each block in order. */
export async function* backward(file: string, to: number): AsyncGenerator<Block> {
  const handle = await openExisting(file);
  if (handle === null) return;
  try {
    let at = to;
    while (at > 0) {
      const start = Math.max(0, at - blockBytes);
      const bytes = await read(handle, start, at);
      const last = bytes.lastIndexOf(lineFeed);
      const first = start === 0 ? 0 : bytes.indexOf(lineFeed) + 1;
      if (last < first || bytes.length === 0) {
        at = start;
        yield { lines: [], at };
        continue;
      }
      const lines = linesOf(bytes, first, last + 1, start);
      at = start + first;
      yield { lines, at };
    }
  } finally {
    await handle.close();
  }
}

async function openExisting(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function nextLineStart(handle: FileHandle, from: number, to: number): Promise<number> {
  if (from <= 0) return 0;
  const bytes = await read(handle, from - 1, Math.min(to, from - 1 + blockBytes));
  const found = bytes.indexOf(lineFeed);
  return found < 0 ? to : from + found;
}

async function read(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, from + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** The lines of `bytes` from `first` to `end`, which is after a line feed. */
function linesOf(bytes: Buffer, first: number, end: number, fileOffset: number): FileLine[] {
  const lines: FileLine[] = [];
  for (let from = first; from < end;) {
    const feed = bytes.indexOf(lineFeed, from);
    lines.push({
      text: bytes.toString('utf8', from, feed),
      start: fileOffset + from,
      end: fileOffset + feed + 1,
    });
    from = feed + 1;
  }
  return lines;
}
