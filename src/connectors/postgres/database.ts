import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import { TransferError, type TransferErrorCode } from '../../domain/transfer/errors.ts';
import type { DatabaseLinkOptions } from '../../domain/transfer/link.ts';
import type {
  ConnectorContext,
  LoaderRequest,
  PlannedTable,
  RowBatch,
  RowFormat,
  RowLoader,
} from '../../ports/connector.ts';
import { BatchMemory } from '../../lib/rows/batch-memory.ts';
import type { Database, TableFacts, TextRows } from '../sql/database.ts';
import { BatchBuilder } from './batch-builder.ts';
import { Catalog } from './catalog.ts';
import { copyOutStatement, shapeOf } from './copy-statements.ts';
import { createTable, keyOf, onConflict } from './definitions.ts';
import { PgDigester } from './digester.ts';
import { transferErrorOf } from './errors.ts';
import { PgLoader } from './loader.ts';
import { outcomeOf } from './outcome.ts';
import { literal, Quoting } from './quoting.ts';
import type { PgSession, Result } from './session.ts';
import { Sessions } from './sessions.ts';
import { binaryName, columnFor } from './types.ts';

/** CSV as files have it when nobody says otherwise; files tell their own layout. */
const PLAIN_CSV: RowFormat = {
  kind: 'csv',
  separator: ',',
  quoted: true,
  lineEnd: '\n',
  empties: 'by-type',
};

/**
 * Types of bounds. Not the columns' own: a domain may refuse a value that nobody has, and a real
 * number is only equal to itself as such.
 */
const CASTS: Readonly<Record<string, string>> = {
  bool: 'boolean',
  float32: 'real',
  float64: 'double precision',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
};

/** PostgreSQL for `sql-source.ts` and `sql-target.ts`. */
export class PostgresDatabase implements Database {
  readonly overlaps = true;
  readonly digester: PgDigester;
  readonly #sessions: Sessions;
  readonly #quoting: Quoting;
  readonly #catalog: Catalog;
  readonly #memory = new BatchMemory();
  /** Tables whose facts were asked for. */
  readonly #known = new Map<string, TableFacts>();

  constructor(options: DatabaseLinkOptions, context: Pick<ConnectorContext, 'refuses'>) {
    this.#sessions = new Sessions(options, context);
    this.#quoting = new Quoting(options.identifierQuote, options.defaultSchema);
    const run = (sql: string): Promise<Result> => this.#run(sql, 'sql-failed', 'the catalogue');
    this.#catalog = new Catalog(run, this.#quoting, options.defaultSchema);
    this.digester = new PgDigester(this, this.#quoting, (signal, work) =>
      this.#sessions.use(work, signal),
    );
  }

  quote(identifier: string): string {
    return this.#quoting.identifier(identifier);
  }

  literal(value: string, { type: { kind } }: Column): string {
    if (/^-?\d+(\.\d+)?$/.test(value) && /^(u?int\d+|decimal)$/.test(kind)) return value;
    const cast = CASTS[kind];
    return cast === undefined ? literal(value) : `${literal(value)}::${cast}`;
  }

  tableItem(table: TableName): string {
    return this.#quoting.table(table);
  }

  queryItem(sql: string, columns: readonly Column[]): string {
    const names = this.#quoting.list(columns.map(({ name }) => name));
    // Names are given anew: a query may have several columns of one name.
    return `(\n${sql}\n) AS cdm_query (${names})`;
  }

  async facts(table: TableName): Promise<TableFacts | null> {
    const facts = await this.#catalog.facts(table);
    if (facts === null) this.#known.delete(this.tableItem(table));
    else this.#known.set(this.tableItem(table), facts);
    return facts;
  }

  async describe(sql: string): Promise<readonly Column[]> {
    return this.#catalog.describe(sql);
  }

  tables(schema: string, limit: number): Promise<readonly TableName[]> {
    return this.#catalog.tables(schema, limit);
  }

  schemas(): Promise<readonly string[]> {
    return this.#catalog.schemas();
  }

  partitions(table: TableName): Promise<readonly string[]> {
    return this.#catalog.partitions(table);
  }

  partitionItem(table: TableName, partition: string): string {
    const point = partition.indexOf('.');
    return point < 0
      ? this.tableItem({ schema: table.schema, name: partition })
      : this.tableItem({ schema: partition.slice(0, point), name: partition.slice(point + 1) });
  }

  async query(sql: string): Promise<TextRows> {
    return (await this.#run(sql, 'sql-failed', 'a query')).rows;
  }

  async execute(sql: string): Promise<number> {
    return (await this.#run(sql, 'sql-failed', 'a statement')).affected;
  }

  formats(columns: readonly Column[]): readonly RowFormat['kind'][] {
    const binary = columns.every(({ nativeType }) => binaryName(nativeType) !== null);
    // PostgreSQL needs nearly twice the time for CSV that it needs for text, and waits for nobody
    // then: records are made of text here, while it is at the next rows.
    return binary ? ['pg-binary', 'text'] : ['text'];
  }

  async *read(request: {
    readonly columns: readonly Column[];
    readonly from: string;
    readonly ranged?: boolean;
    readonly format: RowFormat;
    readonly batchBytes: number;
    readonly signal: AbortSignal;
  }): AsyncGenerator<RowBatch> {
    const { columns, from, ranged = false, format, batchBytes, signal } = request;
    const session = await this.#sessions.take();
    const abort = (): void => void session.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      const { kind } = format;
      if (kind === 'csv') throw new TransferError('internal', 'PostgreSQL is not read as CSV');
      const copy = copyOutStatement(columns, from, kind, this.#quoting);
      // Row by row along an index, blocks are read as often as rows of the range lie in them.
      const sql = ranged ? `BEGIN; SET LOCAL enable_indexscan = off; ${copy}; COMMIT` : copy;
      const builder = new BatchBuilder(batchBytes, shapeOf(columns, kind), this.#memory);
      yield* session.copyOut(sql, builder);
    } catch (error) {
      signal.throwIfAborted();
      throw transferErrorOf(error, 'read-failed', `reading ${firstLine(from)}`);
    } finally {
      signal.removeEventListener('abort', abort);
      await this.#sessions.giveBack(session);
    }
  }

  columnFor(
    source: Column,
    options: { readonly characterFactor: number; readonly keepNotNull: boolean },
  ): Column {
    return columnFor(source, options);
  }

  createTable(table: TableName, columns: readonly Column[]): readonly string[] {
    return createTable(table, columns, this.#quoting);
  }

  createSchema(schema: string): string {
    return `CREATE SCHEMA IF NOT EXISTS ${this.quote(schema)}`;
  }

  dropTable(table: TableName): string {
    return `DROP TABLE IF EXISTS ${this.tableItem(table)}`;
  }

  truncate(table: TableName): string {
    return `TRUNCATE TABLE ${this.tableItem(table)}`;
  }

  createLike(stage: TableName, table: TableName): readonly string[] {
    const parts = ['DEFAULTS', 'CONSTRAINTS', 'INDEXES', 'GENERATED', 'IDENTITY'];
    const including = parts.map((part) => `INCLUDING ${part}`).join(' ');
    return [`CREATE TABLE ${this.tableItem(stage)} (LIKE ${this.tableItem(table)} ${including})`];
  }

  moveStage(
    stage: TableName,
    { target, columns }: PlannedTable,
    conflict: TableTarget['conflict'],
  ): readonly string[] {
    const written = columns.map((column) => column.target);
    const names = written.map(({ name }) => name);
    // The stage is like the table, with the same key.
    const facts = this.#known.get(this.tableItem(stage)) ?? this.#known.get(this.tableItem(target));
    const key = facts?.key ?? keyOf(written);
    const all = facts?.columns.map(({ name }) => name) ?? names;
    const list = this.#quoting.list(names);
    return [
      `INSERT INTO ${this.tableItem(target)} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${this.tableItem(stage)} ${onConflict(conflict, key, names, all, this.#quoting)}`.trimEnd(),
      `DROP TABLE ${this.tableItem(stage)}`,
    ];
  }

  async transaction(statements: readonly string[]): Promise<void> {
    // Statements that are sent together are one transaction.
    await this.#run(statements.join('; '), 'sql-failed', 'a transaction');
  }

  loaderFormats({ columns }: PlannedTable): readonly RowFormat[] {
    const equal = columns.every(({ source, target }) => {
      const name = source === null ? null : binaryName(source.nativeType);
      return name !== null && name === binaryName(target.nativeType);
    });
    const untyped = columns.every(({ source }) => source !== null && source.nativeType === '');
    return [
      ...(equal ? [{ kind: 'pg-binary' } as const] : []),
      ...(untyped ? [PLAIN_CSV] : []),
      { kind: 'text' },
    ];
  }

  async loader(
    request: LoaderRequest & {
      readonly into: TableName;
      readonly conflict: TableTarget['conflict'];
    },
  ): Promise<RowLoader> {
    const { into, table, format, repeats, signal, inOneGo = false } = request;
    const facts = this.#known.get(this.tableItem(into)) ?? (await this.facts(into));
    const columns = table.columns.map(({ target }) => target);
    const conflict = repeats && request.conflict === 'insert' ? 'leave' : request.conflict;
    const session = await this.#sessions.take();
    const abort = (): void => void session.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    return new PgLoader(
      session,
      {
        item: this.tableItem(into),
        name: into.name,
        columns,
        all: facts?.columns.map(({ name }) => name) ?? columns.map(({ name }) => name),
        key: facts?.key ?? [],
        conflict,
        tellsChanged: facts?.partitioned !== true,
      },
      format,
      {
        quoting: this.#quoting,
        xact: 'txid_current()',
        inOneGo,
        onClose: async () => {
          signal.removeEventListener('abort', abort);
          await this.#sessions.giveBack(session);
        },
      },
    );
  }

  outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'> {
    return outcomeOf(token, (sql) => this.#run(sql, 'sql-failed', 'the fate of a commit'));
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  #run(sql: string, otherwise: TransferErrorCode, what: string): Promise<Result> {
    return this.#sessions.use(async (session: PgSession) => {
      try {
        return await session.run(sql);
      } catch (error) {
        throw transferErrorOf(error, otherwise, `${what} failed`);
      }
    });
  }
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
