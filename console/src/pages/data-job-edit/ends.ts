/** Both ends of a data job: what each kind is when nothing is said. The API has the same defaults. */
import type { DataJobDefinition } from '../../../../src/dialects/native/views/data-job.ts';

export type Source = DataJobDefinition['from'];
export type Target = DataJobDefinition['to'];
export type FileSource = Extract<Source, { kind: 'files' }>;
export type FileTarget = Extract<Target, { kind: 'files' }>;
export type FileFormat = FileSource['format'];

const databases: ReadonlySet<string> = new Set(['postgres', 'mysql', 'sqlite']);

/** Kinds of sources that a kind of links has; all while the kind is not known. */
export function sourceKinds(link: string): readonly Source['kind'][] {
  if (link === '') return ['tables', 'query', 'files', 'warehouse'];
  if (databases.has(link)) return ['tables', 'query'];
  return link === 'warehouse' ? ['warehouse'] : ['files'];
}

/** The same for targets. */
export function targetKinds(link: string): readonly Target['kind'][] {
  if (link === '') return ['table', 'files', 'warehouse'];
  if (databases.has(link)) return ['table'];
  return link === 'warehouse' ? ['warehouse'] : ['files'];
}

export function newSource(kind: Source['kind'], link: string): Source {
  switch (kind) {
    case 'tables':
      return {
        kind,
        link,
        schema: '',
        table: '',
        wholeDatabase: false,
        columns: null,
        where: null,
        partitionColumn: null,
        partitionColumnNullable: false,
        tablePartitions: null,
        bytesEncoding: 'utf-8',
      };
    case 'query':
      return { kind, link, sql: '', columns: null, bytesEncoding: 'utf-8' };
    case 'files':
      return {
        kind,
        link,
        bucket: '',
        paths: [],
        format: newFormat('csv'),
        columns: null,
        compression: 'none',
        compressedSuffix: '*',
        splitBy: 'size',
        marker: null,
        filter: {
          by: 'wildcard',
          folders: [],
          files: [],
          modifiedFrom: null,
          modifiedBefore: null,
        },
        missingIsEmpty: false,
        listFile: null,
        afterwards: 'nothing',
        md5Suffix: null,
        decrypt: null,
        datePatterns: {},
        dropQuery: false,
      };
    case 'warehouse':
      return { kind, link, database: 'default', table: '', columns: null, partitions: {} };
  }
}

export function newTarget(kind: Target['kind'], link: string): Target {
  switch (kind) {
    case 'table':
      return {
        kind,
        link,
        schema: '',
        table: '',
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
    case 'files':
      return {
        kind,
        link,
        bucket: '',
        directory: '',
        format: newFormat('csv'),
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
        bytesEncoding: 'utf-8',
        nulls: '',
      };
    case 'warehouse':
      return {
        kind,
        link,
        database: 'default',
        table: '',
        columns: null,
        preparation: 'create',
        clear: 'none',
        partitions: [],
        partitionColumns: [],
        storage: 'parquet',
        nulls: 'null',
        lineBreaks: { policy: 'keep' },
      };
  }
}

export function newFormat(kind: FileFormat['kind']): FileFormat {
  switch (kind) {
    case 'csv':
      return {
        kind,
        fieldSeparator: ',',
        lineSeparator: null,
        quoted: true,
        escaped: false,
        linePattern: null,
        headerLines: 1,
        encoding: 'utf-8',
        quoteStyle: 'rfc4180',
        lineBreaks: { policy: 'keep' },
      };
    case 'json':
      return { kind, shape: 'auto', reference: '', encoding: 'utf-8' };
    case 'parquet':
      return { kind, compression: 'snappy' };
    case 'binary':
      return { kind };
  }
}

/** What was written by hand, with what it leaves out. Its kinds must be known: see `isDefinition`. */
export function completed(
  taken: DataJobDefinition,
  defaults: DataJobDefinition,
): DataJobDefinition {
  const { from, to } = taken;
  const source = { ...newSource(from.kind, from.link), ...from } as Source;
  const target = { ...newTarget(to.kind, to.link), ...to } as Target;
  return {
    ...defaults,
    ...taken,
    from: source.kind === 'files' ? { ...source, format: completedFormat(source.format) } : source,
    to: target.kind === 'files' ? { ...target, format: completedFormat(target.format) } : target,
    dirtyRows: { ...defaults.dirtyRows, ...taken.dirtyRows },
    throttle: { ...defaults.throttle, ...taken.throttle },
  };
}

function completedFormat(format: FileFormat): FileFormat {
  return { ...newFormat(format.kind), ...format } as FileFormat;
}

/** Whether something has both ends, of kinds that the forms know. The server checks all else. */
export function isDefinition(value: unknown): value is DataJobDefinition {
  const kindOf = (end: unknown): unknown =>
    typeof end === 'object' && end !== null && 'kind' in end ? end.kind : null;
  if (typeof value !== 'object' || value === null || !('from' in value && 'to' in value)) {
    return false;
  }
  const { from, to } = value;
  const formatOf = (end: unknown): boolean =>
    kindOf(end) !== 'files' ||
    ['csv', 'json', 'parquet', 'binary'].some(
      (kind) => kind === kindOf((end as { readonly format?: unknown }).format),
    );
  return (
    sourceKinds('').some((kind) => kind === kindOf(from)) &&
    targetKinds('').some((kind) => kind === kindOf(to)) &&
    formatOf(from) &&
    formatOf(to)
  );
}

/** Periods by which rows are taken since the last one. */
export const periods = ['hour', 'day', 'week', 'month'] as const;
export type Period = (typeof periods)[number];

const windows: Readonly<Record<Period, readonly [pattern: string, shift: string]>> = {
  hour: ['yyyy-MM-dd HH:00:00', '-1, HOUR'],
  day: ['yyyy-MM-dd', '-1, DAY'],
  week: ['yyyy-MM-dd', '-7, DAY'],
  month: ['yyyy-MM-01', '-1, MONTH'],
};

/** A predicate for the rows of the period before the run's time: each row falls into one run. */
export function rowsSince(column: string, period: Period): string {
  const [pattern, shift] = windows[period];
  const from = `\${dateformat(${pattern}, ${shift})}`;
  return `${column} >= '${from}' and ${column} < '\${dateformat(${pattern})}'`;
}
