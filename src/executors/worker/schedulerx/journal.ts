import fs from 'node:fs';
import path from 'node:path';
import { maxJournalBytes, maxJournals } from './limits.ts';
import type { EndRecord } from './outcome.ts';

/** What later lives of the server must know to hear of an attempt's end. */
export interface AttemptRecord {
  readonly group: number;
  readonly jobId: number;
  readonly instanceId: number;
  readonly jobType: string;
  readonly mode: string;
  /** The instance's master. */
  readonly workerId: string;
  /** Its address at the time. */
  readonly worker: string;
  readonly submittedAtMs: number;
  /** When it was known to run; null = the worker has not said so. */
  startedAtMs: number | null;
  /** When a stop was asked for. */
  stopAtMs: number | null;
  end: EndRecord | null;
}

/** Whether the id can name a file: 1 to 128 of `A-Za-z0-9._-`, no leading dot. */
export function isAttemptId(id: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(id);
}

/**
 * Files `<attemptId>.json`, each written aside and renamed: whole or not at all. One is written
 * before the submit, so that the end of what a worker runs finds its attempt after any restart;
 * and before an end is reported, because a worker tells it only once.
 */
export class Journal {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error of the file system. */
  open(): void {
    fs.mkdirSync(this.#root, { recursive: true, mode: 0o700 });
  }

  file(attemptId: string): string {
    return path.join(this.#root, `${attemptId}.json`);
  }

  /** @throws Error of the file system. */
  write(attemptId: string, record: AttemptRecord): void {
    const file = this.file(attemptId);
    fs.writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }

  /** Null when nothing is kept, or it cannot be read. */
  read(attemptId: string): AttemptRecord | null {
    if (!isAttemptId(attemptId)) return null;
    try {
      const file = this.file(attemptId);
      if (fs.statSync(file).size > maxJournalBytes) return null;
      const record = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<AttemptRecord> | null;
      const known =
        typeof record?.instanceId === 'number' &&
        typeof record.group === 'number' &&
        typeof record.workerId === 'string';
      return known ? ({ stopAtMs: null, end: null, ...record } as AttemptRecord) : null;
    } catch {
      return null;
    }
  }

  /** Ids of all attempts that are kept; leftovers of interrupted writes are removed. */
  list(): readonly string[] {
    const ids: string[] = [];
    for (const name of fs.readdirSync(this.#root)) {
      if (name.endsWith('.json.new')) fs.rmSync(path.join(this.#root, name), { force: true });
      else if (name.endsWith('.json') && ids.length < maxJournals) ids.push(name.slice(0, -5));
    }
    return ids.filter(isAttemptId);
  }

  /** @throws Error of the file system. */
  remove(attemptId: string): void {
    fs.rmSync(this.file(attemptId), { force: true });
  }
}
