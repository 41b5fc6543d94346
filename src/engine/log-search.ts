import type { LogChunk, LogStream } from '../ports/executor.ts';

/** Bytes read at a time. */
const pieceBytes = 1024 * 1024;
/** Longest part of a line that is told, and how far before a match its line is looked for. */
const lineBytes = 4 * 1024;
const lineLookBytes = 2 * 1024;
/** Pieces after which others get their turn of the loop. */
const piecesPerTurn = 4;

/** What is looked for in an attempt's output. */
export interface LogSearch {
  /** Not empty; every character means itself. */
  readonly text: string;
  /** Takes letters of ASCII as equal in either case. */
  readonly ignoreCase: boolean;
  /** Byte to begin at; null = from the end that comes first. */
  readonly from: number | null;
  readonly backwards: boolean;
  readonly limit: number;
}

/** A line that holds what is looked for. */
export interface LogMatch {
  /** Where the first match in the line begins, in bytes. */
  readonly offset: number;
  /** Where the told part of the line begins. */
  readonly lineOffset: number;
  readonly line: string;
  /** Whether the line is longer than what is told of it. */
  readonly cut: boolean;
}

export interface LogSearchResult {
  /** In the order in which they were found. */
  readonly matches: readonly LogMatch[];
  /** Where to go on in the same direction; null = all was searched. */
  readonly next: number | null;
  /** Bytes written so far. */
  readonly size: number;
}

/** How long a search may go on. */
export interface SearchPace {
  /** Whether its time is over; it may be exceeded by one piece. */
  isOver(): boolean;
  /** Gives others their turn of the loop. */
  rest(): Promise<void>;
}

/** Reads an attempt's output as `Runs.readLog` does. */
export type LogReader = (offset: number, maxBytes: number) => Promise<LogChunk | null>;

/** Lines of an output that hold a text, for a bounded time. Null when nothing is kept of it. */
export async function searchLog(
  read: LogReader,
  search: LogSearch,
  pace: SearchPace,
): Promise<LogSearchResult | null> {
  const probe = await read(0, 0);
  if (probe === null) return null;
  const { size } = probe;
  const needle = folded(Buffer.from(search.text), search.ignoreCase);
  const matches: LogMatch[] = [];
  const { backwards } = search;
  // Forwards: the first byte not searched yet. Backwards: the end of what is not.
  let at = Math.min(search.from ?? (backwards ? size : 0), size);
  for (let pieces = 1; ; pieces += 1) {
    if (backwards ? at < needle.length : at + needle.length > size) break;
    const begin = backwards ? Math.max(0, at - pieceBytes) : at;
    const piece = await read(begin, backwards ? at - begin : pieceBytes);
    if (piece === null || piece.bytes.length === 0) break;
    const bytes = folded(Buffer.from(piece.bytes), search.ignoreCase);
    const found = backwards
      ? await linesBackwards(read, piece.offset, bytes, needle, matches, search.limit)
      : await linesForwards(read, piece.offset, bytes, needle, matches, search.limit);
    if (matches.length >= search.limit) {
      const ends = backwards ? found < needle.length : found + needle.length > size;
      return { matches, next: ends ? null : found, size };
    }
    if (backwards) {
      if (piece.offset >= at || begin === 0 || piece.offset > begin) break;
      // A match may lie across the border.
      at = Math.min(found, begin + needle.length - 1);
    } else {
      const end = piece.offset + bytes.length;
      if (end >= piece.size) break;
      at = Math.max(found, end - needle.length + 1);
    }
    if (pace.isOver()) return { matches, next: at, size };
    if (pieces % piecesPerTurn === 0) await pace.rest();
  }
  return { matches, next: null, size };
}

/** Adds lines of a piece; returns where the search goes on. */
async function linesForwards(
  read: LogReader,
  offset: number,
  bytes: Buffer,
  needle: Buffer,
  matches: LogMatch[],
  limit: number,
): Promise<number> {
  let goOn = offset;
  for (let at = 0; matches.length < limit;) {
    const index = bytes.indexOf(needle, at);
    if (index === -1) break;
    const { match, endOffset } = await lineAt(read, offset + index);
    matches.push(match);
    goOn = Math.max(endOffset, offset + index + 1);
    at = goOn - offset;
    if (at >= bytes.length) break;
  }
  return goOn;
}

async function linesBackwards(
  read: LogReader,
  offset: number,
  bytes: Buffer,
  needle: Buffer,
  matches: LogMatch[],
  limit: number,
): Promise<number> {
  let goOn = offset + bytes.length;
  for (let end = bytes.length; matches.length < limit && end >= needle.length;) {
    const index = bytes.lastIndexOf(needle, end - needle.length);
    if (index === -1) break;
    const { match } = await lineAt(read, offset + index);
    matches.push(match);
    // What lies before the told line; a match across its beginning counts to the line before.
    goOn = Math.min(match.lineOffset, offset + index + needle.length - 1);
    end = goOn - offset;
  }
  return goOn;
}

/** The line around a match, cut to its bounds. */
async function lineAt(
  read: LogReader,
  offset: number,
): Promise<{ readonly match: LogMatch; readonly endOffset: number }> {
  const from = Math.max(0, offset - lineLookBytes);
  const chunk = await read(from, lineLookBytes + lineBytes);
  const bytes = Buffer.from(chunk?.bytes ?? []);
  const base = chunk?.offset ?? offset;
  const at = Math.max(0, offset - base);
  const newline = at === 0 ? -1 : bytes.lastIndexOf(0x0a, at - 1);
  const start = newline + 1;
  const lineEnd = bytes.indexOf(0x0a, at);
  const end = Math.min(lineEnd === -1 ? bytes.length : lineEnd, start + lineBytes);
  const isWhole = (newline !== -1 || base === 0) && lineEnd !== -1 && end === lineEnd;
  const isLast = lineEnd === -1 && base + bytes.length >= (chunk?.size ?? 0);
  return {
    match: {
      offset,
      lineOffset: base + start,
      line: bytes.subarray(start, end).toString('utf8'),
      cut: !isWhole && !(isLast && (newline !== -1 || base === 0)),
    },
    endOffset: base + (lineEnd === -1 ? Math.max(end, at + 1) : lineEnd + 1),
  };
}

/** Letters of ASCII in lower case; a copy when that is asked for. */
function folded(bytes: Buffer, ignoreCase: boolean): Buffer {
  if (!ignoreCase) return bytes;
  const copy = Buffer.from(bytes);
  for (let at = 0; at < copy.length; at += 1) {
    const byte = copy[at] ?? 0;
    if (byte >= 0x41 && byte <= 0x5a) copy[at] = byte + 0x20;
  }
  return copy;
}

/** An output of a run, as searching all of them goes through them. */
export interface SearchedLog {
  readonly attemptId: string;
  readonly stream: LogStream;
}

/** A line of one of the outputs. */
export interface RunLogMatch extends LogMatch, SearchedLog {}

/** Where searching several outputs goes on. */
export interface RunLogPosition extends SearchedLog {
  readonly offset: number;
}

/**
 * Searches outputs one after the other, for a bounded time. `from`: where an earlier call ended;
 * an output that is not there is left out.
 */
export async function searchLogs(
  logs: readonly SearchedLog[],
  read: (log: SearchedLog) => LogReader,
  { text, ignoreCase, limit }: Pick<LogSearch, 'text' | 'ignoreCase' | 'limit'>,
  from: RunLogPosition | null,
  pace: SearchPace,
): Promise<{ readonly matches: readonly RunLogMatch[]; readonly next: RunLogPosition | null }> {
  const matches: RunLogMatch[] = [];
  const isFrom = (log: SearchedLog): boolean =>
    from !== null && log.attemptId === from.attemptId && log.stream === from.stream;
  const first = from === null ? 0 : Math.max(0, logs.findIndex(isFrom));
  for (let at = first; at < logs.length; at += 1) {
    const log = logs[at];
    if (log === undefined) break;
    const begin = isFrom(log) && from !== null ? from.offset : 0;
    if (matches.length >= limit || (at > first && pace.isOver())) {
      return { matches, next: { ...log, offset: begin } };
    }
    const found = await searchLog(
      read(log),
      { text, ignoreCase, from: begin, backwards: false, limit: limit - matches.length },
      pace,
    );
    for (const match of found?.matches ?? []) matches.push({ ...match, ...log });
    if (found !== null && found.next !== null) {
      return { matches, next: { ...log, offset: found.next } };
    }
  }
  return { matches, next: null };
}
