import { mkdir, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backward, forward } from './blocks.ts';
import { maxClockStepMs } from './limits.ts';
import { parseSegmentName, segmentName } from './names.ts';
import { headLines, parseLine, type Progress } from './record.ts';

/** A file of lines, in the order of their times. Only the last one of a log store grows. */
export interface Segment {
  readonly number: number;
  /** No line of it is older. */
  readonly firstMs: number;
  readonly file: string;
  /** What of the file counts; beyond it may lie the rest of a write that failed. */
  bytes: number;
  /** Of them, what the head takes: it does not count as filling the segment. */
  headBytes: number;
  /** Time of its last line; null = it has none. */
  lastMs: number | null;
}

/** A segment that was found on the disk and not looked into yet. */
type FoundSegment = Pick<Segment, 'number' | 'firstMs' | 'file'>;

export interface SegmentsOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  /** Whether progress of this attempt still matters after a crash. */
  readonly isUnfinished: (attemptId: string) => boolean;
}

/**
 * The segments of one log store. A segment begins with a head that says how far everything in
 * progress is, and each record says the same of its source: so the last segment alone tells where
 * collecting goes on, and older ones can be removed at any time.
 *
 * Its caller sees to it that calls which change something do not overlap.
 */
export class Segments {
  readonly #options: SegmentsOptions;
  readonly #progress = new Map<string, Progress>();
  #segments: Segment[] = [];
  /** Number of the newest segment there ever was. */
  #number = 0;
  /** Whether a write failed half-way. */
  #torn = false;
  #removedBytes = 0;

  constructor(options: SegmentsOptions) {
    this.#options = options;
  }

  /** Oldest first. */
  get all(): readonly Segment[] {
    return this.#segments;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get removedBytes(): number {
    return this.#removedBytes;
  }

  /** Reads what an earlier life left: what a crash cut short in the last segment is cut off. */
  async load(): Promise<void> {
    const { folder } = this.#options;
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names) {
      if (name.endsWith('.new')) await rm(join(folder, name), { force: true });
    }
    const found = names.flatMap((name) => {
      const parsed = parseSegmentName(name);
      return parsed === null ? [] : [{ ...parsed, file: join(folder, name) }];
    });
    found.sort((a, b) => a.number - b.number);
    const last = found.pop();
    for (const segment of found) this.#segments.push(await measured(segment));
    if (last === undefined) return;
    this.#segments.push(await this.#recovered(last));
    this.#number = last.number;
  }

  progressOf(attemptId: string, source: string): number {
    return this.#progress.get(keyOf(attemptId, source))?.nextOffset ?? 0;
  }

  /** Forgets how far the attempt was collected. */
  forget(attemptId: string): void {
    for (const [key, progress] of this.#progress) {
      if (progress.attemptId === attemptId) this.#progress.delete(key);
    }
  }

  /**
   * Appends lines. When it throws, those before the fault are there and counted.
   * @param render gives a line with its line end, for the time it is kept under.
   */
  async append(
    lines: readonly { readonly progress: Progress; readonly render: (atMs: number) => string }[],
    nowMs: number,
  ): Promise<void> {
    for (let next = 0; next < lines.length;) {
      const segment = await this.#writable(nowMs);
      const atMs = Math.max(nowMs, segment.lastMs ?? segment.firstMs);
      const texts: string[] = [];
      const written: Progress[] = [];
      let room = this.#options.segmentBytes - (segment.bytes - segment.headBytes);
      while (next < lines.length && (room > 0 || texts.length === 0)) {
        const line = lines[next];
        next += 1;
        if (line === undefined) break;
        const text = line.render(atMs);
        room -= Buffer.byteLength(text);
        texts.push(text);
        written.push(line.progress);
      }
      await this.#write(segment, Buffer.from(texts.join('')));
      segment.lastMs = atMs;
      for (const progress of written) {
        this.#progress.set(keyOf(progress.attemptId, progress.source), progress);
      }
    }
  }

  /** Makes what is there safe against a power cut. */
  async sync(): Promise<void> {
    const last = this.#segments.at(-1);
    if (last === undefined) return;
    const handle = await open(last.file, 'r');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /**
   * Removes lines that are older, by whole segments. The one that grows is ended when it began
   * before `beganBeforeMs`: a log store that gets a line now and then must let go of old ones too.
   */
  async removeOlderThan(horizonMs: number, beganBeforeMs: number, nowMs: number): Promise<void> {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.lastMs !== null) {
      const due = last.lastMs < horizonMs || last.firstMs < beganBeforeMs;
      if (due) await this.#begin(nowMs);
    }
    while (this.#segments.length > 1) {
      const [oldest] = this.#segments;
      if (oldest === undefined || (oldest.lastMs ?? oldest.firstMs) >= horizonMs) return;
      await this.#removeOldest();
    }
  }

  /** Removes all lines; what is in progress goes on behind them. @returns whether nothing is left. */
  async clear(nowMs: number): Promise<boolean> {
    if (this.#progress.size > 0) {
      await this.#begin(nowMs);
      while (this.#segments.length > 1) await this.#removeOldest();
      return false;
    }
    this.#removedBytes += this.bytes;
    this.#segments = [];
    return true;
  }

  /** The segment to write to, with room for a line. */
  async #writable(nowMs: number): Promise<Segment> {
    const last = this.#segments.at(-1);
    const latestMs = last?.lastMs ?? last?.firstMs ?? nowMs;
    if (
      last !== undefined &&
      last.bytes - last.headBytes < this.#options.segmentBytes &&
      latestMs - nowMs <= maxClockStepMs
    ) {
      if (this.#torn) {
        await truncate(last.file, last.bytes);
        this.#torn = false;
      }
      return last;
    }
    return this.#begin(nowMs);
  }

  async #begin(firstMs: number): Promise<Segment> {
    const { folder, maxBytes, segmentBytes } = this.#options;
    // A crash would look at the new one alone.
    await this.sync();
    const number = this.#number + 1;
    const file = join(folder, segmentName(number, firstMs));
    const head = Buffer.from(headLines([...this.#progress.values()]));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, head, { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
    const bytes = head.length;
    const segment: Segment = { number, firstMs, file, bytes, headBytes: bytes, lastMs: null };
    this.#segments.push(segment);
    this.#number = number;
    this.#torn = false;
    while (this.#segments.length > 1 && this.bytes - head.length + segmentBytes > maxBytes) {
      await this.#removeOldest();
    }
    return segment;
  }

  async #removeOldest(): Promise<void> {
    const [oldest] = this.#segments;
    if (oldest === undefined) return;
    await rm(oldest.file, { force: true });
    this.#segments.shift();
    this.#removedBytes += oldest.bytes;
  }

  async #write(segment: Segment, bytes: Buffer): Promise<void> {
    const handle = await open(segment.file, 'r+');
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(
          bytes,
          done,
          bytes.length - done,
          segment.bytes + done,
        );
        done += bytesWritten;
      }
    } catch (error) {
      this.#torn = true;
      throw error;
    } finally {
      await handle.close();
    }
    segment.bytes += bytes.length;
  }

  /** The last segment after a crash: everything up to the first line that is none. */
  async #recovered(segment: FoundSegment): Promise<Segment> {
    let bytes = 0;
    let headBytes = 0;
    let lastMs: number | null = null;
    reading: for await (const { lines } of forward(segment.file, 0, Number.MAX_SAFE_INTEGER)) {
      for (const { text, end } of lines) {
        const line = parseLine(text);
        if (line === null) break reading;
        bytes = end;
        const told = line.kind === 'head' ? line.progress : [line.progress];
        for (const progress of told) {
          if (!this.#options.isUnfinished(progress.attemptId)) continue;
          this.#progress.set(keyOf(progress.attemptId, progress.source), progress);
        }
        if (line.kind === 'record') lastMs = line.record.atMs;
        else headBytes = end;
      }
    }
    await truncate(segment.file, bytes);
    return { ...segment, bytes, headBytes, lastMs };
  }
}

async function measured(segment: FoundSegment): Promise<Segment> {
  const handle = await open(segment.file, 'r');
  const { size } = await handle.stat().finally(() => handle.close());
  for await (const { lines } of backward(segment.file, size)) {
    for (const { text } of lines.toReversed()) {
      const line = parseLine(text);
      if (line?.kind !== 'record') continue;
      return { ...segment, bytes: size, headBytes: 0, lastMs: line.record.atMs };
    }
  }
  return { ...segment, bytes: size, headBytes: 0, lastMs: null };
}

function keyOf(attemptId: string, source: string): string {
  return `${attemptId} ${source}`;
}
