/** Rows into a table of SQLite: one transaction for each chunk, one writer at a time. */
import { createHash, randomUUID } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import type { Column } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import type { LoaderRequest, RowBatch, RowLoader, WriteCounts } from '../../ports/connector.ts';
import { RowsRefused } from '../../ports/connector.ts';
import { decodeRow, rowOffsets } from '../../lib/rows/text.ts';
import { isRefusal, sqliteProblem } from './errors.ts';
import { valueOf } from './types.ts';

export interface SqliteLoaderOptions {
  readonly database: Sqlite.Database;
  readonly request: LoaderRequest;
  readonly into: string;
  readonly conflict: TableTarget['conflict'];
  readonly key: readonly string[];
  readonly quote: (name: string) => string;
  /** Begins a transaction, waiting for other writers. */
  readonly begin: () => Promise<void>;
}

/** Table of a run's marks, one of its own. */
export function marksTable(runId: string): string {
  return `_cdm_commits_${createHash('sha256').update(runId).digest('hex').slice(0, 16)}`;
}

export class SqliteLoader implements RowLoader {
  readonly #options: SqliteLoaderOptions;
  readonly #columns: readonly { readonly source: Column | null; readonly target: Column }[];
  readonly #insert: Sqlite.Statement;
  /** Finds a row by its key, to tell changed rows from new ones. */
  readonly #find: Sqlite.Statement | null;
  /** Places of the key among the columns. */
  readonly #keyPlaces: readonly number[];
  readonly #marks: string;
  #begun = false;

  constructor(options: SqliteLoaderOptions) {
    this.#options = options;
    const { database, request, quote, key, conflict } = options;
    this.#columns = request.table.columns;
    const places = key.map((name) =>
      this.#columns.findIndex(({ target }) => target.name.toLowerCase() === name.toLowerCase()),
    );
    this.#keyPlaces = places.includes(-1) ? [] : places;
    this.#insert = database.prepare(this.#insertSql());
    this.#find =
      conflict === 'insert' || this.#keyPlaces.length === 0
        ? null
        : database.prepare(
            `SELECT 1 FROM ${quote(options.into)} WHERE ${key.map((name) => `${quote(name)} = ?`).join(' AND ')}`,
          );
    this.#marks = quote(marksTable(request.runId));
  }

  #insertSql(): string {
    const { quote, into, conflict, key, request } = this.#options;
    const names = this.#columns.map(({ target }) => quote(target.name));
    const values = names.map(() => '?').join(', ');
    const verb = conflict === 'replace' ? 'INSERT OR REPLACE' : 'INSERT';
    const insert = `${verb} INTO ${quote(into)} (${names.join(', ')}) VALUES (${values})`;
    if (key.length === 0 || conflict === 'replace') return insert;
    const target = key.map((name) => quote(name)).join(', ');
    if (conflict === 'insert') {
      return request.repeats ? `${insert} ON CONFLICT (${target}) DO NOTHING` : insert;
    }
    const keys = new Set(key.map((name) => name.toLowerCase()));
    const changes = this.#columns
      .filter(({ target: column }) => !keys.has(column.name.toLowerCase()))
      .map(({ target: column }) => `${quote(column.name)} = excluded.${quote(column.name)}`);
    return changes.length === 0
      ? `${insert} ON CONFLICT (${target}) DO NOTHING`
      : `${insert} ON CONFLICT (${target}) DO UPDATE SET ${changes.join(', ')}`;
  }

  async write(batch: RowBatch): Promise<WriteCounts> {
    const { database } = this.#options;
    try {
      await this.#begin();
      database.exec('SAVEPOINT cdm_batch');
    } catch (error) {
      throw sqliteProblem(error, 'write-failed');
    }
    const offsets = rowOffsets(batch.bytes);
    let updated = 0;
    let written = 0;
    for (let row = 0; row < batch.rows; row++) {
      try {
        const fields = decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
        const done = this.#writeRow(fields);
        updated += done.updated;
        written += done.written;
      } catch (error) {
        if (error instanceof Error && 'code' in error && !isRefusal(error)) {
          throw sqliteProblem(error, 'write-failed');
        }
        database.exec('ROLLBACK TO cdm_batch; RELEASE cdm_batch');
        throw new RowsRefused((error as Error).message, row);
      }
    }
    database.exec('RELEASE cdm_batch');
    return { written, updated, bytes: 0, files: 0 };
  }

  /** `updated` is 1 when a row with its key was there, `written` 0 when that one stays as it is. */
  #writeRow(fields: readonly (string | null)[]): { updated: number; written: number } {
    const values = this.#columns.map(({ source, target }, at) => {
      try {
        return valueOf(fields[at] ?? null, source, target);
      } catch (error) {
        throw new Error(`column ${target.name}: ${(error as Error).message}`, { cause: error });
      }
    });
    const known = this.#find?.get(...this.#keyPlaces.map((place) => values[place] ?? null));
    const { changes } = this.#insert.run(...values);
    return { updated: known === undefined ? 0 : 1, written: Math.min(changes, 1) };
  }

  async prepareCommit(): Promise<string> {
    const { database } = this.#options;
    const mark = randomUUID();
    try {
      await this.#begin();
      database.exec(`CREATE TABLE IF NOT EXISTS ${this.#marks} (mark TEXT PRIMARY KEY)`);
      database.prepare(`INSERT INTO ${this.#marks} VALUES (?)`).run(mark);
    } catch (error) {
      throw sqliteProblem(error, 'write-failed');
    }
    return JSON.stringify({ run: this.#options.request.runId, mark });
  }

  async commit(): Promise<WriteCounts> {
    try {
      this.#options.database.exec('COMMIT');
    } catch (error) {
      throw sqliteProblem(error, 'write-failed');
    }
    this.#begun = false;
    return { written: 0, updated: 0, bytes: 0, files: 0 };
  }

  async rollback(): Promise<void> {
    this.#begun = false;
    const { database } = this.#options;
    if (database.open && database.inTransaction) database.exec('ROLLBACK');
  }

  async close(): Promise<void> {
    await this.rollback();
    this.#options.database.close();
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    await this.#options.begin();
    this.#begun = true;
  }
}
