import { DomainError } from '../../domain/errors.ts';
import type { LogPage, LogQuery, LogRecord } from '../../ports/log-store.ts';
import { backward, forward } from './blocks.ts';
import { maxAnswerBytes, maxScanBytes } from './limits.ts';
import { parsePlace, type Place, placeText } from './names.ts';
import { parseLine } from './record.ts';
import type { Segment } from './segments.ts';

/** What of a segment a search sees: it stays as it was when the search began. */
export type SeenSegment = Readonly<Segment>;

/**
 * Looks through segments until the page is full, everything was seen, or enough was read.
 * @throws DomainError `invalid-argument` for what is no cursor.
 */
export async function search(segments: readonly SeenSegment[], query: LogQuery): Promise<LogPage> {
  const from = query.cursor === undefined ? null : parsePlace(query.cursor);
  if (query.cursor !== undefined && from === null) {
    throw new DomainError(
      'invalid-argument',
      `cursor ${JSON.stringify(query.cursor.slice(0, 100))} is none; send the one of the answer before, unchanged`,
    );
  }
  const last = segments.at(-1);
  const end = last === undefined ? { segment: 0, byte: 0 } : endOf(last);
  const finder = new Finder(query);
  // A cursor from before the log store was removed and made anew begins it from the start.
  const known = from !== null && from.segment <= end.segment ? from : { segment: 0, byte: 0 };
  const cursor = query.ascending
    ? await ascend(segments, known, finder)
    : await descend(segments.toReversed(), from ?? end, finder);
  return { rows: finder.rows, cursor: placeText(cursor), more: finder.full, end: placeText(end) };
}

async function ascend(
  segments: readonly SeenSegment[],
  from: Place,
  finder: Finder,
): Promise<Place> {
  let at = from;
  for (const segment of segments) {
    if (segment.number < from.segment) continue;
    const start = segment.number === from.segment ? Math.min(from.byte, segment.bytes) : 0;
    at = { segment: segment.number, byte: start };
    if (finder.outside(segment)) {
      at = endOf(segment);
      continue;
    }
    for await (const block of forward(segment.file, start, segment.bytes)) {
      for (const line of block.lines) {
        finder.look(segment.number, line.text, line.start);
        at = { segment: segment.number, byte: line.end };
        if (finder.full) return at;
      }
      at = { segment: segment.number, byte: block.at };
      if (finder.read(block.at - start, segment)) return at;
    }
  }
  return at;
}

async function descend(
  segments: readonly SeenSegment[],
  from: Place,
  finder: Finder,
): Promise<Place> {
  let at = from;
  for (const segment of segments) {
    if (segment.number > from.segment) continue;
    const start =
      segment.number === from.segment ? Math.min(from.byte, segment.bytes) : segment.bytes;
    at = { segment: segment.number, byte: 0 };
    if (finder.outside(segment)) continue;
    for await (const block of backward(segment.file, start)) {
      for (const line of block.lines.toReversed()) {
        at = { segment: segment.number, byte: line.start };
        finder.look(segment.number, line.text, line.start);
        if (finder.full) return at;
      }
      at = { segment: segment.number, byte: block.at };
      if (finder.read(start - block.at, segment)) return at;
    }
  }
  return at;
}

function endOf({ number, bytes }: SeenSegment): Place {
  return { segment: number, byte: bytes };
}

/** Collects what fits, and counts what it took. */
class Finder {
  readonly rows: LogRecord[] = [];
  /** Whether the page is full, or enough was read. */
  full = false;
  readonly #query: LogQuery;
  readonly #contains: string;
  #bytesBefore = 0;
  #bytesHere = 0;
  #segment = -1;
  #textBytes = 0;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#contains = (query.contains ?? '').toLowerCase();
  }

  /** Whether all lines of the segment are too old or too new. */
  outside({ firstMs, lastMs }: SeenSegment): boolean {
    const { fromMs, toMs } = this.#query;
    return (
      (fromMs !== undefined && lastMs !== null && lastMs < fromMs) ||
      (toMs !== undefined && firstMs >= toMs)
    );
  }

  look(segment: number, text: string, byte: number): void {
    const { runId, fromMs, toMs, template, limit } = this.#query;
    // Most lines are of other runs: looking for the id is cheaper than reading the line.
    if (runId !== undefined && !text.includes(JSON.stringify(runId))) return;
    const line = parseLine(text);
    if (line?.kind !== 'record') return;
    const { record } = line;
    if (runId !== undefined && record.runId !== runId) return;
    if (fromMs !== undefined && record.atMs < fromMs) return;
    if (toMs !== undefined && record.atMs >= toMs) return;
    if (template !== undefined && template !== record.templateId) {
      if (template !== record.templateName) return;
    }
    if (!record.text.toLowerCase().includes(this.#contains)) return;
    this.rows.push({ id: placeText({ segment, byte }), ...record });
    this.#textBytes += record.text.length;
    this.full = this.rows.length >= limit || this.#textBytes >= maxAnswerBytes;
  }

  /** `bytes` of this segment were read so far. @returns whether that is enough for one call. */
  read(bytes: number, { number }: SeenSegment): boolean {
    if (number !== this.#segment) {
      this.#bytesBefore += this.#bytesHere;
      this.#segment = number;
    }
    this.#bytesHere = bytes;
    if (this.#bytesBefore + bytes >= maxScanBytes) this.full = true;
    return this.full;
  }
}
