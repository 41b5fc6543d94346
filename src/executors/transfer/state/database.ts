import Sqlite, { type Database as Connection } from 'better-sqlite3';
import { stateAgainMs, stateBusyMs } from '../limits.ts';

export type { Connection };

/**
 * What is known of a run, shared by its workers and the server: one file, several processes.
 *
 * - `run`: one row. `owner` has the phase that only one worker does (planning, finishing, proving).
 *   `files_empty`, `files_left`: files that only the finish wrote, and what it left away.
 * - `tables`: what the plan says of each table.
 * - `chunks`: `waiting`, `taken` by a worker, or `done`. `intent` is written before a commit
 *   whose end might not be seen, and taken back or made good after it. `checksum`: of its rows as
 *   they were read, up to the last commit, without those that were rejected; null = not known.
 *   `arrived`: token of the commit that brought all of it; null = there were several. `found`: checksum of what
 *   that commit brought, as it was read back from the target.
 * - `marks`: token of the last commit of each shard of a table.
 * - `quarantine`: `pending` rows belong to a chunk whose commit is not known yet.
 * - `workers`: who is there, and what each has moved since its last commit.
 * - `samples`: what was moved in all, from time to time.
 */
const schema = `
  create table if not exists run (
    only_one integer primary key check (only_one = 1),
    phase text not null,
    grain text not null default 'chunk',
    owner text,
    failure text,
    proof text,
    started_at integer not null,
    updated_at integer not null,
    ended_at integer,
    rows_deleted integer not null default 0,
    files_total integer,
    bytes_total integer,
    error_tries integer not null default 0,
    transient_tries integer not null default 0,
    retry_at integer,
    abandoned integer not null default 0,
    files_empty integer not null default 0,
    files_left integer not null default 0
  ) strict;
  create table if not exists tables (
    idx integer primary key,
    planned text not null,
    source text not null,
    target text not null,
    details text not null,
    state text not null,
    message text not null default '',
    before text
  ) strict;
  create table if not exists chunks (
    table_idx integer not null,
    seq integer not null,
    shard integer not null,
    chunk text not null,
    weight integer,
    state text not null,
    owner text,
    not_before integer,
    position text,
    intent text,
    repeats integer not null default 0,
    rows_read integer not null default 0,
    extra_rows integer not null default 0,
    rows_written integer not null default 0,
    rows_updated integer not null default 0,
    rows_rejected integer not null default 0,
    bytes_read integer not null default 0,
    bytes_written integer not null default 0,
    files_read integer not null default 0,
    files_written integer not null default 0,
    files_skipped integer not null default 0,
    checksum text,
    arrived text,
    found text,
    primary key (table_idx, seq)
  ) strict;
  create index if not exists chunks_of_shard on chunks (table_idx, shard, seq);
  create index if not exists chunks_open on chunks (state) where state <> 'done';
  create table if not exists marks (
    table_idx integer not null,
    shard integer not null,
    token text not null,
    primary key (table_idx, shard)
  ) strict;
  create table if not exists quarantine (
    id integer primary key autoincrement,
    table_idx integer not null,
    seq integer not null,
    shard integer not null,
    pending integer not null,
    place text not null,
    reason text not null,
    fields text not null
  ) strict;
  create index if not exists quarantine_pending on quarantine (table_idx, seq) where pending = 1;
  create index if not exists quarantine_of_shard on quarantine (shard, id);
  create table if not exists notes (
    id integer primary key autoincrement,
    at integer not null,
    shard integer not null,
    message text not null,
    rows_repeated integer not null
  ) strict;
  create table if not exists workers (
    name text primary key,
    pid integer not null,
    ticks text not null,
    beat_at integer not null,
    ended integer not null default 0,
    rows_read integer not null default 0,
    rows_written integer not null default 0,
    bytes_read integer not null default 0,
    bytes_written integer not null default 0,
    rows_rejected integer not null default 0
  ) strict;
  create table if not exists samples (
    at integer primary key,
    rows_read integer not null,
    rows_written integer not null,
    rows_rejected integer not null,
    bytes_read integer not null,
    bytes_written integer not null
  ) strict;
  create table if not exists pace (
    worker text primary key,
    until_at real not null,
    cost_ms real not null
  ) strict;
`;

/** Opens the state for work, making it where it is not there. @throws Error of the database. */
export function openState(file: string, nowMs: number): Connection {
  const database = new Sqlite(file, { timeout: stateBusyMs });
  logAhead(database);
  // Only what was intended must survive the machine (`durably`); all else can be found out by it.
  database.pragma('synchronous = normal');
  // All of it or nothing: whoever finds the run finds its tables.
  database
    .transaction(() => {
      database.exec(schema);
      addColumns(database);
      database
        .prepare(
          `insert or ignore into run (only_one, phase, started_at, updated_at) values (1, 'planning', ?, ?)`,
        )
        .run(nowMs, nowMs);
    })
    .immediate();
  return database;
}

/**
 * Makes the write-ahead log the state's way of writing. Workers of a run begin at the same moment,
 * and SQLite does not wait for this lock: whoever comes second would be told that it is taken.
 */
function logAhead(database: Connection): void {
  const untilMs = performance.now() + stateBusyMs;
  for (;;) {
    try {
      database.pragma('journal_mode = wal');
      return;
    } catch (error) {
      const isTaken = error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!isTaken || performance.now() > untilMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stateAgainMs);
    }
  }
}

/** A run that an earlier version began lacks them. */
function addColumns(database: Connection): void {
  const later = [
    ['run', 'files_empty', 'integer not null default 0'],
    ['run', 'files_left', 'integer not null default 0'],
    ['chunks', 'checksum', 'text'],
    ['chunks', 'arrived', 'text'],
    ['chunks', 'found', 'text'],
  ] as const;
  for (const [table, name, type] of later) {
    const columns = database.pragma(`table_info(${table})`) as readonly { readonly name: string }[];
    if (columns.some((column) => column.name === name)) continue;
    database.exec(`alter table ${table} add column ${name} ${type}`);
  }
}

/** Runs a change that is on the disk when this returns, with everything before it. */
export function durably<T>(database: Connection, change: () => T): T {
  database.pragma('synchronous = full');
  try {
    return change();
  } finally {
    database.pragma('synchronous = normal');
  }
}

/** Opens it for reading; null when there is none, or nothing in it yet. */
export function openStateForReading(file: string): Connection | null {
  try {
    // Not as read-only: a reader of the write-ahead log needs its side files.
    const database = new Sqlite(file, { fileMustExist: true, timeout: stateBusyMs });
    if (database.prepare(`select 1 from sqlite_schema where name = 'run'`).get() !== undefined)
      return database;
    database.close();
    return null;
  } catch {
    return null;
  }
}
