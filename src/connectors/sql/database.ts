import type { Column, TableName } from '../../domain/transfer/columns.ts';
import type { TableTarget } from '../../domain/transfer/definition.ts';
import type {
  Digester,
  LoaderRequest,
  PlannedTable,
  RowBatch,
  RowFormat,
  RowLoader,
} from '../../ports/connector.ts';

/** Result of a query: texts as the database writes them. */
export type TextRows = readonly (readonly (string | null)[])[];

/** What is known of a table. */
export interface TableFacts {
  readonly columns: readonly Column[];
  /** Columns of the primary key (else of a unique key without nulls), in order; empty = none. */
  readonly key: readonly string[];
  /** First columns of indexes: ranges of these are read without reading all. */
  readonly indexed: readonly string[];
  readonly estimatedRows: number | null;
  /** Columns that the database computes itself: nobody writes them. Absent = none. */
  readonly computed?: readonly string[];
  /** Whether it is only the sum of its partitions. Absent = no. */
  readonly partitioned?: boolean;
}

/** What differs between databases. `sql-source.ts` and `sql-target.ts` do the rest for all. */
export interface Database {
  /** Quoted as the link wants it. */
  quote(identifier: string): string;
  /** A literal of this type for a bound of a range. */
  literal(value: string, column: Column): string;
  /** `FROM` item of a table, quoted; with the link's default schema where none is named. */
  tableItem(table: TableName): string;
  /** `FROM` item of a query with the columns of `describe`; absent = `(query) AS name` will do. */
  queryItem?(sql: string, columns: readonly Column[]): string;
  facts(table: TableName): Promise<TableFacts | null>;
  /** Columns of a query's result. */
  describe(sql: string): Promise<readonly Column[]>;
  /** All base tables of a schema (empty = the link's default), sorted; at most `limit`. */
  tables(schema: string, limit: number): Promise<readonly TableName[]>;
  schemas(): Promise<readonly string[]>;
  partitions(table: TableName): Promise<readonly string[]>;
  /** `FROM` item of one partition of a table. */
  partitionItem(table: TableName, partition: string): string;
  /** Small results only. */
  query(sql: string): Promise<TextRows>;
  /** @returns rows affected. */
  execute(sql: string): Promise<number>;
  /** Formats it can give these columns in, fastest first. */
  formats(columns: readonly Column[]): readonly RowFormat['kind'][];
  /**
   * `from` is everything behind the word FROM; `columns` are put before it as the format needs.
   * `ranged`: it is a good part of a table by a range of a column. Absent = nothing is known.
   */
  read(request: {
    readonly columns: readonly Column[];
    readonly from: string;
    readonly ranged?: boolean;
    readonly format: RowFormat;
    readonly batchBytes: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<RowBatch>;
  /** Type in this database for a column of another. */
  columnFor(
    source: Column,
    options: { readonly characterFactor: number; readonly keepNotNull: boolean },
  ): Column;
  createTable(table: TableName, columns: readonly Column[]): readonly string[];
  createSchema(schema: string): string | null;
  dropTable(table: TableName): string;
  truncate(table: TableName): string;
  /** Statement that makes an empty table like another (with its keys). */
  createLike(stage: TableName, table: TableName): readonly string[];
  /**
   * Statements that move a stage into its table, run in one transaction where possible. They
   * leave the stage empty or gone, so that they can be repeated.
   */
  moveStage(
    stage: TableName,
    table: PlannedTable,
    conflict: TableTarget['conflict'],
  ): readonly string[];
  /** Runs statements in one transaction. */
  transaction(statements: readonly string[]): Promise<void>;
  loaderFormats(table: PlannedTable, conflict: TableTarget['conflict']): readonly RowFormat[];
  loader(
    request: LoaderRequest & {
      readonly into: TableName;
      readonly conflict: TableTarget['conflict'];
    },
  ): Promise<RowLoader>;
  /** As of `RowTarget`. */
  readonly overlaps?: boolean;
  outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'>;
  /** The run is over: removes the marks of its commits. Absent = it leaves none. */
  forgetCommits?(tables: readonly TableName[], runId: string): Promise<void>;
  readonly digester: Digester | null;
  close(): Promise<void>;
}
