/** What a data job does: from where, to where, and how. Strings of `from` and `to` may hold macros. */

/** A data job. Defaults are the dialect's trade: here everything is said. */
export interface TransferDefinition {
  /** Names output files and folders that are given no name. */
  readonly name: string;
  readonly from: TransferSource;
  readonly to: TransferTarget;
  /** Columns that no source column fills. */
  readonly addedFields: readonly AddedField[];
  readonly converters: readonly ConverterSpec[];
  /** Shards that work at the same time. At least 1. */
  readonly extractors: number;
  /** Tables at the same time when a whole database moves; else 1. */
  readonly concurrentTables: number;
  readonly dirtyRows: DirtyRowPolicy;
  /** For the whole job, in each second; null = no limit. */
  readonly throttle: {
    readonly bytesPerSecond: number | null;
    readonly rowsPerSecond: number | null;
  };
  /** Rows and bytes of memory for what is read but not written yet. */
  readonly queueBytes: number;
  /** How often the job is tried again after a failure that is no crash. */
  readonly errorRetries: number;
  /** Waits before these tries. The last one counts for all further. */
  readonly retryDelaysMs: readonly number[];
  /** How source and target are compared after the load. */
  readonly proof: 'none' | 'counts' | 'checksums' | 'rows';
}

/** A change of one column's values; `converters.ts` knows the types and checks the parameters. */
export interface ConverterSpec {
  readonly column: string;
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A column that is computed: a text, or `#{expression}` for each row. */
export interface AddedField {
  readonly name: string;
  readonly value: string;
}

/** What becomes of rows that cannot be read, converted or written (cdm.md §5.10). */
export interface DirtyRowPolicy {
  /** False: the first one fails the job. */
  readonly tolerate: boolean;
  /** Most of them in one shard. */
  readonly maxPerShard: number;
  /** Most of them in percent of the rows read; null = no such limit. */
  readonly maxPercent: number | null;
  /** Where they are written besides the quarantine; null = nowhere. */
  readonly copyTo: {
    readonly link: string;
    readonly bucket: string;
    readonly directory: string;
  } | null;
}

export type TransferSource = TableSource | QuerySource | FileSource | WarehouseSource;
export type TransferTarget = TableTarget | FileTarget | WarehouseTarget;

/** Tables of a database. */
export interface TableSource {
  readonly kind: 'tables';
  readonly link: string;
  /** Empty = the link's default. May be a pattern, like `table`. */
  readonly schema: string;
  /** A name; with `*` or as a regular expression several; with `wholeDatabase` names joined by `&`, empty = all. */
  readonly table: string;
  /** Every table becomes a table of its own in the target. */
  readonly wholeDatabase: boolean;
  /** Null = all, in the table's order. */
  readonly columns: readonly string[] | null;
  /** Predicate; null = all rows. */
  readonly where: string | null;
  /** Column that shards are cut by; null = chosen by itself (a key), else one shard. */
  readonly partitionColumn: string | null;
  /** Whether the partition column may be null; then those rows are a shard. */
  readonly partitionColumnNullable: boolean;
  /** Read partition by partition; `names` null = all. */
  readonly tablePartitions: { readonly names: readonly string[] | null } | null;
  /** Character encoding in which bytes become text for targets without bytes. */
  readonly bytesEncoding: string;
}

/** The result of a query. */
export interface QuerySource {
  readonly kind: 'query';
  readonly link: string;
  readonly sql: string;
  readonly columns: readonly string[] | null;
  readonly bytesEncoding: string;
}

/** How text files are laid out. */
export interface CsvFormat {
  readonly kind: 'csv';
  /** One or more characters. */
  readonly fieldSeparator: string;
  /** Null when reading = told by the file (`\n`, `\r` or `\r\n`). */
  readonly lineSeparator: string | null;
  /** `"` protects separators. */
  readonly quoted: boolean;
  /** Backslash protects separators. */
  readonly escaped: boolean;
  /** Reading: the groups of this expression are the fields; null = separators. */
  readonly linePattern: string | null;
  /** Reading: lines left out at the beginning. Writing: 1 = names of columns, 0 = none. */
  readonly headerLines: number;
  /** WHATWG label, e.g. `utf-8`, `gbk`. */
  readonly encoding: string;
  /** Writing: `legacy` leaves quotes within a quoted value as they are (cdm.md §5.9). */
  readonly quoteStyle: 'rfc4180' | 'legacy';
  /** Writing: what becomes of line breaks within values. */
  readonly lineBreaks:
    | { readonly policy: 'keep' | 'drop' }
    | { readonly policy: 'replace'; readonly by: string };
}

export interface JsonFormat {
  readonly kind: 'json';
  readonly shape: 'auto' | 'object' | 'array';
  /** Dotted path to the rows; empty = the root. */
  readonly reference: string;
  readonly encoding: string;
}

export interface ParquetFormat {
  readonly kind: 'parquet';
  readonly compression: 'none' | 'snappy' | 'gzip';
}

export interface BinaryFormat {
  readonly kind: 'binary';
}

export type FileFormat = CsvFormat | JsonFormat | ParquetFormat | BinaryFormat;

/** AES-256-GCM without associated data; hexadecimal. */
export interface FileCipher {
  readonly key: string;
  readonly iv: string;
}

/** Files. */
export interface FileSource {
  readonly kind: 'files';
  readonly link: string;
  /** Empty where there are none. */
  readonly bucket: string;
  /** Files or folders, folders with all below. For `http` addresses. */
  readonly paths: readonly string[];
  readonly format: FileFormat;
  /** CSV: ascending 1-based numbers; JSON: dotted paths; Parquet: numbers or names. Null = all. */
  readonly columns: readonly string[] | null;
  readonly compression: 'none' | 'gzip' | 'zip' | 'tar.gz';
  /** Which suffix is decompressed; `*` = every file. */
  readonly compressedSuffix: string;
  /** `count` deals files into groups of equal number, `size` into groups of about equal bytes. */
  readonly splitBy: 'count' | 'size';
  /** A file in the source folder that must be there first. */
  readonly marker: { readonly name: string; readonly waitMs: number } | null;
  readonly filter: FileFilter;
  /** Whether a path that is not there counts as empty. */
  readonly missingIsEmpty: boolean;
  /** A file whose lines are the paths; null = `paths` are. */
  readonly listFile: {
    readonly link: string;
    readonly bucket: string;
    readonly path: string;
  } | null;
  readonly afterwards: 'nothing' | 'rename' | 'delete';
  /** Suffix of the file that holds a file's MD5; null = not checked. */
  readonly md5Suffix: string | null;
  readonly decrypt: FileCipher | null;
  /** Date patterns (SimpleDateFormat) by column. */
  readonly datePatterns: Readonly<Record<string, string>>;
  /** `http`: whether names lose what follows `?`. */
  readonly dropQuery: boolean;
}

export interface FileFilter {
  /** Wildcards or regular expressions on names of folders and files; empty = all. */
  readonly by: 'wildcard' | 'regex';
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Modified at or after, and before; texts as the job gives them; null = no bound. */
  readonly modifiedFrom: string | null;
  readonly modifiedBefore: string | null;
}

/** Tables as folders (cdm.md §5.9, Hive file mode). */
export interface WarehouseSource {
  readonly kind: 'warehouse';
  readonly link: string;
  readonly database: string;
  readonly table: string;
  readonly columns: readonly string[] | null;
  /** By partition column: values, or a boolean expression on `${value}`. */
  readonly partitions: Readonly<Record<string, readonly string[] | string>>;
}

export interface TableTarget {
  readonly kind: 'table';
  readonly link: string;
  /** Empty = the link's default. */
  readonly schema: string;
  /** Empty = the source's name. */
  readonly table: string;
  readonly columns: readonly string[] | null;
  readonly preparation: 'none' | 'create' | 'recreate';
  readonly clear:
    | { readonly kind: 'none' | 'all' }
    | { readonly kind: 'where'; readonly where: string };
  readonly conflict: 'insert' | 'replace' | 'update';
  /** Load beside the table, then move within one transaction. */
  readonly stage: boolean;
  /** Lengths of characters in created tables are multiplied by this. */
  readonly characterFactor: number;
  /** Whether NOT NULL is carried over to created tables. */
  readonly keepNotNull: boolean;
  /** One statement each; null = none. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface FileTarget {
  readonly kind: 'files';
  readonly link: string;
  readonly bucket: string;
  readonly directory: string;
  readonly format: FileFormat;
  readonly columns: readonly string[] | null;
  /** Files are closed and a next one is begun beyond this; null = no limit. */
  readonly maxFileBytes: number | null;
  /** Name of output files without number and suffix; null = the source table's or the job's. */
  readonly baseName: string | null;
  /** Same name and same size: written again, left, or the job fails. */
  readonly duplicates: 'replace' | 'skip' | 'abort';
  /** Binary: written beside and renamed at the end. */
  readonly viaTemporary: boolean;
  /** Empty file written last; null = none. */
  readonly marker: string | null;
  /** Only names of files are kept, below this folder; null = the tree is kept. */
  readonly flattenInto: string | null;
  readonly clear: boolean;
  /** Whether the folder may hold something already. */
  readonly append: boolean;
  readonly compression: 'none' | 'gzip' | 'deflate' | 'bzip2' | 'lz4' | 'snappy';
  readonly md5: { readonly check: boolean; readonly record: boolean };
  readonly encrypt: FileCipher | { readonly kmsKeyId: string } | null;
  readonly copyContentType: boolean;
  readonly bytesEncoding: string;
  readonly nulls: string;
}

export interface WarehouseTarget {
  readonly kind: 'warehouse';
  readonly link: string;
  readonly database: string;
  readonly table: string;
  readonly columns: readonly string[] | null;
  readonly preparation: 'none' | 'create' | 'recreate';
  readonly clear: 'none' | 'truncate' | 'overwrite';
  /** e.g. `{year: '2020'}` for each named partition; empty = whole table. */
  readonly partitions: readonly Readonly<Record<string, string>>[];
  readonly partitionColumns: readonly string[];
  readonly storage: 'text' | 'parquet';
  readonly nulls: 'null' | 'empty' | 'null-word';
  readonly lineBreaks: CsvFormat['lineBreaks'];
}
