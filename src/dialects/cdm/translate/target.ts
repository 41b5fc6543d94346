/** What a job's to-inputs mean, in the engine's words (cdm.md §4.5). */
import type {
  FileFormat,
  FileTarget,
  TableTarget,
  TransferTarget,
  WarehouseTarget,
} from '../../../domain/transfer/definition.ts';
import { cdmError } from '../errors.ts';
import type { Settings } from '../values/settings.ts';
import type { JobLink } from './job-link.ts';
import {
  cipherOf,
  encodingOf,
  lineBreaksOf,
  listOf,
  namesOf,
  pathOf,
  preparationOf,
  textOrNull,
  unescaped,
} from './words.ts';

export interface TargetContext {
  readonly wholeDatabase: boolean;
  readonly quoteStyle: 'rfc4180' | 'legacy';
  /** How bytes of the source become text. */
  readonly bytesEncoding: string;
}

/** @throws WireError for inputs that do not fit together. */
export function translateTarget(
  link: JobLink,
  settings: Settings,
  context: TargetContext,
): TransferTarget {
  switch (link.connector) {
    case 'generic-jdbc-connector':
      return tableTarget(link, settings, context.wholeDatabase);
    case 'hive-connector':
      return warehouseTarget(link.name, settings, context.wholeDatabase);
    default:
      return fileTarget(link, settings, context);
  }
}

function tableTarget(link: JobLink, settings: Settings, wholeDatabase: boolean): TableTarget {
  const table = settings.text('tableName').trim();
  if (
    link.options.kind === 'mysql' &&
    link.options.database === '' &&
    !settings.has('schemaName')
  ) {
    throw cdmError('Cdm.0238', settings.full('schemaName'));
  }
  const upserts = settings.choice('importMode', 'COPY') === 'UPSERT';
  const conflict = settings.choice('onConflict', upserts ? 'UPDATE' : 'INSERT');
  return {
    kind: 'table',
    link: link.name,
    schema: settings.text('schemaName').trim(),
    table: wholeDatabase || table === '*' ? '' : table,
    columns: wholeDatabase ? null : namesOf(settings.text('columnList')),
    preparation: preparationOf(settings),
    clear: clearOf(settings),
    conflict: conflict === 'UPDATE' ? 'update' : conflict === 'REPLACE' ? 'replace' : 'insert',
    stage: settings.flag('useStageTable', false),
    characterFactor: settings.flag('extendCharLength', false)
      ? link.databaseType === 'DWS'
        ? 4
        : 3
      : 1,
    keepNotNull: settings.flag('useNullable', true),
    before: textOrNull(settings.text('preSql')),
    after: textOrNull(settings.text('postSql')),
  };
}

function clearOf(settings: Settings): TableTarget['clear'] {
  const absent = settings.flag('shouldClearTable', false) ? 'shouldClearTable' : 'none';
  switch (settings.choice('beforeImportType', absent)) {
    case 'shouldClearTable':
      return { kind: 'all' };
    case 'whereClause':
      if (!settings.has('whereClause')) throw cdmError('Cdm.0238', settings.full('whereClause'));
      return { kind: 'where', where: settings.text('whereClause') };
    default:
      return { kind: 'none' };
  }
}

function fileTarget(link: JobLink, settings: Settings, context: TargetContext): FileTarget {
  const format = targetFormat(settings, context.quoteStyle);
  const flatten = settings.flag('useCustomDirectory', false);
  const validate = settings.flag('validateMD5', false);
  return {
    kind: 'files',
    link: link.name,
    bucket: link.options.kind === 's3' ? settings.text('bucketName').trim() : '',
    directory: pathOf(settings.text('outputDirectory'), settings.full('outputDirectory')),
    format,
    columns: format.kind === 'binary' ? null : namesOf(settings.text('columnList')),
    maxFileBytes: settings.has('writeFileSize')
      ? settings.integer('writeFileSize', 1) * 1_048_576
      : null,
    baseName: textOrNull(settings.text('filePrefix')),
    duplicates: duplicatesOf(settings),
    viaTemporary: settings.flag('writeToTempFile', false),
    marker: textOrNull(settings.text('markerFile'))?.trim() ?? null,
    flattenInto: flatten
      ? pathOf(settings.text('customDirectory'), settings.full('customDirectory'))
      : null,
    clear: settings.flag('shouldClearTable', false),
    append: link.connector === 'hdfs-connector' ? settings.flag('appendMode', false) : true,
    compression: compressionOf(settings, format),
    md5: { check: validate, record: settings.flag('recordMD5Result', false) },
    encrypt: encryptionOf(link, settings, { validate, isBinary: format.kind === 'binary' }),
    copyContentType: settings.flag('copyContentType', false),
    bytesEncoding: context.bytesEncoding,
    nulls: '',
  };
}

function duplicatesOf(settings: Settings): FileTarget['duplicates'] {
  const words = { REPLACE: 'replace', SKIP: 'skip', ABANDON: 'abort' } as const;
  return words[settings.choice('duplicateFileOpType', 'REPLACE') as keyof typeof words];
}

/** What cannot be written is told now and not by each run. */
function compressionOf(settings: Settings, format: FileFormat): FileTarget['compression'] {
  const name = settings.full('compression');
  switch (settings.choice('compression', 'NONE')) {
    case 'NONE':
      return 'none';
    case 'GZIP':
      if (format.kind !== 'binary') return 'gzip';
      throw cdmError('Cdm.0014', `[${name}] must be NONE: BINARY_FILE is copied as it is.`);
    default:
      throw cdmError('Cdm.0014', `[${name}] must be NONE or GZIP on this server.`);
  }
}

function encryptionOf(
  link: JobLink,
  settings: Settings,
  { validate, isBinary }: { readonly validate: boolean; readonly isBinary: boolean },
): FileTarget['encrypt'] {
  const name = settings.full('encryption');
  switch (settings.choice('encryption', 'NONE')) {
    case 'KMS':
      if (link.options.kind !== 's3') throw cdmError('Cdm.0014', `[${name}] KMS is for obs only.`);
      if (validate) throw cdmError('Cdm.0014', `[${name}] KMS excludes validateMD5.`);
      if (!settings.has('kmsID')) throw cdmError('Cdm.0238', settings.full('kmsID'));
      return { kmsKeyId: settings.text('kmsID').trim() };
    case 'AES-256-GCM':
      if (!isBinary) throw cdmError('Cdm.0014', `[${name}] AES-256-GCM is for BINARY_FILE only.`);
      return cipherOf(settings);
    default:
      return null;
  }
}

function targetFormat(settings: Settings, quoteStyle: 'rfc4180' | 'legacy'): FileFormat {
  const encoding = () => encodingOf(settings, 'encodeType', 'utf-8');
  switch (settings.choice('outputFormat', '')) {
    case 'BINARY_FILE':
      return { kind: 'binary' };
    case 'PARQUET_FILE':
      return { kind: 'parquet', compression: 'snappy' };
    case 'JSON_FILE':
      return { kind: 'json', shape: 'object', reference: '', encoding: encoding() };
    default:
      return {
        kind: 'csv',
        fieldSeparator:
          settings.text('fieldSeparator') === '' ? ',' : unescaped(settings.text('fieldSeparator')),
        lineSeparator:
          settings.text('lineSeparator') === ''
            ? '\r\n'
            : unescaped(settings.text('lineSeparator')),
        quoted: settings.flag('quoteChar', false),
        escaped: false,
        linePattern: null,
        headerLines: settings.flag('firstRowAsHeader', false) ? 1 : 0,
        encoding: encoding(),
        quoteStyle,
        lineBreaks: lineBreaksOf(settings),
      };
  }
}

function warehouseTarget(
  link: string,
  settings: Settings,
  wholeDatabase: boolean,
): WarehouseTarget {
  if (!wholeDatabase && !settings.has('table')) throw cdmError('Cdm.0238', settings.full('table'));
  const overwrites =
    settings.choice('clearType', '') === 'INSERT_OVERWRITE' ||
    (settings.flag('shouldClearTable', false) &&
      settings.choice('clearDataMode', 'TRUNCATE') === 'LOAD_OVERWRITE');
  const nulls = { TO_NULL: 'null', TO_EMPTY_STRING: 'empty', TO_NULL_STRING: 'null-word' } as const;
  return {
    kind: 'warehouse',
    link,
    database: settings.has('database') ? settings.text('database').trim() : 'default',
    table: wholeDatabase ? '' : settings.text('table').trim(),
    columns: wholeDatabase ? null : namesOf(settings.text('columnList')),
    preparation: preparationOf(settings),
    clear: overwrites
      ? 'overwrite'
      : settings.flag('shouldClearTable', false)
        ? 'truncate'
        : 'none',
    partitions: partitionsOf(settings),
    partitionColumns: listOf(settings.text('partitionColumns')),
    storage: settings.choice('storageFormat', 'TEXTFILE') === 'PARQUET' ? 'parquet' : 'text',
    nulls: nulls[settings.choice('convertNull', 'TO_NULL') as keyof typeof nulls],
    lineBreaks: lineBreaksOf(settings),
  };
}

/** `year=2020,location=sun`, several joined by `|`. */
function partitionsOf(settings: Settings): WarehouseTarget['partitions'] {
  return settings
    .text('partitionsInfo')
    .split('|')
    .filter((text) => text.trim() !== '')
    .map((text) =>
      Object.fromEntries(
        listOf(text).map((pair) => {
          const at = pair.indexOf('=');
          if (at < 1) {
            throw cdmError(
              'Cdm.0014',
              `[${settings.full('partitionsInfo')}] must be like year=2020,location=sun.`,
            );
          }
          return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
        }),
      ),
    );
}
