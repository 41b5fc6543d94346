import Sqlite, { type Database as Connection, type Statement } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { type AdmissionLimits } from '../../domain/admission.ts';
import type { RunJoined } from '../sql/rows.ts';
import type { JobSpec } from '../../domain/template.ts';
import { parseRevision, type ParsedRevision } from '../sql/rows.ts';
import type { Database } from '../sql/schema.ts';
import { WalSync } from './wal-sync.ts';
import { WriteQueue } from './write-queue.ts';

/** Page cache of the connection. Kept small: the server promises a small footprint. */
const CACHE_KIB = 2 * 1024;
/**
 * Pages in the log (64 MiB) before SQLite moves them into the database file. That holds up the
 * loop, so it is rare; the same page is then moved once, however often it was written.
 */
const CHECKPOINT_PAGES = 16_384;
/** How long another process's lock is waited for before a write fails. */
const BUSY_TIMEOUT_MS = 5_000;
/** Parsed revisions kept; they are immutable, so this only trades memory for parsing. */
const MAX_CACHED_REVISIONS = 1_024;

/** Columns of a run with its template, as every read selects them. */
export const runColumns = `r.*, t.id as template_id, t.name as template_name, t.dialect as dialect, t.namespace as namespace`;

/**
 * The open database with what every part of the store shares: one connection, the group
 * commit queue, and the count of unfinished runs that admission checks.
 */
export class Session {
  readonly db: Connection;
  /** For migrations and cold queries; the hot statements are prepared by hand. */
  readonly sql: Kysely<Database>;
  readonly writes: WriteQueue;
  readonly limits: AdmissionLimits;
  readonly #revisions = new Map<string, ParsedRevision>();
  readonly #revisionQuery: () => Statement;
  #wal: WalSync | null = null;
  #unfinished = 0;
  #delta = 0;

  /** `source`: a file, or an open in-memory database, which has no log to sync. */
  constructor(source: string | Connection, limits: AdmissionLimits) {
    this.limits = limits;
    this.db = typeof source === 'string' ? new Sqlite(source) : source;
    this.db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.db.pragma('journal_mode = WAL');
    // Commits are synced by `WalSync`, together and beside the event loop, before they are
    // acknowledged; SQLite's own sync of every commit would hold the loop up.
    this.db.pragma('synchronous = NORMAL');
    this.db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.db.pragma(`cache_size = -${CACHE_KIB}`);
    this.db.pragma('temp_store = MEMORY');
    this.db.pragma('trusted_schema = OFF');
    this.sql = new Kysely<Database>({ dialect: new SqliteDialect({ database: this.db }) });
    this.writes = new WriteQueue(this.db, {
      sync: () =>
        typeof source === 'string' ? (this.#wal ??= new WalSync(source)).sync() : Promise.resolve(),
      onOutcome: (committed) => {
        if (committed) this.#unfinished += this.#delta;
        this.#delta = 0;
      },
    });
    this.#revisionQuery = lazy(() =>
      this.db.prepare(
        'select spec, document, not_acted_on, schedule, catalog_refs from template_revisions where template_n = ? and revision = ?',
      ),
    );
  }

  /** Moves the log into the database and closes both. Nothing may be waiting to be written. */
  async close(): Promise<void> {
    if (!this.db.open) return;
    await this.#wal?.close();
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    this.db.close();
  }

  /** Unfinished runs as seen inside the current transaction. */
  get unfinishedRuns(): number {
    return this.#unfinished + this.#delta;
  }

  /** Counts a run that began (+1) or ended (-1); forgotten if the transaction is rolled back. */
  countUnfinished(change: 1 | -1): void {
    this.#delta += change;
  }

  /** Reads the counter from the table; once, when the store opens. */
  loadUnfinished(): void {
    const row = this.db
      .prepare(`select count(*) as c from runs where state in ('queued', 'running', 'stopping')`)
      .get() as { c: number };
    this.#unfinished = row.c;
  }

  /** The parsed revision. @throws Error when it is missing: the database is damaged. */
  revision(templateN: number, revision: number): ParsedRevision {
    const cacheKey = `${templateN}:${revision}`;
    const cached = this.#revisions.get(cacheKey);
    if (cached !== undefined) return cached;
    const row = this.#revisionQuery().get(templateN, revision) as
      | Parameters<typeof parseRevision>[0]
      | undefined;
    if (row === undefined)
      throw new Error(`template revision ${cacheKey} is missing from the database`);
    const parsed = parseRevision(row);
    if (this.#revisions.size >= MAX_CACHED_REVISIONS) {
      const oldest = this.#revisions.keys().next().value;
      if (oldest !== undefined) this.#revisions.delete(oldest);
    }
    this.#revisions.set(cacheKey, parsed);
    return parsed;
  }

  /** Forgets a parsed revision, for a write that may be rolled back and written differently. */
  forgetRevision(templateN: number, revision: number): void {
    this.#revisions.delete(`${templateN}:${revision}`);
  }

  /** What the run runs by: its own overridden copy, or the template's revision. */
  runDefinition(row: RunJoined): Omit<ParsedRevision, 'schedule'> {
    if (row.spec !== null && row.document !== null && row.not_acted_on !== null) {
      return {
        spec: JSON.parse(row.spec) as JobSpec,
        document: JSON.parse(row.document) as Record<string, unknown>,
        notActedOn: JSON.parse(row.not_acted_on) as string[],
      };
    }
    const { spec, document, notActedOn } = this.revision(row.template_n, row.revision);
    return { spec, document, notActedOn };
  }
}

/** Prepares a statement at first use: tables exist only after the migrations. */
export function lazy<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}
