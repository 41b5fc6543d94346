import fs from 'node:fs';
import path from 'node:path';
import type { EngineApi } from './api.ts';
import { FrameReader } from './frames.ts';
import { positionEveryBytes, replaySlackSeconds } from './limits.ts';
import { LogWriter, type Mark } from './log-writer.ts';
import { isBefore, parseStamp } from './stamps.ts';
import { names } from './records.ts';

/** The marks of both streams as they were at one moment. */
interface Position {
  readonly stdout: Mark | null;
  readonly stderr: Mark | null;
}

/**
 * The output of one attempt: follows the engine's log into the files `stdout` and `stderr`. Any
 * number of reads, interrupted anywhere, give the same files: each read begins a little before
 * what is known, and what is written already is skipped.
 */
export class AttemptLogs {
  readonly #api: EngineApi;
  readonly #folder: string;
  readonly #stdout: LogWriter;
  readonly #stderr: LogWriter;
  #positionAtBytes = 0;

  /** @throws Error of the file system. */
  constructor(api: EngineApi, folder: string, maxLogBytes: number) {
    this.#api = api;
    this.#folder = folder;
    const { stdout, stderr } = readPosition(folder);
    this.#stdout = new LogWriter(folder, 'stdout', maxLogBytes, stdout);
    this.#stderr = new LogWriter(folder, 'stderr', maxLogBytes, stderr);
    this.#positionAtBytes = this.#stdout.size + this.#stderr.size;
  }

  /**
   * Writes output as it comes; resolves when the engine ends the stream.
   * @throws what `EngineClient` throws, or an Error of the file system.
   */
  follow(container: string, signal: AbortSignal): Promise<void> {
    return this.#read(container, true, signal);
  }

  /**
   * Writes what following has missed and is there now; after the end that is everything. Where the
   * engine drops lines while it is followed, everything is read once more and put right.
   */
  async drain(container: string, signal: AbortSignal): Promise<void> {
    await this.#read(container, false, signal);
    await Promise.all([this.#stdout.finish(), this.#stderr.finish()]);
  }

  /** Lets go; a later life of the server goes on from here. */
  async close(): Promise<void> {
    this.#writePosition();
    await Promise.all([this.#stdout.close(), this.#stderr.close()]);
  }

  async #read(container: string, follow: boolean, signal: AbortSignal): Promise<void> {
    const verify = !follow && !this.#api.followsExactly;
    for (const writer of [this.#stdout, this.#stderr]) {
      if (verify) writer.verify();
      else writer.rewind();
    }
    const query = { follow, sinceSeconds: verify ? 0 : this.#since() };
    const answer = await this.#api.logs(container, query, signal);
    const reader = new FrameReader();
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        for (const { stream, payload } of reader.push(chunk)) {
          (stream === 'stdout' ? this.#stdout : this.#stderr).take(payload);
        }
        // The engine waits while the disk is slow: nothing piles up here.
        await this.#stdout.flush();
        await this.#stderr.flush();
        const bytes = this.#stdout.size + this.#stderr.size;
        if (bytes - this.#positionAtBytes >= positionEveryBytes) this.#writePosition();
      }
    } finally {
      answer.destroy();
    }
  }

  /** Where the next read begins: a little before the newest stamp, or 0 for the beginning. */
  #since(): number {
    const stamps = [this.#stdout.mark, this.#stderr.mark].flatMap((mark) => {
      const stamp = parseStamp(mark?.stamp ?? '');
      return stamp === null ? [] : [stamp];
    });
    // Bytes without a mark can only be counted from the beginning.
    const uncounted = [this.#stdout, this.#stderr].some(
      ({ mark, size }) => mark === null && size > 0,
    );
    const newest = stamps.reduce((one, other) => (isBefore(one, other) ? other : one), {
      seconds: 0,
      nanos: 0,
    });
    return uncounted ? 0 : Math.max(0, newest.seconds - replaySlackSeconds);
  }

  #writePosition(): void {
    const position = { stdout: this.#stdout.mark, stderr: this.#stderr.mark };
    this.#positionAtBytes = this.#stdout.size + this.#stderr.size;
    const file = path.join(this.#folder, names.position);
    try {
      fs.writeFileSync(`${file}.new`, JSON.stringify(position), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    } catch {
      // Without it a later life reads the engine's log from the beginning.
    }
  }
}

function readPosition(folder: string): Position {
  try {
    const text = fs.readFileSync(path.join(folder, names.position), 'utf8');
    const value = JSON.parse(text) as Partial<Position>;
    return { stdout: markOf(value.stdout), stderr: markOf(value.stderr) };
  } catch {
    return { stdout: null, stderr: null };
  }
}

function markOf(value: Mark | null | undefined): Mark | null {
  if (typeof value?.stamp !== 'string' || typeof value.offset !== 'number') return null;
  return parseStamp(value.stamp) === null ? null : value;
}
