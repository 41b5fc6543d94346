import fs from 'node:fs';
import path from 'node:path';
import { maxJournalBytes, maxUnclaimed } from './limits.ts';

/**
 * How far a dispatch is. `sent`: written down before the call, so it may or may not have arrived.
 * `rejected`: it never arrived or was turned down. All but `sent` and `accepted` are final.
 */
export type PartState = 'sent' | 'accepted' | 'succeeded' | 'failed' | 'rejected' | 'lost';

/** One dispatch: what later lives of the server must know to hear of its end. */
export interface PartRecord {
  readonly logId: number;
  /** Also selects the day of the executor's log file; epoch milliseconds. */
  readonly dispatchedAtMs: number;
  readonly index: number;
  readonly total: number;
  /** Whom it went to; changes while none can be reached. */
  address: string;
  url: string;
  /** Name that 3.5 wants in every call; null before. */
  appName: string | null;
  state: PartState;
  /** What the executor said at the end. */
  message: string;
}

/** How an attempt ended. */
export interface EndRecord {
  readonly kind: 'ended' | 'lost' | 'refused';
  readonly atMs: number;
  /** Only of `ended`; null = a kill ended it. */
  readonly exitCode: number | null;
  readonly stopped: boolean;
  readonly message: string;
  readonly result: string;
}

/** What is kept of an attempt. */
export interface AttemptRecord {
  readonly group: number;
  readonly jobId: number;
  /** Name of the job, for progress. */
  readonly name: string;
  readonly parts: readonly PartRecord[];
  startedAtMs: number | null;
  /** When a stop was asked for. */
  stopAtMs: number | null;
  end: EndRecord | null;
}

/** Whether nothing more can happen to the dispatch. */
export function isOver({ state }: PartRecord): boolean {
  return state !== 'sent' && state !== 'accepted';
}

/** Whether the id can name a file: 1 to 128 of `A-Za-z0-9._-`, no leading dot. */
export function isAttemptId(id: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(id);
}

/**
 * Files `<attemptId>.json` of attempts that may still run, and `ended/<attemptId>.json` of others.
 * Each is written aside and renamed: whole or not at all. They outlive the process, not the power:
 * a dispatch of which there is no journal left is found by nobody and its callback is ignored.
 */
export class Journal {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error of the file system. */
  open(): void {
    fs.mkdirSync(path.join(this.#root, 'ended'), { recursive: true, mode: 0o700 });
  }

  file(attemptId: string): string {
    return path.join(this.#root, `${attemptId}.json`);
  }

  /** @throws Error of the file system. */
  write(attemptId: string, record: AttemptRecord): void {
    const live = this.file(attemptId);
    const target = record.end === null ? live : this.#ended(attemptId);
    fs.writeFileSync(`${live}.new`, JSON.stringify(record), { mode: 0o600 });
    fs.renameSync(`${live}.new`, target);
    if (record.end !== null) fs.rmSync(live, { force: true });
  }

  /** Whether anything is kept, readable or not. */
  has(attemptId: string): boolean {
    return fs.existsSync(this.file(attemptId)) || fs.existsSync(this.#ended(attemptId));
  }

  /** Null when nothing is kept, or it cannot be read. */
  read(attemptId: string): AttemptRecord | null {
    if (!isAttemptId(attemptId)) return null;
    return readRecord(this.#ended(attemptId)) ?? readRecord(this.file(attemptId));
  }

  /** Ids of attempts without an end; leftovers of interrupted writes are removed. */
  unended(): readonly string[] {
    const ids: string[] = [];
    for (const name of fs.readdirSync(this.#root)) {
      if (name.endsWith('.json.new')) fs.rmSync(path.join(this.#root, name), { force: true });
      else if (name.endsWith('.json') && ids.length < maxUnclaimed) ids.push(name.slice(0, -5));
    }
    return ids.filter(isAttemptId);
  }

  /** @throws Error of the file system. */
  async remove(attemptId: string): Promise<void> {
    await fs.promises.rm(this.#ended(attemptId), { force: true });
    await fs.promises.rm(this.file(attemptId), { force: true });
  }

  #ended(attemptId: string): string {
    return path.join(this.#root, 'ended', `${attemptId}.json`);
  }
}

function readRecord(file: string): AttemptRecord | null {
  try {
    if (fs.statSync(file).size > maxJournalBytes) return null;
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<AttemptRecord> | null;
    const known = Array.isArray(record?.parts) && typeof record.group === 'number';
    return known ? (record as AttemptRecord) : null;
  } catch {
    return null;
  }
}
