import type { TableName } from '../../domain/transfer/columns.ts';
import type { QuerySource, TableSource, TransferSource } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type {
  Chunk,
  Digester,
  ReadRequest,
  RowBatch,
  RowFormat,
  RowSource,
  SourceTable,
} from '../../ports/connector.ts';
import { type ChunkSpec, type Cut, cutTable, labelOf, predicateOf } from './cuts.ts';
import type { Database, TableFacts } from './database.ts';
import { isPattern, matching } from './table-patterns.ts';

/** Most tables of a job. */
const MAX_TABLES = 10_000;

/**
 * Tables of a database, or the result of a query, as a source of rows.
 * @throws TransferError `invalid-definition` for a source that is neither.
 */
export function sqlSource(database: Database, from: TransferSource): RowSource {
  if (from.kind === 'query') return new QueryRows(database, from);
  if (from.kind === 'tables') return new TableRows(database, from);
  throw new TransferError(
    'invalid-definition',
    `a database cannot be read as ${from.kind}; name a table or a query`,
  );
}

class TableRows implements RowSource {
  readonly digester: Digester | null;
  readonly #database: Database;
  readonly #from: TableSource;
  readonly #facts = new Map<string, TableFacts>();

  constructor(database: Database, from: TableSource) {
    this.#database = database;
    this.#from = from;
    this.digester = database.digester;
  }

  async tables(): Promise<readonly SourceTable[]> {
    const names = await this.#names();
    const found: SourceTable[] = [];
    for (const name of names) {
      const facts = await this.#database.facts(name);
      // Dropped since it was listed, or never there.
      if (facts === null) continue;
      this.#facts.set(keyOf(name), facts);
      found.push({
        name,
        columns: facts.columns,
        named: true,
        estimatedRows: facts.estimatedRows,
        bytes: null,
        files: null,
      });
    }
    const { schema, table, wholeDatabase } = this.#from;
    if (found.length === 0) throw nothingFound(schema, table, wholeDatabase);
    if (!wholeDatabase) refuseDifferent(found);
    return found;
  }

  async chunks(table: SourceTable, cut: Cut): Promise<readonly Chunk[]> {
    const facts = await this.#factsOf(table.name);
    return cutTable(this.#database, table, facts, this.#from, cut);
  }

  formats(columns: SourceTable['columns']): readonly RowFormat['kind'][] {
    return this.#database.formats(columns);
  }

  read({
    table,
    columns,
    chunk,
    format,
    batchBytes,
    signal,
  }: ReadRequest): AsyncIterable<RowBatch> {
    const spec = chunk.spec as ChunkSpec;
    const item =
      spec.kind === 'partition'
        ? this.#database.partitionItem(table.name, spec.name)
        : this.#database.tableItem(table.name);
    const range = predicateOf(this.#database, spec, table.columns);
    const predicates = [range, this.#from.where];
    const where = predicates.flatMap((text) => (text === null ? [] : [`(${text})`])).join(' AND ');
    const from = where === '' ? item : `${item} WHERE ${where}`;
    const ranged = range !== null;
    return this.#database.read({ columns, from, ranged, format, batchBytes, signal });
  }

  async succeeded(): Promise<void> {}

  close(): Promise<void> {
    return this.#database.close();
  }

  async #factsOf(name: TableName): Promise<TableFacts> {
    const facts = this.#facts.get(keyOf(name)) ?? (await this.#database.facts(name));
    if (facts === null) throw nothingFound(name.schema, name.name, false);
    return facts;
  }

  /** In the order of schemas, then tables. */
  async #names(): Promise<readonly TableName[]> {
    const { schema, table, wholeDatabase } = this.#from;
    const schemas = isPattern(schema) ? matching(schema, await this.#database.schemas()) : [schema];
    const patterns = wholeDatabase ? table.split('&').filter((part) => part !== '') : [table];
    if (!wholeDatabase && table === '') {
      throw new TransferError('invalid-definition', 'the job names no table to read');
    }
    const names: TableName[] = [];
    for (const one of schemas) {
      if (patterns.length > 0 && !patterns.some(isPattern)) {
        names.push(...patterns.map((name) => ({ schema: one, name })));
        continue;
      }
      const all = await this.#database.tables(one, MAX_TABLES);
      const known = all.map(({ name }) => name);
      const chosen = new Set(
        patterns.length === 0 ? known : patterns.flatMap((pattern) => matching(pattern, known)),
      );
      names.push(...all.filter(({ name }) => chosen.has(name)));
    }
    return names;
  }
}

/** Whatever a query gives, in one piece. */
class QueryRows implements RowSource {
  readonly digester = null;
  readonly #database: Database;
  readonly #sql: string;

  constructor(database: Database, { sql }: QuerySource) {
    this.#database = database;
    this.#sql = sql.trim().replace(/;$/, '').trimEnd();
  }

  async tables(): Promise<readonly SourceTable[]> {
    const columns = await this.#database.describe(this.#sql);
    const name = { schema: '', name: 'query' };
    return [{ name, columns, named: true, estimatedRows: null, bytes: null, files: null }];
  }

  async chunks(): Promise<readonly Chunk[]> {
    const spec: ChunkSpec = { kind: 'query' };
    return [{ id: '0', shard: 0, label: labelOf(spec), spec: { ...spec }, weight: null }];
  }

  formats(columns: SourceTable['columns']): readonly RowFormat['kind'][] {
    return this.#database.formats(columns);
  }

  read({ table, columns, format, batchBytes, signal }: ReadRequest): AsyncIterable<RowBatch> {
    // On lines of its own: the query may end in a comment.
    const from =
      this.#database.queryItem?.(this.#sql, table.columns) ??
      `(\n${this.#sql}\n) AS ${this.#database.quote('cdm_query')}`;
    return this.#database.read({ columns, from, format, batchBytes, signal });
  }

  async succeeded(): Promise<void> {}

  close(): Promise<void> {
    return this.#database.close();
  }
}

function nothingFound(schema: string, table: string, wholeDatabase: boolean): TransferError {
  const full = [schema, table].filter((part) => part !== '').join('.');
  if (wholeDatabase || isPattern(full)) {
    return new TransferError('no-tables-match', `no table matches ${full === '' ? '*' : full}`);
  }
  return new TransferError(
    'table-missing',
    `table ${full} does not exist, or the link's user may not see it`,
  );
}

/** Tables that a pattern means go into one target: they must look the same (cdm.md §5.4). */
function refuseDifferent([first, ...others]: readonly SourceTable[]): void {
  const names = (table: SourceTable): string =>
    table.columns.map(({ name }) => name.toLowerCase()).join(', ');
  for (const other of others) {
    if (first !== undefined && names(other) !== names(first)) {
      throw new TransferError(
        'column-mismatch',
        `tables ${first.name.name} and ${other.name.name} match the same pattern but have different columns: ${names(first)} and ${names(other)}`,
      );
    }
  }
}

function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}
