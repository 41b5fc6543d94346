import Sqlite from 'better-sqlite3';
import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type {
  Digester,
  LoaderRequest,
  PlannedTable,
  RowBatch,
  RowFormat,
  RowLoader,
} from '../../ports/connector.ts';
import { encodeRow } from '../../lib/rows/text.ts';
import { readingDigester } from '../sql/reading-digester.ts';
import type { Database, TableFacts, TextRows } from '../sql/database.ts';
import { isBusy, sqliteProblem } from './errors.ts';
import { marksTable, SqliteLoader } from './loader.ts';
import { nativeTypeFor, type SqliteValue, textOf, typeOf } from './types.ts';

/** Longest wait of one statement for other writers; it holds up everything else meanwhile. */
const busyTimeoutMs = 250;
/** Longest wait for the turn to write. */
const turnDeadlineMs = 600_000;
const turnPauseMs = 50;

/** Opens a database file. @throws TransferError `link-unreachable` when it is none. */
export function openFile(path: string, mustExist: boolean): Sqlite.Database {
  try {
    const database = new Sqlite(path, { fileMustExist: mustExist, timeout: busyTimeoutMs });
    database.defaultSafeIntegers(true);
    // The first statement that reads finds out whether it is a database at all.
    database.pragma('schema_version');
    return database;
  } catch (error) {
    throw sqliteProblem(error, 'link-unreachable');
  }
}

/** Kept as floating numbers, or as whatever text was stored. */
const INEXACT = new Set(['decimal', 'date', 'time', 'timestamp', 'timestamptz'] as const);

export class SqliteDatabase implements Database {
  readonly digester: Digester;
  readonly #path: string;
  readonly #database: Sqlite.Database;

  constructor(path: string, mustExist: boolean) {
    this.#path = path;
    this.#database = openFile(path, mustExist);
    this.digester = readingDigester(this, INEXACT);
  }

  quote(identifier: string): string {
    return `"${identifier.replaceAll('"', '""')}"`;
  }

  literal(value: string, { type }: Column): string {
    const isNumber = /^(int|uint|float|decimal)/.test(type.kind) && /^-?[\d.eE+-]+$/.test(value);
    if (type.kind === 'bool') return value === 't' || value === '1' ? '1' : '0';
    return isNumber ? value : `'${value.replaceAll("'", "''")}'`;
  }

  tableItem({ name }: TableName): string {
    return this.quote(name);
  }

  async facts({ name }: TableName): Promise<TableFacts | null> {
    const rows = this.#all(
      'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?)',
      name,
    );
    const visible = rows.filter(([, , , , hidden]) => hidden === 0n);
    if (visible.length === 0) return null;
    const columns = visible.map(([column, declared, notNull, pk]): Column => {
      const nativeType = String(declared);
      const keyPosition = Number(pk);
      return {
        name: String(column),
        type: typeOf(nativeType),
        nullable: notNull === 0n && keyPosition === 0,
        nativeType,
        comment: '',
        keyPosition,
      };
    });
    const key = columns
      .filter(({ keyPosition }) => keyPosition > 0)
      .toSorted((a, b) => a.keyPosition - b.keyPosition)
      .map((column) => column.name);
    const indexed = this.#all(
      `SELECT DISTINCT i.name FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i
       WHERE i.seqno = 0 AND i.name IS NOT NULL`,
      name,
    ).map(([column]) => String(column));
    return {
      columns,
      key,
      indexed: [...new Set([...key.slice(0, 1), ...indexed])],
      // Counting reads the whole table, and there is no estimate unless somebody ran ANALYZE.
      estimatedRows: null,
    };
  }

  async describe(sql: string): Promise<readonly Column[]> {
    try {
      return this.#database
        .prepare(sql)
        .columns()
        .map(({ name, type }) => ({
          name,
          // A computed column declares nothing, and may hold anything.
          type: type === null ? { kind: 'text' } : typeOf(type),
          nullable: true,
          nativeType: type ?? '',
          comment: '',
          keyPosition: 0,
        }));
    } catch (error) {
      throw sqliteProblem(error, 'sql-failed');
    }
  }

  async tables(schema: string, limit: number): Promise<readonly TableName[]> {
    const rows = this.#all(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND name NOT LIKE '\\_cdm\\_commits\\_%' ESCAPE '\\' ORDER BY name LIMIT ?`,
      limit,
    );
    return rows.map(([name]) => ({ schema, name: String(name) }));
  }

  async schemas(): Promise<readonly string[]> {
    return ['main'];
  }

  async partitions(): Promise<readonly string[]> {
    return [];
  }

  partitionItem(table: TableName): string {
    throw new TransferError('invalid-definition', `table ${table.name}: SQLite has no partitions`);
  }

  async query(sql: string): Promise<TextRows> {
    return this.#all(sql).map((row) =>
      row.map((value) => (value === null ? null : value.toString())),
    );
  }

  #all(sql: string, ...values: readonly (string | number)[]): readonly (readonly SqliteValue[])[] {
    try {
      return this.#database
        .prepare(sql)
        .raw(true)
        .all(...values) as SqliteValue[][];
    } catch (error) {
      throw sqliteProblem(error, 'sql-failed');
    }
  }

  async execute(sql: string): Promise<number> {
    await this.#turn(this.#database, () => {
      // Statements may have several parts only where we wrote them ourselves.
      this.#database.prepare(sql).run();
    });
    const [row] = this.#all('SELECT changes()');
    return Number(row?.[0] ?? 0);
  }

  formats(): readonly RowFormat['kind'][] {
    return ['text'];
  }

  /** By a connection of its own: a writer of this process does not wait for its own reader. */
  async *read(request: {
    readonly columns: readonly Column[];
    readonly from: string;
    readonly batchBytes: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<RowBatch> {
    const { columns, from, batchBytes, signal } = request;
    const names = columns.map(({ name }) => this.quote(name)).join(', ');
    const reader = openFile(this.#path, true);
    try {
      const rows = reader.prepare(`SELECT ${names} FROM ${from}`).raw(true).iterate();
      let parts: Buffer[] = [];
      let size = 0;
      for (const row of rows as IterableIterator<SqliteValue[]>) {
        const bytes = encodeRow(row.map((value, at) => textOf(value, columns[at] ?? anyColumn)));
        parts.push(bytes);
        size += bytes.length;
        if (size < batchBytes) continue;
        yield { bytes: Buffer.concat(parts, size), rows: parts.length };
        signal.throwIfAborted();
        parts = [];
        size = 0;
      }
      if (parts.length > 0) yield { bytes: Buffer.concat(parts, size), rows: parts.length };
    } catch (error) {
      if (signal.aborted) throw error;
      throw sqliteProblem(error, 'read-failed');
    } finally {
      reader.close();
    }
  }

  columnFor(
    source: Column,
    { keepNotNull }: { readonly characterFactor: number; readonly keepNotNull: boolean },
  ): Column {
    const nativeType = nativeTypeFor(source.type);
    return { ...source, nativeType, nullable: !keepNotNull || source.nullable };
  }

  createTable(table: TableName, columns: readonly Column[]): readonly string[] {
    const lines = columns.map(
      ({ name, nativeType, nullable }) =>
        `${this.quote(name)} ${nativeType}${nullable ? '' : ' NOT NULL'}`,
    );
    const key = columns
      .filter(({ keyPosition }) => keyPosition > 0)
      .toSorted((a, b) => a.keyPosition - b.keyPosition);
    if (key.length > 0) {
      lines.push(`PRIMARY KEY (${key.map(({ name }) => this.quote(name)).join(', ')})`);
    }
    return [`CREATE TABLE ${this.tableItem(table)} (\n  ${lines.join(',\n  ')}\n)`];
  }

  createSchema(): null {
    return null;
  }

  dropTable(table: TableName): string {
    return `DROP TABLE IF EXISTS ${this.tableItem(table)}`;
  }

  truncate(table: TableName): string {
    return `DELETE FROM ${this.tableItem(table)}`;
  }

  /** The table's own statement under the other name, so that its keys come along. */
  createLike(stage: TableName, table: TableName): readonly string[] {
    const [row] = this.#all(
      `SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`,
      table.name,
    );
    if (row === undefined) {
      // Not there yet: only a plan asks, and it shows what will be done.
      return [
        `CREATE TABLE ${this.tableItem(stage)} AS SELECT * FROM ${this.tableItem(table)} LIMIT 0`,
      ];
    }
    const body = String(row[0]).replace(
      /^CREATE TABLE\s+("(?:[^"]|"")*"|'[^']*'|\[[^\]]*\]|`[^`]*`|[^\s(]+)/i,
      '',
    );
    return [`CREATE TABLE ${this.tableItem(stage)} ${body}`];
  }

  moveStage(
    stage: TableName,
    { target, columns }: PlannedTable,
    conflict: TableTarget['conflict'],
  ): readonly string[] {
    const names = columns.map(({ target: column }) => this.quote(column.name)).join(', ');
    const key = columns.filter(({ target: column }) => column.keyPosition > 0);
    const rest = columns.filter(({ target: column }) => column.keyPosition === 0);
    const verb = conflict === 'replace' ? 'INSERT OR REPLACE' : 'INSERT';
    const changes = rest
      .map(({ target: { name } }) => `${this.quote(name)} = excluded.${this.quote(name)}`)
      .join(', ');
    const update =
      conflict === 'update' && key.length > 0 && rest.length > 0
        ? // WHERE TRUE: without it the parser takes ON for a join's.
          ` WHERE TRUE ON CONFLICT (${key.map(({ target: { name } }) => this.quote(name)).join(', ')}) DO UPDATE SET ${changes}`
        : '';
    return [
      `${verb} INTO ${this.tableItem(target)} (${names}) SELECT ${names} FROM ${this.tableItem(stage)}${update}`,
      `DELETE FROM ${this.tableItem(stage)}`,
    ];
  }

  async transaction(statements: readonly string[]): Promise<void> {
    await this.#turn(this.#database, () => this.#database.exec('BEGIN IMMEDIATE'));
    try {
      for (const statement of statements) this.#database.prepare(statement).run();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw sqliteProblem(error, 'sql-failed');
    }
  }

  loaderFormats(): readonly RowFormat[] {
    return [{ kind: 'text' }];
  }

  async loader(
    request: LoaderRequest & {
      readonly into: TableName;
      readonly conflict: TableTarget['conflict'];
    },
  ): Promise<RowLoader> {
    const { into, conflict } = request;
    const facts = await this.facts(into);
    const database = openFile(this.#path, true);
    try {
      return new SqliteLoader({
        database,
        request,
        into: into.name,
        conflict,
        key: facts?.key ?? [],
        quote: (name) => this.quote(name),
        begin: () => this.#turn(database, () => database.exec('BEGIN IMMEDIATE')),
      });
    } catch (error) {
      database.close();
      throw sqliteProblem(error, 'write-failed');
    }
  }

  async outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'> {
    const known = /^\{"run":.*"mark":"([0-9a-f-]{36})"\}$/.exec(token);
    if (known === null) return 'unknown';
    const { run, mark } = JSON.parse(token) as { readonly run: string; readonly mark: string };
    // Whoever may still commit holds the right to write.
    await this.#turn(this.#database, () => this.#database.exec('BEGIN IMMEDIATE'));
    try {
      const table = marksTable(run);
      const there = this.#all(`SELECT 1 FROM sqlite_schema WHERE name = ?`, table).length > 0;
      if (!there) return 'rolled-back';
      const found = this.#all(`SELECT 1 FROM ${this.quote(table)} WHERE mark = ?`, mark);
      return found.length > 0 ? 'committed' : 'rolled-back';
    } finally {
      this.#database.exec('ROLLBACK');
    }
  }

  async forgetCommits(_tables: readonly TableName[], runId: string): Promise<void> {
    await this.execute(this.dropTable({ schema: '', name: marksTable(runId) }));
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  /** Waits for the turn to write without holding up the event loop. @throws TransferError */
  async #turn(database: Sqlite.Database, work: () => void): Promise<void> {
    const deadline = performance.now() + turnDeadlineMs;
    for (;;) {
      try {
        work();
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) {
          throw sqliteProblem(error, 'sql-failed');
        }
      }
      if (!database.open) throw new TransferError('stopped', 'the database was closed');
      await new Promise((resolve) => setTimeout(resolve, turnPauseMs));
    }
  }
}

const anyColumn: Column = {
  name: '',
  type: { kind: 'text' },
  nullable: true,
  nativeType: '',
  comment: '',
  keyPosition: 0,
};
