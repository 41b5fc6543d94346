import fs from 'node:fs';
import path from 'node:path';
import type { AttemptEndReport } from '../../ports/executor.ts';
import { openRegular } from '../attempts/folder.ts';
import { maxRecordBytes } from './limits.ts';

/** Files in an attempt's folder besides `stdout`, the answer, and `stderr`, what happened. */
const files = {
  /** JSON: the request that is about to be sent. */
  request: 'request',
  /** JSON: how it ended. */
  end: 'end',
} as const;

/** How an attempt ended. */
export interface EndRecord {
  readonly atMs: number;
  /** 0 = success, 1 = none; null = a stop ended it. */
  readonly exitCode: number | null;
  readonly message: string;
  /** Beginning of the answer. */
  readonly result: string;
}

/**
 * What is kept of attempts: a folder for each. It is made before the request is sent, and is the
 * gate that lets an attempt happen only once, ever.
 */
export class Journal {
  readonly #root: string;
  #rebooted = false;

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error of the file system. */
  open(): void {
    fs.mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    // A power cut can take folders of requests that were sent.
    const file = path.join(this.#root, '.boot');
    const boot = bootId();
    this.#rebooted = fs.existsSync(file) && fs.readFileSync(file, 'utf8') !== boot;
    fs.writeFileSync(file, boot, { mode: 0o600 });
  }

  folder(attemptId: string): string {
    return path.join(this.#root, attemptId);
  }

  /**
   * Notes what is about to be sent.
   * @returns false when there is such an attempt already.
   * @throws Error of the file system; then nothing is left behind.
   */
  begin(attemptId: string, atMs: number): boolean {
    const folder = this.folder(attemptId);
    try {
      fs.mkdirSync(folder, 0o700);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    try {
      this.#write(attemptId, files.request, JSON.stringify({ atMs }));
      return true;
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Keeps the answer and what happened. @throws Error of the file system. */
  end(attemptId: string, end: EndRecord, answer: Uint8Array, story: string): void {
    this.#write(attemptId, 'stdout', answer);
    this.#write(attemptId, 'stderr', story);
    // The last: who finds it finds the rest.
    this.#write(attemptId, files.end, JSON.stringify(end));
  }

  /** What is known of an attempt of an earlier life. */
  find(attemptId: string, started: boolean): EndRecord | 'never-sent' | 'unknown' {
    const folder = this.folder(attemptId);
    const text = readRecord(path.join(folder, files.end));
    if (text !== null) return parseEnd(text) ?? 'unknown';
    if (started || this.#rebooted || fs.existsSync(folder)) return 'unknown';
    return 'never-sent';
  }

  #write(attemptId: string, name: string, content: string | Uint8Array): void {
    const file = path.join(this.folder(attemptId), name);
    fs.writeFileSync(`${file}.new`, content, { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }
}

/** The end as it is reported. */
export function endReport(attemptId: string, fence: number, end: EndRecord): AttemptEndReport {
  const stopped = end.exitCode === null;
  // A stop is no exit.
  const signal = stopped ? 'SIGTERM' : null;
  return { kind: 'ended', attemptId, fence, ...end, signal, stopped };
}

function readRecord(file: string): string | null {
  const fd = openRegular(file);
  if (fd === null) return null;
  try {
    const bytes = Buffer.alloc(maxRecordBytes);
    return bytes.toString('utf8', 0, fs.readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    fs.closeSync(fd);
  }
}

function parseEnd(text: string): EndRecord | null {
  try {
    const { atMs, exitCode, message, result } = JSON.parse(text) as Partial<EndRecord>;
    if (typeof atMs !== 'number' || typeof message !== 'string' || typeof result !== 'string') {
      return null;
    }
    return { atMs, exitCode: typeof exitCode === 'number' ? exitCode : null, message, result };
  } catch {
    return null;
  }
}

function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Where nothing tells, every life may have begun with the machine.
    return `${process.pid} ${performance.timeOrigin}`;
  }
}
