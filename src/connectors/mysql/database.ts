import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import type { LinkOptions } from '../../domain/transfer/link.ts';
import type {
  Digester,
  LoaderRequest,
  PlannedTable,
  RowBatch,
  RowFormat,
  RowLoader,
} from '../../ports/connector.ts';
import { readingDigester } from '../sql/reading-digester.ts';
import type { Database, TableFacts, TextRows } from '../sql/database.ts';
import { commitOutcome, marksTable } from './commits.ts';
import { openLoader, textLiteral } from './loader.ts';
import { fieldType } from './result-types.ts';
import { openSession, type Session } from './session.ts';
import { modeOf, nativeTypeFor, readExpression, typeOf } from './types.ts';

type MysqlOptions = Extract<LinkOptions, { kind: 'mysql' }>;

/** Schemas of the server's own. */
const systemSchemas = ['information_schema', 'mysql', 'performance_schema', 'sys'];

/** Opens MySQL or MariaDB. @throws TransferError `link-…` */
export async function openDatabase(options: MysqlOptions, signal: AbortSignal): Promise<Database> {
  return new MysqlDatabase(options, await openSession(options, signal));
}

class MysqlDatabase implements Database {
  readonly digester: Digester;
  readonly #options: MysqlOptions;
  readonly #session: Session;
  readonly #mark: string;

  constructor(options: MysqlOptions, session: Session) {
    this.#options = options;
    this.#session = session;
    this.#mark = options.identifierQuote ?? '`';
    this.digester = readingDigester(this);
  }

  quote(identifier: string): string {
    const mark = this.#mark;
    return mark === '' ? identifier : mark + identifier.replaceAll(mark, mark + mark) + mark;
  }

  literal(value: string, { type }: Column): string {
    const isNumber = /^(int|uint|float|decimal)/.test(type.kind) && /^-?[\d.eE+-]+$/.test(value);
    if (type.kind === 'bool') return value === 't' || value === '1' ? 'TRUE' : 'FALSE';
    return isNumber ? value : textLiteral(value);
  }

  tableItem({ schema, name }: TableName): string {
    const into = schema === '' ? this.#schema() : schema;
    return into === '' ? this.quote(name) : `${this.quote(into)}.${this.quote(name)}`;
  }

  #schema(): string {
    const { defaultSchema, database } = this.#options;
    return defaultSchema === '' ? database : defaultSchema;
  }

  async facts(table: TableName): Promise<TableFacts | null> {
    const schema = textLiteral(table.schema === '' ? this.#schema() : table.schema);
    const name = textLiteral(table.name);
    const rows = await this.query(
      `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,
         NUMERIC_SCALE, DATETIME_PRECISION, IS_NULLABLE, COLUMN_COMMENT
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${schema} AND TABLE_NAME = ${name}
       ORDER BY ORDINAL_POSITION`,
    );
    if (rows.length === 0) return null;
    const indexes = await this.query(
      `SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, NULLABLE FROM information_schema.STATISTICS
       WHERE TABLE_SCHEMA = ${schema} AND TABLE_NAME = ${name} ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    );
    const [size] = await this.query(
      `SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema} AND TABLE_NAME = ${name}`,
    );
    const primary = namesOf(indexes, 'PRIMARY');
    const columns = rows.map((row) => this.#columnOf(row, primary));
    return {
      columns,
      key: primary.length > 0 ? primary : uniqueKey(indexes),
      indexed: firstColumns(indexes),
      estimatedRows: size?.[0] === undefined || size[0] === null ? null : Number(size[0]),
    };
  }

  #columnOf(row: readonly (string | null)[], primary: readonly string[]): Column {
    const [name, dataType, columnType, characters, precision, scale, fraction, nullable, comment] =
      row;
    const number = (text: string | null | undefined): number | null =>
      text === null || text === undefined ? null : Number(text);
    const native = {
      dataType: (dataType ?? '').toLowerCase(),
      columnType: (columnType ?? '').toLowerCase(),
      characters: number(characters),
      precision: number(precision),
      scale: number(scale),
      fraction: number(fraction),
    };
    return {
      name: name ?? '',
      type: typeOf(native, this.#options.tinyIntIsBool),
      nullable: nullable === 'YES',
      nativeType: columnType ?? '',
      comment: comment ?? '',
      keyPosition: primary.indexOf(name ?? '') + 1,
    };
  }

  async describe(sql: string): Promise<readonly Column[]> {
    const fields = await this.#session.describe(sql);
    return fields.map((field) => ({
      name: field.name,
      ...fieldType(field, this.#options.tinyIntIsBool),
      nullable: true,
      comment: '',
      keyPosition: 0,
    }));
  }

  async tables(schema: string, limit: number): Promise<readonly TableName[]> {
    const rows = await this.query(
      `SELECT TABLE_NAME FROM information_schema.TABLES
       WHERE TABLE_SCHEMA = ${textLiteral(schema === '' ? this.#schema() : schema)}
         AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME NOT LIKE '\\_cdm\\_commits\\_%'
       ORDER BY TABLE_NAME LIMIT ${Math.trunc(limit)}`,
    );
    return rows.map(([name]) => ({ schema, name: name ?? '' }));
  }

  async schemas(): Promise<readonly string[]> {
    const rows = await this.query('SELECT SCHEMA_NAME FROM information_schema.SCHEMATA');
    return rows
      .map(([name]) => name ?? '')
      .filter((name) => !systemSchemas.includes(name.toLowerCase()))
      .toSorted();
  }

  async partitions({ schema, name }: TableName): Promise<readonly string[]> {
    const rows = await this.query(
      `SELECT PARTITION_NAME FROM information_schema.PARTITIONS
       WHERE TABLE_SCHEMA = ${textLiteral(schema === '' ? this.#schema() : schema)}
         AND TABLE_NAME = ${textLiteral(name)} AND PARTITION_NAME IS NOT NULL
       ORDER BY PARTITION_ORDINAL_POSITION`,
    );
    return rows.map(([partition]) => partition ?? '');
  }

  partitionItem(table: TableName, partition: string): string {
    return `${this.tableItem(table)} PARTITION (${this.quote(partition)})`;
  }

  query(sql: string): Promise<TextRows> {
    return this.#session.query(sql);
  }

  execute(sql: string): Promise<number> {
    return this.#session.execute(sql);
  }

  formats(): readonly RowFormat['kind'][] {
    return ['text'];
  }

  /** By a connection of its own, so that statements and several readers do not wait. */
  async *read(request: {
    readonly columns: readonly Column[];
    readonly from: string;
    readonly batchBytes: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<RowBatch> {
    const { columns, from, batchBytes, signal } = request;
    const list = columns.map((column) => readExpression(this.quote(column.name), column));
    const session = await openSession(this.#options, signal);
    try {
      yield* session.stream(
        `SELECT ${list.join(', ')} FROM ${from}`,
        columns.map(modeOf),
        batchBytes,
        signal,
      );
    } finally {
      await session.close();
    }
  }

  columnFor(
    source: Column,
    { characterFactor, keepNotNull }: { characterFactor: number; keepNotNull: boolean },
  ): Column {
    const nativeType = nativeTypeFor(source.type, characterFactor);
    return { ...source, nativeType, nullable: !keepNotNull || source.nullable };
  }

  createTable(table: TableName, columns: readonly Column[]): readonly string[] {
    const lines = columns.map(({ name, nativeType, nullable, comment, keyPosition }) => {
      // A TIMESTAMP or key column without the word would not be nullable.
      const nulls = nullable && keyPosition === 0 ? 'NULL' : 'NOT NULL';
      const words = comment === '' ? '' : ` COMMENT ${textLiteral(comment)}`;
      return `${this.quote(name)} ${nativeType} ${nulls}${words}`;
    });
    const key = columns
      .filter(({ keyPosition }) => keyPosition > 0)
      .toSorted((a, b) => a.keyPosition - b.keyPosition);
    // A text without a bound cannot be a key here.
    const keyable = key.every(({ nativeType }) => !/TEXT|BLOB|JSON/i.test(nativeType));
    if (key.length > 0 && keyable) {
      lines.push(`PRIMARY KEY (${key.map(({ name }) => this.quote(name)).join(', ')})`);
    }
    return [
      `CREATE TABLE ${this.tableItem(table)} (\n  ${lines.join(',\n  ')}\n) DEFAULT CHARACTER SET utf8mb4`,
    ];
  }

  createSchema(schema: string): string {
    return `CREATE DATABASE IF NOT EXISTS ${this.quote(schema)} DEFAULT CHARACTER SET utf8mb4`;
  }

  dropTable(table: TableName): string {
    return `DROP TABLE IF EXISTS ${this.tableItem(table)}`;
  }

  truncate(table: TableName): string {
    return `TRUNCATE TABLE ${this.tableItem(table)}`;
  }

  createLike(stage: TableName, table: TableName): readonly string[] {
    return [`CREATE TABLE ${this.tableItem(stage)} LIKE ${this.tableItem(table)}`];
  }

  moveStage(
    stage: TableName,
    { target, columns }: PlannedTable,
    conflict: TableTarget['conflict'],
  ): readonly string[] {
    const names = columns.map(({ target: column }) => this.quote(column.name));
    const rest = columns.filter(({ target: column }) => column.keyPosition === 0);
    const changes = (rest.length === 0 ? columns : rest)
      .map(({ target: column }) => this.quote(column.name))
      .map((name) => `${name} = VALUES(${name})`)
      .join(', ');
    const verb = conflict === 'replace' ? 'REPLACE' : 'INSERT';
    return [
      `${verb} INTO ${this.tableItem(target)} (${names.join(', ')}) SELECT ${names.join(', ')} ` +
        `FROM ${this.tableItem(stage)}${conflict === 'update' ? ` ON DUPLICATE KEY UPDATE ${changes}` : ''}`,
      `DELETE FROM ${this.tableItem(stage)}`,
    ];
  }

  async transaction(statements: readonly string[]): Promise<void> {
    await this.execute('START TRANSACTION');
    try {
      for (const statement of statements) await this.execute(statement);
      await this.execute('COMMIT');
    } catch (error) {
      await this.execute('ROLLBACK').catch(() => 0);
      throw error;
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
    const { into, conflict, signal } = request;
    const facts = await this.facts(into);
    const schema = into.schema === '' ? this.#schema() : into.schema;
    const session = await openSession(this.#options, signal);
    return openLoader({
      session,
      request,
      into: { schema, name: into.name },
      conflict,
      key: facts?.key ?? [],
      loadData: this.#options.loadData,
      batchRows: this.#options.batchRows,
      quote: (name) => this.quote(name),
      item: (table) => this.tableItem(table),
    });
  }

  outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'> {
    return commitOutcome(this.#session, (table) => this.tableItem(table), token);
  }

  async forgetCommits(tables: readonly TableName[], runId: string): Promise<void> {
    const schemas = new Set(tables.map(({ schema }) => (schema === '' ? this.#schema() : schema)));
    for (const schema of schemas) await this.execute(this.dropTable(marksTable(schema, runId)));
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

function namesOf(indexes: TextRows, name: string): readonly string[] {
  return indexes.filter(([index]) => index === name).map(([, column]) => column ?? '');
}

/** Columns of the first unique key without nulls. */
function uniqueKey(indexes: TextRows): readonly string[] {
  for (const name of new Set(indexes.map(([index]) => index ?? ''))) {
    const rows = indexes.filter(([index]) => index === name);
    if (rows.every(([, , nonUnique, nullable]) => nonUnique === '0' && nullable !== 'YES')) {
      return rows.map(([, column]) => column ?? '');
    }
  }
  return [];
}

function firstColumns(indexes: TextRows): readonly string[] {
  const seen = new Map<string, string>();
  for (const [index, column] of indexes) {
    if (!seen.has(index ?? '')) seen.set(index ?? '', column ?? '');
  }
  return [...new Set(seen.values())];
}
