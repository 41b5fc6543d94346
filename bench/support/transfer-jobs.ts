import type {
  CsvFormat,
  TransferDefinition,
  TransferSource,
  TransferTarget,
} from '../../src/domain/transfer/definition.ts';
import type { LinkOptions } from '../../src/domain/transfer/link.ts';
import type { TransferWork } from '../../src/ports/transfers.ts';

/** Columns of the table that moves: numbers, texts, times, and some of them NULL. */
export const COLUMNS = `(id bigint PRIMARY KEY, a integer, b integer NOT NULL, c bigint,
  n numeric(12,2), v varchar(40), w varchar(20), ts timestamp)`;

/** Rows of it in PostgreSQL. */
export function fill(rows: number): string {
  return `INSERT INTO t SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE i % 1000 END, i % 50,
    i::bigint * 1000003, (i % 1000000) / 100.0, 'name of row ' || i,
    CASE WHEN i % 5 = 0 THEN NULL ELSE left(md5(i::text), 12) END,
    timestamp '2020-01-01' + i * interval '1 second' FROM generate_series(1, ${rows}) AS i`;
}

export const csvFormat: CsvFormat = {
  kind: 'csv',
  fieldSeparator: ',',
  lineSeparator: '\n',
  quoted: true,
  escaped: false,
  linePattern: null,
  headerLines: 0,
  encoding: 'utf-8',
  quoteStyle: 'rfc4180',
  lineBreaks: { policy: 'keep' },
};

export function fromTable(): TransferSource {
  return {
    kind: 'tables',
    link: 'from',
    schema: '',
    table: 't',
    wholeDatabase: false,
    columns: null,
    where: null,
    partitionColumn: null,
    partitionColumnNullable: false,
    tablePartitions: null,
    bytesEncoding: 'latin1',
  };
}

export function toTable(table: string): TransferTarget {
  return {
    kind: 'table',
    link: 'to',
    schema: '',
    table,
    columns: null,
    preparation: 'none',
    clear: { kind: 'none' },
    conflict: 'insert',
    stage: false,
    characterFactor: 1,
    keepNotNull: true,
    before: null,
    after: null,
  };
}

export function fromFile(path: string): TransferSource {
  return {
    kind: 'files',
    link: 'from',
    bucket: '',
    paths: [path],
    format: csvFormat,
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
  };
}

export function toFiles(directory: string): TransferTarget {
  return {
    kind: 'files',
    link: 'to',
    bucket: '',
    directory,
    format: csvFormat,
    columns: null,
    maxFileBytes: null,
    baseName: null,
    duplicates: 'replace',
    viaTemporary: false,
    marker: null,
    flattenInto: null,
    clear: true,
    append: true,
    compression: 'none',
    md5: { check: false, record: false },
    encrypt: null,
    copyContentType: false,
    bytesEncoding: 'latin1',
    nulls: '',
  };
}

/** A job between two links, as a run gets it. */
export function workOf(
  from: TransferSource,
  to: TransferTarget,
  links: { readonly from: LinkOptions; readonly to: LinkOptions },
  proof: TransferDefinition['proof'],
): TransferWork {
  return {
    definition: {
      name: 'bench',
      from,
      to,
      addedFields: [],
      converters: [],
      extractors: 1,
      concurrentTables: 1,
      dirtyRows: { tolerate: false, maxPerShard: 0, maxPercent: null, copyTo: null },
      throttle: { bytesPerSecond: null, rowsPerSecond: null },
      queueBytes: 16 * 1024 * 1024,
      errorRetries: 0,
      retryDelaysMs: [],
      proof,
    },
    links,
  };
}
