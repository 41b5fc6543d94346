import type {
  FileFormat,
  FileSource,
  FileTarget,
} from '../../../src/domain/transfer/definition.ts';
import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import type {
  Connector,
  LoaderRequest,
  PlannedTable,
  RowBatch,
  RowFormat,
  RowSource,
  RowTarget,
  SourceTable,
} from '../../../src/ports/connector.ts';
import type { FileStore } from '../../../src/ports/file-store.ts';

/** What the suites for files need to know of a kind of store. */
export interface FilesAdapter {
  readonly name: string;
  /** Options of node:test, e.g. to skip where the server is not installed. */
  readonly options?: { readonly skip?: string };
  /** An empty store. */
  open(): Promise<FilesUnderTest>;
}

export interface FilesUnderTest {
  readonly connector: Connector;
  readonly link: LinkOptions;
  /** Empty where there are none. */
  readonly bucket: string;
  /** Links that do not work, with the code that says why. */
  readonly badLinks: readonly { readonly link: LinkOptions; readonly code: string }[];
  close(): Promise<void>;
}

export const csv: Extract<FileFormat, { kind: 'csv' }> = {
  kind: 'csv',
  fieldSeparator: ',',
  lineSeparator: null,
  quoted: true,
  escaped: false,
  linePattern: null,
  headerLines: 0,
  encoding: 'utf-8',
  quoteStyle: 'rfc4180',
  lineBreaks: { policy: 'keep' },
};

export const json: Extract<FileFormat, { kind: 'json' }> = {
  kind: 'json',
  shape: 'auto',
  reference: '',
  encoding: 'utf-8',
};

/** A source of everything in `in`, changed as the test needs it. */
export function sourceOf(changes: Partial<FileSource> = {}): FileSource {
  return {
    kind: 'files',
    link: 'files',
    bucket: '',
    paths: ['in'],
    format: csv,
    columns: null,
    compression: 'none',
    compressedSuffix: '*',
    splitBy: 'count',
    marker: null,
    filter: { by: 'wildcard', folders: [], files: [], modifiedFrom: null, modifiedBefore: null },
    missingIsEmpty: false,
    listFile: null,
    afterwards: 'nothing',
    md5Suffix: null,
    decrypt: null,
    datePatterns: {},
    dropQuery: false,
    ...changes,
  };
}

/** A target in `out`, changed as the test needs it. */
export function targetOf(changes: Partial<FileTarget> = {}): FileTarget {
  return {
    kind: 'files',
    link: 'files',
    bucket: '',
    directory: 'out',
    format: { ...csv, lineSeparator: '\n' },
    columns: null,
    maxFileBytes: null,
    baseName: null,
    duplicates: 'replace',
    viaTemporary: false,
    marker: null,
    flattenInto: null,
    clear: false,
    append: true,
    compression: 'none',
    md5: { check: false, record: false },
    encrypt: null,
    copyContentType: false,
    bytesEncoding: 'iso-8859-1',
    nulls: '',
    ...changes,
  };
}

export const never = new AbortController().signal;

/** Opens the files of a link. @throws Error when it has none. */
export async function openStore({ connector, link, bucket }: FilesUnderTest): Promise<FileStore> {
  if (connector.files === undefined) throw new Error('the connector has no files');
  return connector.files(link, bucket, never);
}

/** Puts a file into a store. */
export async function plant(
  store: FileStore,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  await store.write(path, pieces(Buffer.from(content)), { signal: never });
}

/** All of a file; null when it is not there. */
export async function look(store: FileStore, path: string): Promise<Buffer | null> {
  if ((await store.stat(path)) === null) return null;
  const read: Uint8Array[] = [];
  for await (const piece of store.read(path, { start: 0, end: null }, never)) read.push(piece);
  return Buffer.concat(read);
}

/** Paths of all files below a folder. */
export async function paths(store: FileStore, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(folder, never)) found.push(path);
  return found;
}

/** Content in small pieces. */
export async function* pieces(content: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

/** What a source gave. */
export interface ReadAll {
  readonly table: SourceTable;
  readonly bytes: Buffer;
  readonly batches: readonly RowBatch[];
  readonly rows: number;
  readonly rejected: readonly { readonly where: string; readonly reason: string }[];
}

/** Reads all chunks of the one table of a source. */
export async function readAll(
  source: RowSource,
  format: RowFormat = { kind: 'text' },
  batchBytes = 1024 * 1024,
): Promise<ReadAll> {
  const [table] = await source.tables();
  if (table === undefined) throw new Error('the source has no table');
  const batches: RowBatch[] = [];
  for (const chunk of await source.chunks(table, { shards: 1, fine: true, chunkRows: 1000 })) {
    const { columns } = table;
    const request = { table, columns, chunk, position: null, format, batchBytes, signal: never };
    for await (const batch of source.read(request)) batches.push(batch);
  }
  return {
    table,
    batches,
    bytes: Buffer.concat(batches.map(({ bytes }) => bytes)),
    rows: batches.reduce((sum, { rows }) => sum + rows, 0),
    rejected: batches.flatMap(({ rejected }) => rejected ?? []),
  };
}

/** A plan that writes a table as it is read. */
export function planned(source: SourceTable, target: RowTarget, index = 0): PlannedTable {
  return {
    index,
    source,
    target: source.name,
    columns: source.columns.map((column) => ({ source: column, target: target.columnFor(column) })),
  };
}

/** What opens a loader of one shard. */
export function loaderOf(table: PlannedTable, changes: Partial<LoaderRequest> = {}): LoaderRequest {
  return {
    table,
    format: { kind: 'text' },
    shard: 0,
    shards: 1,
    runId: 'r1',
    after: null,
    repeats: false,
    signal: never,
    ...changes,
  };
}
