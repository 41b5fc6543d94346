import fs from 'node:fs';
import path from 'node:path';
import type { LogChunk } from '../../../ports/executor.ts';
import { CallError, type ExecutorClient, type Peer } from './client.ts';
import { type AttemptRecord, isOver, type PartRecord } from './journal.ts';
import { logPauseMs, maxLogBytes, maxLogPages, maxLogReplyBytes, maxReadBytes } from './limits.ts';
import { codes, readLogPage } from './protocol.ts';
import { logBody } from './questions.ts';

/** How far the output of an attempt was fetched. */
interface Position {
  /** Bytes of the file that count; what a crash left behind them does not. */
  bytes: number;
  /** Next line of each dispatch; 0 = all of it is here. */
  readonly lines: number[];
  /** Dispatch whose output was added last. */
  last: number;
}

/** What fetching asks of the executor's other parts. */
export interface OutputSources {
  readonly client: ExecutorClient;
  nowMs(): number;
  peer(record: AttemptRecord, part: PartRecord): Peer;
}

/**
 * Output of attempts. Executors keep it and give it line by line; what was fetched is kept here in
 * `logs/<attemptId>.txt`, so that offsets never shift. It is fetched when somebody reads.
 */
export class Output {
  readonly #root: string;
  readonly #sources: OutputSources;
  /** Fetches under way; readers of one attempt share them. */
  readonly #fetching = new Map<string, Promise<void>>();
  /** When the latest fetch of an attempt ended that is not complete. */
  readonly #fetchedAtMs = new Map<string, number>();

  constructor(root: string, sources: OutputSources) {
    this.#root = path.join(root, 'logs');
    this.#sources = sources;
  }

  /** @throws Error of the file system. */
  open(): void {
    fs.mkdirSync(this.#root, { recursive: true, mode: 0o700 });
  }

  /** Fetches what is new and reads a piece. @throws Error of the file system. */
  async read(
    attemptId: string,
    record: AttemptRecord,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk> {
    await this.#refresh(attemptId, record);
    const { bytes: size } = this.#position(attemptId, record);
    const from = Math.min(Math.max(0, Math.floor(offset)), size);
    const wanted = Math.max(0, Math.min(Math.floor(maxBytes), maxReadBytes, size - from));
    const bytes = Buffer.alloc(wanted);
    if (wanted === 0) return { offset: from, bytes, nextOffset: from, size };
    const fd = fs.openSync(this.#file(attemptId, 'txt'), 'r');
    try {
      const length = fs.readSync(fd, bytes, 0, wanted, from);
      return { offset: from, bytes: bytes.subarray(0, length), nextOffset: from + length, size };
    } finally {
      fs.closeSync(fd);
    }
  }

  /** @throws Error of the file system. */
  async remove(attemptId: string): Promise<void> {
    await this.#fetching.get(attemptId);
    this.#fetchedAtMs.delete(attemptId);
    await fs.promises.rm(this.#file(attemptId, 'txt'), { force: true });
    await fs.promises.rm(this.#file(attemptId, 'json'), { force: true });
  }

  #refresh(attemptId: string, record: AttemptRecord): Promise<void> {
    const running = this.#fetching.get(attemptId);
    if (running !== undefined) return running;
    const position = this.#position(attemptId, record);
    if (position.lines.every((line) => line === 0)) return Promise.resolve();
    const fetchedAtMs = this.#fetchedAtMs.get(attemptId);
    const ageMs = this.#sources.nowMs() - (fetchedAtMs ?? Number.NEGATIVE_INFINITY);
    // Once it has ended the next reader gets everything at once.
    if (ageMs >= 0 && ageMs < logPauseMs && record.end === null) return Promise.resolve();
    const fetching = this.#fetch(attemptId, record, position).finally(() => {
      this.#fetching.delete(attemptId);
      this.#fetchedAtMs.delete(attemptId);
      if (record.end === null) this.#fetchedAtMs.set(attemptId, this.#sources.nowMs());
    });
    this.#fetching.set(attemptId, fetching);
    return fetching;
  }

  async #fetch(attemptId: string, record: AttemptRecord, position: Position): Promise<void> {
    for (const [index, part] of record.parts.entries()) {
      if (part.state === 'rejected') position.lines[index] = 0;
      for (let pages = 0; pages < maxLogPages && (position.lines[index] ?? 0) > 0; pages += 1) {
        // Looked at before the page is asked for: what comes after the end is all of it.
        const over = isOver(part);
        const more = await this.#page(attemptId, record, index, position);
        if (more === 'yes') continue;
        if (more === 'none' && over) position.lines[index] = 0;
        break;
      }
    }
    this.#write(attemptId, position);
  }

  /** Adds the next page. `failed`: the executor could not be asked. */
  async #page(
    attemptId: string,
    record: AttemptRecord,
    index: number,
    position: Position,
  ): Promise<'yes' | 'none' | 'failed'> {
    const part = record.parts[index];
    const line = position.lines[index] ?? 0;
    if (part === undefined || line === 0) return 'none';
    const { client } = this.#sources;
    try {
      const peer = this.#sources.peer(record, part);
      const reply = await client.call(peer, 'log', logBody(part, line), maxLogReplyBytes);
      const page = reply.code === codes.success ? readLogPage(reply.data) : null;
      if (page === null) return 'failed';
      // The rule of workers.md §1.4: no new lines is the only sign of the end.
      if (page.missing || page.toLine < line) return 'none';
      position.lines[index] = page.toLine + 1;
      this.#append(attemptId, record, index, page.content, position);
      return position.lines[index] === 0 ? 'none' : 'yes';
    } catch (error) {
      if (error instanceof CallError) return 'failed';
      throw error;
    }
  }

  #append(
    attemptId: string,
    record: AttemptRecord,
    index: number,
    content: string,
    position: Position,
  ): void {
    const part = record.parts[index];
    const heads = record.parts.length > 1 && position.last !== index;
    const head = heads
      ? `----- ${part?.address ?? ''} #${part?.index ?? index} of ${part?.total ?? 0} -----\n`
      : '';
    const end = content === '' || content.endsWith('\n') ? '' : '\n';
    let bytes = Buffer.from(`${head}${content}${end}`);
    const room = maxLogBytes - position.bytes;
    if (bytes.length > room) {
      const note = Buffer.from(`\n[more than ${maxLogBytes} bytes; the rest is on the executor]\n`);
      bytes = Buffer.concat([bytes.subarray(0, Math.max(0, room - note.length)), note]);
      position.lines.fill(0);
    }
    const fd = fs.openSync(this.#file(attemptId, 'txt'), 'a+', 0o600);
    try {
      // What an interrupted fetch left is fetched again.
      fs.ftruncateSync(fd, position.bytes);
      fs.writeSync(fd, bytes);
    } finally {
      fs.closeSync(fd);
    }
    position.bytes += bytes.length;
    position.last = index;
  }

  #position(attemptId: string, { parts }: AttemptRecord): Position {
    const fresh = { bytes: 0, lines: parts.map(() => 1), last: -1 };
    try {
      const text = fs.readFileSync(this.#file(attemptId, 'json'), 'utf8');
      const kept = JSON.parse(text) as Partial<Position>;
      const fits = Array.isArray(kept.lines) && kept.lines.length === parts.length;
      return fits ? { ...fresh, ...kept } : fresh;
    } catch {
      return fresh;
    }
  }

  #write(attemptId: string, position: Position): void {
    const file = this.#file(attemptId, 'json');
    fs.writeFileSync(`${file}.new`, JSON.stringify(position), { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }

  #file(attemptId: string, kind: 'txt' | 'json'): string {
    return path.join(this.#root, `${attemptId}.${kind}`);
  }
}
