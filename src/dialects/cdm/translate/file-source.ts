/** Files as a source (cdm.md §4.4, §5.9). */
import type { FileFilter, FileFormat, FileSource } from '../../../domain/transfer/definition.ts';
import { cdmError } from '../errors.ts';
import type { Settings } from '../values/settings.ts';
import type { JobLink } from './job-link.ts';
import { cipherOf, encodingOf, listOf, namesOf, pathOf, textOrNull, unescaped } from './words.ts';

/** Most paths of one job (cdm.md §1). */
const maxPaths = 50;

/** @throws WireError for inputs that do not fit together. */
export function fileSource(link: JobLink, settings: Settings): FileSource {
  const format = sourceFormat(settings);
  const bucket = link.options.kind === 's3' ? settings.text('bucketName').trim() : '';
  const paths = pathsOf(settings).map((path) => pathOf(path, settings.full('inputDirectory')));
  return {
    kind: 'files',
    link: link.name,
    bucket,
    paths,
    format,
    columns: format.kind === 'binary' ? null : columnsOf(settings, format),
    ...compressionOf(settings),
    splitBy: settings.choice('splitType', 'FILE') === 'SIZE' ? 'size' : 'count',
    marker: markerOf(settings),
    filter: filterOf(settings),
    missingIsEmpty: settings.flag('nonexistentPathDisregard', false),
    listFile: settings.flag('listTextFile', false)
      ? {
          link: settings.has('listLink') ? settings.text('listLink').trim() : link.name,
          bucket: settings.has('listBucket') ? settings.text('listBucket').trim() : bucket,
          path: settings.has('listPath')
            ? pathOf(settings.text('listPath'), settings.full('listPath'))
            : (paths[0] ?? ''),
        }
      : null,
    afterwards: afterwardsOf(settings),
    md5Suffix: textOrNull(settings.text('md5FileSuffix'))?.trim() ?? null,
    decrypt: decryptionOf(settings, format),
    datePatterns: settings.map('formats'),
    dropQuery: false,
  };
}

/** Addresses: always binary. */
export function httpSource(link: string, settings: Settings): FileSource {
  return {
    kind: 'files',
    link,
    bucket: '',
    paths: pathsOf(settings),
    format: { kind: 'binary' },
    columns: null,
    ...compressionOf(settings),
    splitBy: 'count',
    marker: null,
    filter: { by: 'wildcard', folders: [], files: [], modifiedFrom: null, modifiedBefore: null },
    missingIsEmpty: false,
    listFile: null,
    afterwards: 'nothing',
    md5Suffix: textOrNull(settings.text('md5FileSuffix'))?.trim() ?? null,
    decrypt: null,
    datePatterns: {},
    dropQuery: settings.flag('useQuery', false),
  };
}

function pathsOf(settings: Settings): readonly string[] {
  const separator = settings.has('fileSeparator') ? settings.text('fileSeparator') : '|';
  const paths = settings
    .text('inputDirectory')
    .split(separator)
    .map((path) => path.trim())
    .filter((path) => path !== '');
  if (paths.length > maxPaths) {
    throw cdmError('Cdm.0085', settings.full('inputDirectory'), `${maxPaths} paths`);
  }
  return paths;
}

function sourceFormat(settings: Settings): FileFormat {
  switch (settings.choice('inputFormat', '')) {
    case 'BINARY_FILE':
      return { kind: 'binary' };
    case 'PARQUET_FILE':
      return { kind: 'parquet', compression: 'snappy' };
    case 'JSON_FILE':
      return {
        kind: 'json',
        shape: jsonShapes[settings.choice('jsonType', '')] ?? 'auto',
        reference: settings.text('jsonReferenceNode').trim(),
        encoding: encodingOf(settings, 'encodeType', 'utf-8'),
      };
    default:
      return {
        kind: 'csv',
        fieldSeparator:
          settings.text('fieldSeparator') === '' ? ',' : unescaped(settings.text('fieldSeparator')),
        lineSeparator:
          settings.text('lineSeparator') === '' ? null : unescaped(settings.text('lineSeparator')),
        quoted: settings.flag('quoteChar', false),
        escaped: settings.flag('useEscape', false),
        linePattern: linePatternOf(settings),
        headerLines: settings.flag('firstRowAsHeader', false)
          ? settings.integer('headerRows', 1)
          : 0,
        encoding: encodingOf(settings, 'encodeType', 'utf-8'),
        quoteStyle: 'rfc4180',
        lineBreaks: { policy: 'keep' },
      };
  }
}

const jsonShapes: Readonly<Record<string, 'object' | 'array'>> = {
  JSON_OBJECT: 'object',
  JSON_ARRAY: 'array',
};

function linePatternOf(settings: Settings): string | null {
  if (!settings.flag('regexSeparator', false)) return null;
  if (!settings.has('regex')) throw cdmError('Cdm.0238', settings.full('regex'));
  return checkedPattern(settings.text('regex'), settings.full('regex'));
}

/** @throws WireError Cdm.0014 for what is no regular expression. */
function checkedPattern(pattern: string, name: string): string {
  try {
    RegExp(pattern, 'u');
    return pattern;
  } catch (error) {
    throw cdmError(
      'Cdm.0014',
      `[${name}]: ${error instanceof Error ? error.message : 'no regular expression'}.`,
    );
  }
}

function columnsOf(settings: Settings, format: FileFormat): readonly string[] | null {
  const columns = namesOf(settings.text('columnList'));
  if (columns === null || format.kind !== 'csv') return columns;
  const name = settings.full('columnList');
  const added = new Set(
    namesOf(settings.text('sampleValueColumn'))?.map((field) => field.split(':')[0]),
  );
  const numbers = columns.filter((column) => !added.has(column));
  const isNumbers = numbers.every((column) => /^[1-9]\d{0,4}$/.test(column));
  const ascends = numbers.every(
    (column, at) => at === 0 || Number(numbers[at - 1]) < Number(column),
  );
  if (!isNumbers || !ascends) {
    throw cdmError(
      'Cdm.0014',
      `[${name}] must be ascending numbers of columns joined by &, e.g. 1&3&5.`,
    );
  }
  return columns;
}

function compressionOf(settings: Settings): Pick<FileSource, 'compression' | 'compressedSuffix'> {
  const words = { NONE: 'none', GZIP: 'gzip', ZIP: 'zip', TARGZ: 'tar.gz' } as const;
  return {
    compression: words[settings.choice('fromCompression', 'NONE') as keyof typeof words],
    compressedSuffix: settings.has('compressedFileSuffix')
      ? settings.text('compressedFileSuffix').trim()
      : '*',
  };
}

/** What cannot be done to files of rows is told now and not by each run. */
function decryptionOf(settings: Settings, format: FileFormat): FileSource['decrypt'] {
  if (settings.choice('decryption', 'NONE') === 'NONE') return null;
  if (format.kind === 'binary') return cipherOf(settings);
  throw cdmError('Cdm.0014', `[${settings.full('decryption')}] is for BINARY_FILE only.`);
}

function markerOf(settings: Settings): FileSource['marker'] {
  if (!settings.flag('useMarkerFile', false)) return null;
  if (!settings.has('markerFile')) throw cdmError('Cdm.0238', settings.full('markerFile'));
  return {
    name: settings.text('markerFile').trim(),
    waitMs: settings.integer('waitTime', 0) * 1_000,
  };
}

function afterwardsOf(settings: Settings): FileSource['afterwards'] {
  const words = { DO_NOTHING: 'nothing', RENAME: 'rename', DELETE: 'delete' } as const;
  return words[settings.choice('fromFileOpType', 'DO_NOTHING') as keyof typeof words];
}

function filterOf(settings: Settings): FileFilter {
  const type = settings.choice('filterType', 'NONE');
  const byRegex = type === 'REGEX';
  const byName = byRegex || type === 'WILDCARD' || settings.flag('useWildCard', false);
  const byTime = type === 'TIME' || settings.flag('useTimeFilter', false);
  const names = (name: string): readonly string[] => {
    if (!byName) return [];
    const patterns = listOf(settings.text(name));
    if (byRegex) for (const pattern of patterns) checkedPattern(pattern, settings.full(name));
    return patterns;
  };
  return {
    by: byRegex ? 'regex' : 'wildcard',
    folders: names('pathFilter'),
    files: names('fileFilter'),
    modifiedFrom: byTime ? textOrNull(settings.text('startTime')) : null,
    modifiedBefore: byTime ? textOrNull(settings.text('endTime')) : null,
  };
}
