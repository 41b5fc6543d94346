/** Lines of what an instance wrote, from either end, for GetLog (schedulerx.md §4.4). */
import type { Instance } from '../../domain/run.ts';
import type { Zone } from '../../domain/schedule/zone.ts';
import type { Engine } from '../../engine/index.ts';
import { type LineTime, lineTimeOf } from './line-times.ts';

/** Bytes read in one go. */
const chunkBytes = 128 * 1024;
/** Bytes looked through for one answer; older ones are out of reach of one call. */
const maxScannedBytes = 16 * 1024 * 1024;
/** Longest line that is answered. */
const maxLineChars = 16 * 1024;
/** Lines without a time that wait for the line they belong to; more count as having none. */
const maxPendingLines = 5_000;
/** Clocks differ: a line may seem to be of before its attempt, or of after it. */
const clockSlackMs = 60_000;

export interface LineQuery {
  /** Part of the line; empty = all lines. */
  readonly keyword: string;
  /** Matching lines to pass over. */
  readonly offset: number;
  readonly limit: number;
  /** The newest first. */
  readonly reverse: boolean;
  /**
   * Lines that were written in this span, as far as they say when: with a time at their beginning
   * that lies in the life of their attempt. Lines without one belong to the line before them; where
   * none has one, the attempts that ran in the span are chosen.
   */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Of times that name no offset. */
  readonly zone: Zone;
}

interface Source {
  readonly attemptId: string;
  readonly stream: 'stdout' | 'stderr';
  /** The life of the attempt, with some slack. */
  readonly bornMs: number;
  readonly goneMs: number;
}

/** The lines that a query finds. */
export async function instanceLines(
  runs: Pick<Engine['runs'], 'readLog'>,
  instances: readonly Instance[],
  query: LineQuery,
): Promise<readonly string[]> {
  const sources = sourcesOf(instances, query);
  const lines: string[] = [];
  let toSkip = query.offset;
  const budget = { bytes: maxScannedBytes };
  for (const source of query.reverse ? sources.toReversed() : sources) {
    const read = query.reverse ? linesBackward : linesForward;
    for await (const line of inSpan(read(runs, source, budget), source, query)) {
      if (query.keyword !== '' && !line.includes(query.keyword)) continue;
      if (toSkip > 0) {
        toSkip -= 1;
        continue;
      }
      lines.push(line.slice(0, maxLineChars));
      if (lines.length >= query.limit) return lines;
    }
  }
  return lines;
}

/** Attempts in the order of their claims, what each wrote before what it complained. */
function sourcesOf(instances: readonly Instance[], query: LineQuery): readonly Source[] {
  return instances
    .flatMap(({ attempts }) => attempts)
    .filter(
      ({ claimedAtMs, endedAtMs }) =>
        claimedAtMs <= query.untilMs && (endedAtMs ?? Infinity) >= query.fromMs,
    )
    .toSorted((a, b) => a.claimedAtMs - b.claimedAtMs)
    .flatMap(({ id, claimedAtMs, endedAtMs }) =>
      (['stdout', 'stderr'] as const).map((stream) => ({
        attemptId: id,
        stream,
        bornMs: claimedAtMs - clockSlackMs,
        goneMs: (endedAtMs ?? Infinity) + clockSlackMs,
      })),
    );
}

/** Those of the lines that were written in the span of the query. */
async function* inSpan(
  lines: AsyncGenerator<string>,
  source: Source,
  { fromMs, untilMs, reverse, zone }: LineQuery,
): AsyncGenerator<string> {
  if (fromMs === 0 && untilMs === Infinity) {
    yield* lines;
    return;
  }
  const timeOf = (line: string): LineTime | null => {
    const time = lineTimeOf(line, zone);
    // Another time than that of writing, or of a clock in another zone.
    return time !== null && time.lastMs >= source.bornMs && time.atMs <= source.goneMs
      ? time
      : null;
  };
  const fits = ({ atMs, lastMs }: LineTime): boolean => lastMs >= fromMs && atMs <= untilMs;
  if (!reverse) {
    let latest: LineTime | null = null;
    for await (const line of lines) {
      latest = timeOf(line) ?? latest;
      if (latest === null || fits(latest)) yield line;
    }
    return;
  }
  // What follows a line with a time belongs to it, and comes first here.
  let pending: string[] = [];
  for await (const line of lines) {
    pending.push(line);
    const time = timeOf(line);
    if (time === null && pending.length < maxPendingLines) continue;
    if (time === null || fits(time)) yield* pending;
    pending = [];
  }
  yield* pending;
}

async function* linesForward(
  runs: Pick<Engine['runs'], 'readLog'>,
  { attemptId, stream }: Source,
  budget: { bytes: number },
): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let offset = 0; budget.bytes > 0;) {
    const chunk = await runs.readLog(attemptId, stream, offset, chunkBytes);
    if (chunk === null || chunk.bytes.length === 0) break;
    budget.bytes -= chunk.bytes.length;
    offset = chunk.nextOffset;
    const bytes = Buffer.concat([rest, chunk.bytes]);
    const end = bytes.lastIndexOf(10);
    for (const line of textLines(bytes.subarray(0, end + 1))) yield line;
    rest = bytes.subarray(end + 1);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

async function* linesBackward(
  runs: Pick<Engine['runs'], 'readLog'>,
  { attemptId, stream }: Source,
  budget: { bytes: number },
): AsyncGenerator<string> {
  const probe = await runs.readLog(attemptId, stream, 0, 1);
  if (probe === null) return;
  let rest: Buffer = Buffer.alloc(0);
  // Older bytes may have been released: the first that is left is where the probe began.
  for (let until = probe.size; until > probe.offset && budget.bytes > 0;) {
    const from = Math.max(probe.offset, until - chunkBytes);
    const parts: Uint8Array[] = [];
    for (let offset = from; offset < until;) {
      const chunk = await runs.readLog(attemptId, stream, offset, until - offset);
      if (chunk === null || chunk.bytes.length === 0) break;
      parts.push(chunk.bytes.subarray(0, until - chunk.offset));
      offset = chunk.nextOffset;
    }
    budget.bytes -= until - from;
    const bytes = Buffer.concat([...parts, rest]);
    until = from;
    // Up to the first end of a line it may be the tail of an earlier line.
    const start = from > probe.offset ? bytes.indexOf(10) + 1 : 0;
    if (start === 0 && from > probe.offset) {
      rest = bytes;
      continue;
    }
    for (const line of textLines(bytes.subarray(start)).toReversed()) yield line;
    rest = bytes.subarray(0, start);
  }
}

function textLines(bytes: Buffer): readonly string[] {
  if (bytes.length === 0) return [];
  const text = bytes.toString('utf8');
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}
