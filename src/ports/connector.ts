import type { Column, TableName } from '../domain/transfer/columns.ts';
import type { TransferSource, TransferTarget } from '../domain/transfer/definition.ts';
import type { LinkKind, LinkOptions } from '../domain/transfer/link.ts';
import type { FileStore } from './file-store.ts';

/**
 * How rows look while they travel, always as whole rows in one buffer:
 *
 * - `text`: values as `ColumnType` says, separated by TAB, each row ended by LF. NULL is `\N`.
 *   Within values backslash, TAB, LF and CR are written `\\`, `\t`, `\n`, `\r`; nothing else
 *   is escaped. Exactly what PostgreSQL's COPY and MySQL's LOAD DATA read by default. UTF-8.
 * - `pg-binary`: tuples of PostgreSQL's binary COPY, without its header and trailer.
 * - `csv`: records of RFC 4180 in UTF-8 with the separator and line end given; NULL is an empty
 *   field without quotes, an empty text `""`. `quoted: false` = no quotes at all, values as they are.
 */
export type RowFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'pg-binary' }
  | {
      readonly kind: 'csv';
      /** One byte. */
      readonly separator: string;
      readonly quoted: boolean;
      readonly lineEnd: '\n' | '\r\n' | '\r';
      /**
       * `by-type`: an empty field without quotes is an empty text in columns of text (char,
       * varchar, text) of the target, and NULL in others; NULL of a text is `\N`. Absent = NULL.
       */
      readonly empties?: 'by-type';
    };

/** Rows on their way. */
export interface RowBatch {
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** Place behind this batch from which reading the chunk can go on; absent = only from its beginning. */
  readonly position?: string;
  /** Rows that could not be read. */
  readonly rejected?: readonly RejectedRow[];
  /** Bytes of the source that this batch is made of; absent = not known. */
  readonly sourceBytes?: number;
  /** Lines that were read and are no rows (headers). */
  readonly extraRows?: number;
  /** What all its rows stand in, for words, where a chunk is several: a file. Absent = the chunk. */
  readonly origin?: string;
  /**
   * Gives the memory of `bytes` back to whoever made them. For loaders, once, when nothing reads
   * these bytes any more; where it is not called the collector has more to do.
   */
  readonly release?: () => void;
}

export interface RejectedRow {
  readonly fields: readonly (string | null)[];
  readonly where: string;
  readonly reason: string;
}

/** A table, file or query result that is read. */
export interface SourceTable {
  readonly name: TableName;
  readonly columns: readonly Column[];
  /** Names of columns are real, so that they can be matched by name. */
  readonly named: boolean;
  readonly estimatedRows: number | null;
  readonly bytes: number | null;
  /** Files it consists of; null = it is not made of files. */
  readonly files: number | null;
}

/** A piece of a source table: the unit of work, of commits and of resuming. */
export interface Chunk {
  /** Unique within the table, e.g. `12`. */
  readonly id: string;
  /** 0-based shard that shall do it, when its target wants that. */
  readonly shard: number;
  /** In words, e.g. `id from 1 to 50000` or a path. */
  readonly label: string;
  /** Source's own, JSON. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Rows or bytes, for progress; null = not known. */
  readonly weight: number | null;
}

export interface ReadRequest {
  readonly table: SourceTable;
  /** Source columns in the order in which they are wanted. */
  readonly columns: readonly Column[];
  readonly chunk: Chunk;
  /** `position` of the last batch that was kept; null = from the beginning. */
  readonly position: string | null;
  readonly format: RowFormat;
  /**
   * By place: whether the target keeps texts there. Then an empty field of a file is an empty text,
   * elsewhere it is NULL (cdm.md §5.9). Absent = nothing is known: unless quoted it is NULL.
   */
  readonly emptyTexts?: readonly boolean[];
  /** About the size of a batch. */
  readonly batchBytes: number;
  readonly signal: AbortSignal;
}

/** Count and checksum of rows. */
export interface Digest {
  readonly rows: number;
  /** Sum of a hash of every row modulo 2^64, hexadecimal; null = only counted. */
  readonly checksum: string | null;
}

/** A digest request: same method, same columns by place, then two digests can be compared. */
export interface DigestRequest {
  readonly table: TableName;
  readonly columns: readonly Column[];
  /** Predicate of the source; null = all rows. */
  readonly where: string | null;
  readonly method: string;
  readonly signal: AbortSignal;
}

/** Sum of the hashes of whole rows modulo 2^64, as the checksum of a `Digest` has it. */
export type RowSum = (rows: Uint8Array) => bigint;

/** A request for what commits brought. The method is one of `Digester.methods`, not `count`. */
export interface ReadBackRequest extends Omit<DigestRequest, 'where'> {
  /** As `RowLoader.prepareCommit` gave them. */
  readonly tokens: readonly string[];
  /** Looks through the whole table once; else only where the rows should lie, which may miss some. */
  readonly everywhere: boolean;
  /** Nothing is loaded beside it any more: the database may have two questions at once. */
  readonly hurried: boolean;
}

/**
 * Begins the names of methods by which every row is read through this process: they cost what
 * reading the table does, and databases of different kinds have them in common.
 */
export const readingMethod = 'text-rows';

/** Computes digests where the data lies, but for `readingMethod`s. Methods with equal names give equal sums for equal rows. */
export interface Digester {
  /** Methods for these columns, cheapest first; `count` is always one. */
  methods(columns: readonly Column[]): readonly string[];
  digest(request: DigestRequest): Promise<Digest>;
  /**
   * Tells the sums of a method from rows on their way into a table, before they are there; null =
   * this method and format do not allow it. Absent = none does.
   * @throws TransferError when the database cannot be asked whether it hashes alike.
   */
  rowSum?(request: {
    readonly method: string;
    readonly columns: readonly Column[];
    readonly format: RowFormat;
    readonly signal: AbortSignal;
  }): Promise<RowSum | null>;
  /**
   * Of the rows that these commits brought, and no others, as they are in the table now; null = a
   * token does not tell which those are. Absent = none does.
   */
  readBack?(request: ReadBackRequest): Promise<Digest | null>;
}

/** Where rows come from. One for each process of a run. */
export interface RowSource {
  /** Tables after patterns have been resolved, sorted. @throws TransferError `no-tables-match`, … */
  tables(): Promise<readonly SourceTable[]>;
  /**
   * Cuts a table, deterministically for equal data. `shards` = how many work at the same time;
   * `fine` = whether chunks may be smaller than a shard (about `chunkRows` rows each), else one for each shard.
   */
  chunks(
    table: SourceTable,
    cut: { readonly shards: number; readonly fine: boolean; readonly chunkRows: number },
  ): Promise<readonly Chunk[]>;
  /** Formats it gives these columns in, fastest first. `text` is always one. */
  formats(columns: readonly Column[]): readonly RowFormat['kind'][];
  read(request: ReadRequest): AsyncIterable<RowBatch>;
  /** Null = nothing of it can be asked for again. */
  readonly digester: Digester | null;
  /**
   * The whole job succeeded: e.g. the files of these chunks (all of the run) are renamed or deleted
   * now. Repeating it is harmless.
   */
  succeeded(chunks: readonly Chunk[]): Promise<void>;
  close(): Promise<void>;
}

/** A source table and what it becomes. */
export interface PlannedTable {
  readonly index: number;
  readonly source: SourceTable;
  readonly target: TableName;
  /** By place: what is read (null = an added field) and what is written. */
  readonly columns: readonly { readonly source: Column | null; readonly target: Column }[];
}

/** What a target says about a table before anything is done. */
export interface TargetTable {
  readonly name: TableName;
  /** Null = it does not exist yet. */
  readonly columns: readonly Column[] | null;
  /** Whether rows can be told apart by a key. */
  readonly keyed: boolean;
}

export interface WriteCounts {
  /** Rows that are there now because of this batch. */
  readonly written: number;
  /** Of these, rows that changed others. */
  readonly updated: number;
  /** Bytes written, where that is known; else 0. */
  readonly bytes: number;
  /** Files finished with it. */
  readonly files: number;
}

/**
 * Rows of one shard on their way into one table. A chunk is one transaction:
 * `write`* then `prepareCommit` then `commit`, or `rollback`.
 */
export interface RowLoader {
  /**
   * Writes all rows of the batch or none of them. In one go, what it counts is certain only when
   * `prepareCommit` has resolved; both may throw ChunkRefused then.
   * @throws RowsRefused when the target refuses rows of it: the transaction goes on without the
   *   batch. TransferError otherwise: the transaction is lost.
   */
  write(batch: RowBatch): Promise<WriteCounts>;
  /** Everything is written: gives a token that `outcome` understands in any later process. */
  prepareCommit(): Promise<string>;
  commit(): Promise<WriteCounts>;
  rollback(): Promise<void>;
  close(): Promise<void>;
}

/** A batch that the target does not take. The caller splits it until the bad rows stand alone. */
export class RowsRefused extends Error {
  /** 0-based row that is to blame, when the target said so. */
  readonly row: number | null;

  constructor(message: string, row: number | null = null) {
    super(message);
    this.name = 'RowsRefused';
    this.row = row;
  }
}

/**
 * Rows of the chunk that were sent on in one go are not taken, and nobody knows which: the
 * transaction is lost. The chunk is written anew by a loader that answers for every batch.
 */
export class ChunkRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ChunkRefused';
  }
}

export interface LoaderRequest {
  readonly table: PlannedTable;
  readonly format: RowFormat;
  readonly shard: number;
  readonly shards: number;
  /** Name of the run: for stage tables, temporary files and markers. */
  readonly runId: string;
  /**
   * Token of the last commit of this shard and table; null = none yet. A file target cuts what
   * was written after it.
   */
  readonly after: string | null;
  /** Rows of this chunk may be there already (it is repeated): they are told apart by the key and left. */
  readonly repeats: boolean;
  /**
   * The loader need not answer for each batch: it may send rows on without waiting, and throw
   * `ChunkRefused` later when the target refuses one. Absent = every batch is answered for.
   */
  readonly inOneGo?: boolean;
  readonly signal: AbortSignal;
}

/** What finishing a load of files came to. */
export interface FinishedFiles {
  /** Files without a row, which no loader has written. */
  readonly empty: number;
  /** Files of loaders that were left away, because they were there already. */
  readonly skipped: number;
}

/** Where rows go. One for each process of a run. */
export interface RowTarget {
  /** `chunk`: any shard can commit any chunk. `shard`: a shard's chunks go into one file, in order. */
  readonly grain: 'chunk' | 'shard';
  /**
   * A chunk may be begun by another loader while the one before it is committed: neither waits for
   * the other but for rows with the same key. Absent = no.
   */
  readonly overlaps?: boolean;
  /** What is there under the name that this source gets. @throws TransferError */
  look(source: SourceTable): Promise<TargetTable>;
  /** Column that would be created for one of the source, e.g. with the type of this database. */
  columnFor(source: Column): Column;
  /** Statements of `prepare`, for people. */
  statements(tables: readonly PlannedTable[]): Promise<readonly (readonly string[])[]>;
  /** Creates, clears, runs the first statement: once for a run, before any row. @returns rows deleted by a predicate. */
  prepare(tables: readonly PlannedTable[], runId: string): Promise<number>;
  /** Formats it takes for this table, fastest first. */
  formats(table: PlannedTable): readonly RowFormat[];
  open(request: LoaderRequest): Promise<RowLoader>;
  /** What became of a commit whose end nobody saw. */
  outcome(token: string): Promise<'committed' | 'rolled-back' | 'unknown'>;
  /**
   * All chunks are in: moves stages, runs the last statement, writes the marker. Repeating it
   * after a crash is harmless. @returns null = nothing became of files only now.
   */
  finish(tables: readonly PlannedTable[], runId: string): Promise<FinishedFiles | null>;
  /** The run failed or was stopped: removes stages and temporary files. Repeating it is harmless. */
  abandon(tables: readonly PlannedTable[], runId: string): Promise<void>;
  readonly digester: Digester | null;
  close(): Promise<void>;
}

/** What connectors are given by the composition root. */
export interface ConnectorContext {
  /** Folder that SQLite files lie below; null = SQLite is switched off. */
  readonly databaseRoot: string | null;
  /** Folders by the names and addresses of shares. */
  readonly shares: Readonly<Record<string, string>>;
  /** Addresses that may not be reached; null = allowed. Words say which rule. */
  readonly refuses: (host: string) => string | null;
  readonly nowMs: () => number;
  /** Files of another link of the job, by its name; absent = only the connector's own link. */
  readonly files?: (link: string, bucket: string, signal: AbortSignal) => Promise<FileStore>;
  /**
   * Folder of this machine for output of stores that cannot go on with a file, until it is
   * uploaded. All processes of a run share it. Absent = the system's folder for temporary files.
   */
  readonly scratchRoot?: string;
}

/** One kind of data source. Contract suite: `tests/contract/connector`. */
export interface Connector<K extends LinkKind = LinkKind> {
  readonly kind: K;
  /** Connects, asks something small, lets go. @throws TransferError `link-…` */
  test(options: Extract<LinkOptions, { kind: K }>, signal: AbortSignal): Promise<void>;
  /** Opens it for reading rows. @throws TransferError; `invalid-definition` for a source it cannot be. */
  source(
    options: Extract<LinkOptions, { kind: K }>,
    from: TransferSource,
    signal: AbortSignal,
  ): Promise<RowSource>;
  /** Opens it for writing rows. `name` is the job's. */
  target(
    options: Extract<LinkOptions, { kind: K }>,
    to: TransferTarget,
    name: string,
    signal: AbortSignal,
  ): Promise<RowTarget>;
  /** Its files, below a bucket where there are such; absent = it has none. */
  files?(
    options: Extract<LinkOptions, { kind: K }>,
    bucket: string,
    signal: AbortSignal,
  ): Promise<FileStore>;
  /** Tables for people who choose; absent = it has none. */
  tables?(
    options: Extract<LinkOptions, { kind: K }>,
    schema: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly TableName[]>;
  columns?(
    options: Extract<LinkOptions, { kind: K }>,
    table: TableName,
    signal: AbortSignal,
  ): Promise<readonly Column[] | null>;
}
