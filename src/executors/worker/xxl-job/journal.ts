import fs from 'node:fs';
import path from 'node:path';
import Sqlite, { type Database, type Statement } from 'better-sqlite3';
import { journalLogPages, maxJournalBytes, maxUnclaimed } from './limits.ts';

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

/** Whether the id is 1 to 128 of `A-Za-z0-9._-` without a leading dot, so that it can name a file. */
export function isAttemptId(id: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(id);
}

/**
 * What is kept of attempts, in a small database of its own: a file for each would be made and
 * removed for each trigger, which costs the file system more than all the rest of it. What was
 * written outlives the process, not the power: a dispatch of which there is no journal left is
 * found by nobody and its callback is ignored.
 */
export class Journal {
  readonly #root: string;
  #open: Open | null = null;
  /** Writes of this turn. */
  #gathered: Gathered[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** Where it is kept. */
  get file(): string {
    return path.join(this.#root, 'journal.db');
  }

  /** @throws Error when the folder or the database cannot be used. */
  open(): void {
    fs.mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    // Made by us first: the database is not for others to read.
    fs.closeSync(fs.openSync(this.file, 'a', 0o600));
    this.#open = openDatabase(this.file);
  }

  /**
   * Many writes at the cost of little more than one. What was written before `writes` threw stays.
   * @throws what `writes` throws; Error of the database.
   */
  together(writes: () => void): void {
    const { db } = this.#opened();
    db.exec('begin immediate');
    try {
      writes();
    } finally {
      // A full disk may have rolled it back already.
      if (db.inTransaction) db.exec('commit');
    }
  }

  /** @throws Error of the database. */
  write(attemptId: string, record: AttemptRecord): void {
    this.#opened().put.run(attemptId, record.end === null ? 0 : 1, JSON.stringify(record));
  }

  /**
   * Writes together with all others of this turn of the event loop; resolves when it is written.
   * @throws Error of the database.
   */
  gather(attemptId: string, record: AttemptRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) setImmediate(() => this.#writeGathered());
      this.#gathered.push({ attemptId, record, resolve, reject });
    });
  }

  /** Whether anything is kept, readable or not. */
  has(attemptId: string): boolean {
    return this.#open?.has.get(attemptId) !== undefined;
  }

  /** Null when nothing is kept, or it cannot be read. */
  read(attemptId: string): AttemptRecord | null {
    if (!isAttemptId(attemptId) || this.#open === null) return null;
    return readRecord(this.#open.get, attemptId);
  }

  /** Ids of attempts without an end. */
  unended(): readonly string[] {
    return (this.#opened().unended.all() as string[]).filter(isAttemptId);
  }

  /** @throws Error of the database. */
  remove(attemptId: string): void {
    this.#opened().remove.run(attemptId);
  }

  close(): void {
    this.#open?.db.close();
    this.#open = null;
  }

  #writeGathered(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    try {
      this.together(() => {
        for (const { attemptId, record } of gathered) this.write(attemptId, record);
      });
      for (const { resolve } of gathered) resolve();
    } catch (error) {
      for (const { reject } of gathered) reject(error);
    }
  }

  #opened(): Open {
    if (this.#open === null) throw new Error(`the journal ${this.file} is not open`);
    return this.#open;
  }
}

/** A write that waits for its turn, bounded by the attempts that begin in one. */
interface Gathered {
  readonly attemptId: string;
  readonly record: AttemptRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** An open database with its statements. */
interface Open {
  readonly db: Database;
  readonly put: Statement;
  readonly has: Statement;
  readonly get: Statement;
  readonly unended: Statement;
  readonly remove: Statement;
}

function openDatabase(file: string): Open {
  const db = new Sqlite(file);
  try {
    db.pragma('journal_mode = WAL');
    // Commits are not synced; the database stays whole all the same, whenever the power goes.
    db.pragma('synchronous = NORMAL');
    db.pragma(`wal_autocheckpoint = ${journalLogPages}`);
    db.pragma('trusted_schema = OFF');
    db.exec(
      `create table if not exists attempts (id text primary key, over integer not null, record text not null) without rowid;
       create index if not exists attempts_unended on attempts (id) where over = 0;`,
    );
    return {
      db,
      put: db.prepare(
        `insert into attempts (id, over, record) values (?, ?, ?)
         on conflict (id) do update set over = excluded.over, record = excluded.record`,
      ),
      has: db.prepare('select 1 from attempts where id = ?').pluck(),
      get: db.prepare('select record from attempts where id = ?').pluck(),
      unended: db
        .prepare(`select id from attempts where over = 0 order by id limit ${maxUnclaimed}`)
        .pluck(),
      remove: db.prepare('delete from attempts where id = ?'),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function readRecord(get: Statement, attemptId: string): AttemptRecord | null {
  try {
    const text = get.get(attemptId) as string | undefined;
    if (text === undefined || text.length > maxJournalBytes) return null;
    const record = JSON.parse(text) as Partial<AttemptRecord> | null;
    const known = Array.isArray(record?.parts) && typeof record.group === 'number';
    return known ? (record as AttemptRecord) : null;
  } catch {
    return null;
  }
}
