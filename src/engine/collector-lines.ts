import type { LogChunk } from '../ports/executor.ts';
import { type CollectedLine, maxLineBytes } from '../ports/log-store.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The whole lines of a piece of output. What has no line end yet is left for the next time, unless
 * nothing more will come (`final`) or it is too long for one line anyway.
 * @param wantedOffset where reading was to go on; what lies between it and the piece is gone.
 */
export function cutLines(
  source: string,
  { offset, bytes }: LogChunk,
  wantedOffset: number,
  final: boolean,
): CollectedLine[] {
  const lines: CollectedLine[] = [];
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.indexOf(lineFeed, from);
    const lineEnd = feed < 0 ? bytes.length : feed;
    const tooLong = lineEnd - from > maxLineBytes;
    if (feed < 0 && !tooLong && !final) break;
    const end = tooLong ? characterStart(bytes, from, from + maxLineBytes) : lineEnd;
    const next = tooLong || feed < 0 ? end : end + 1;
    const textEnd = !tooLong && end > from && bytes[end - 1] === carriageReturn ? end - 1 : end;
    lines.push({
      source,
      text: decoder.decode(bytes.subarray(from, textEnd)),
      continues: tooLong,
      missedBytes: lines.length === 0 ? Math.max(0, offset - wantedOffset) : 0,
      nextOffset: offset + next,
    });
    from = next;
  }
  return lines;
}

/** A byte order mark is the job's own affair: it stays. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The latest start of a character at or before `end`, so that none is cut in two. */
function characterStart(bytes: Uint8Array, from: number, end: number): number {
  // A character has at most four bytes; what goes on longer is no UTF-8 and is cut anywhere.
  for (let at = end; at > end - 4 && at > from; at -= 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at;
  }
  return end;
}
