/** Schemas of files: how they are laid out, which are read, how they are written. */
import { Type } from 'typebox';
import { closed } from '../views/common.ts';
import { given } from './shape.ts';

const maxPaths = 1_000;
const maxPathChars = 4_096;

const longText = Type.String({ maxLength: 65_536 });
const path = Type.String({ maxLength: maxPathChars });
export const linkName = Type.String({ minLength: 1, maxLength: 256 });
export const bucketName = Type.String({
  maxLength: 256,
  description: 'Empty where there are none.',
});
const encoding = Type.String({
  minLength: 1,
  maxLength: 40,
  description: 'WHATWG label, e.g. gbk.',
});

/** Names of columns; null = all. */
export const columnNames = Type.Union(
  [
    Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { minItems: 1, maxItems: 5_000 }),
    Type.Null(),
  ],
  { description: 'Null = all.' },
);

/** What becomes of line breaks within values. */
export const lineBreaks = given(
  Type.Union([
    Type.Object({ policy: Type.Enum(['keep', 'drop']) }, closed),
    Type.Object({ policy: Type.Literal('replace'), by: longText }, closed),
  ]),
  { policy: 'keep' },
);

const CsvFormat = Type.Object(
  {
    kind: Type.Literal('csv'),
    fieldSeparator: given(Type.String({ minLength: 1, maxLength: 16 }), ','),
    lineSeparator: given(
      Type.Union([Type.String({ minLength: 1, maxLength: 16 }), Type.Null()]),
      null,
    ),
    quoted: given(Type.Boolean({ description: '`"` protects separators.' }), true),
    escaped: given(Type.Boolean({ description: 'A backslash protects separators.' }), false),
    linePattern: given(
      Type.Union([longText, Type.Null()], {
        description: 'Reading: the groups of this expression are the fields.',
      }),
      null,
    ),
    headerLines: given(
      Type.Integer({
        minimum: 0,
        maximum: 1_000,
        description: 'Reading: lines left out at the beginning. Writing: 1 = names of columns.',
      }),
      0,
    ),
    encoding: given(encoding, 'utf-8'),
    quoteStyle: given(Type.Enum(['rfc4180', 'legacy']), 'rfc4180'),
    lineBreaks,
  },
  { ...closed, title: 'CsvFormat' },
);

const JsonFormat = Type.Object(
  {
    kind: Type.Literal('json'),
    shape: given(Type.Enum(['auto', 'object', 'array']), 'auto'),
    reference: given(
      Type.String({ maxLength: 1_024, description: 'Dotted path to the rows; empty = the root.' }),
      '',
    ),
    encoding: given(encoding, 'utf-8'),
  },
  { ...closed, title: 'JsonFormat' },
);

const ParquetFormat = Type.Object(
  {
    kind: Type.Literal('parquet'),
    compression: given(Type.Enum(['none', 'snappy', 'gzip']), 'snappy'),
  },
  { ...closed, title: 'ParquetFormat' },
);

const BinaryFormat = Type.Object(
  { kind: Type.Literal('binary') },
  { ...closed, title: 'BinaryFormat', description: 'Files are copied as they are.' },
);

const FileFormat = Type.Union([CsvFormat, JsonFormat, ParquetFormat, BinaryFormat], {
  title: 'FileFormat',
});

const hexadecimal = (pattern: string) =>
  given(Type.Union([Type.String({ pattern }), Type.Literal('')]), '');

const cipher = Type.Object(
  { key: hexadecimal('^[0-9A-Fa-f]{64}$'), iv: hexadecimal('^[0-9A-Fa-f]{24,32}$') },
  {
    ...closed,
    description:
      'AES-256-GCM, hexadecimal. Never shown: answers have an empty object here, which stands for the same as before when a data job is replaced.',
  },
);

const wildcards = given(
  Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 100 }),
  [],
);
const timeText = given(
  Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()]),
  null,
);

/** Files as a source. */
export const FileSourceInput = Type.Object(
  {
    kind: Type.Literal('files'),
    link: linkName,
    bucket: given(bucketName, ''),
    paths: Type.Array(path, { minItems: 1, maxItems: maxPaths }),
    format: FileFormat,
    columns: given(columnNames, null),
    compression: given(Type.Enum(['none', 'gzip', 'zip', 'tar.gz']), 'none'),
    compressedSuffix: given(Type.String({ maxLength: 64 }), '*'),
    splitBy: given(Type.Enum(['count', 'size']), 'size'),
    marker: given(
      Type.Union([
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 1_024 }),
            waitMs: given(Type.Integer({ minimum: 0, maximum: 604_800_000 }), 0),
          },
          closed,
        ),
        Type.Null(),
      ]),
      null,
    ),
    filter: given(
      Type.Object(
        {
          by: given(Type.Enum(['wildcard', 'regex']), 'wildcard'),
          folders: wildcards,
          files: wildcards,
          modifiedFrom: timeText,
          modifiedBefore: timeText,
        },
        closed,
      ),
      {},
    ),
    missingIsEmpty: given(Type.Boolean(), false),
    listFile: given(
      Type.Union([
        Type.Object({ link: linkName, bucket: given(bucketName, ''), path }, closed),
        Type.Null(),
      ]),
      null,
    ),
    afterwards: given(Type.Enum(['nothing', 'rename', 'delete']), 'nothing'),
    md5Suffix: given(Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()]), null),
    decrypt: given(Type.Union([cipher, Type.Null()]), null),
    datePatterns: given(Type.Record(Type.String(), Type.String(), { maxProperties: 1_000 }), {}),
    dropQuery: given(Type.Boolean(), false),
  },
  { ...closed, title: 'FileSource' },
);

/** Files as a target. */
export const FileTargetInput = Type.Object(
  {
    kind: Type.Literal('files'),
    link: linkName,
    bucket: given(bucketName, ''),
    directory: path,
    format: FileFormat,
    columns: given(columnNames, null),
    maxFileBytes: given(
      Type.Union([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()]),
      null,
    ),
    baseName: given(
      Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()], {
        description: 'Null = the source table’s name or the job’s.',
      }),
      null,
    ),
    duplicates: given(Type.Enum(['replace', 'skip', 'abort']), 'replace'),
    viaTemporary: given(Type.Boolean(), false),
    marker: given(Type.Union([Type.String({ minLength: 1, maxLength: 1_024 }), Type.Null()]), null),
    flattenInto: given(Type.Union([path, Type.Null()]), null),
    clear: given(Type.Boolean(), false),
    append: given(Type.Boolean(), true),
    compression: given(Type.Enum(['none', 'gzip', 'deflate', 'bzip2', 'lz4', 'snappy']), 'none'),
    md5: given(
      Type.Object(
        { check: given(Type.Boolean(), false), record: given(Type.Boolean(), false) },
        closed,
      ),
      {},
    ),
    encrypt: given(
      Type.Union([
        cipher,
        Type.Object({ kmsKeyId: Type.String({ minLength: 1, maxLength: 256 }) }, closed),
        Type.Null(),
      ]),
      null,
    ),
    copyContentType: given(Type.Boolean(), false),
    bytesEncoding: given(encoding, 'utf-8'),
    nulls: given(Type.String({ maxLength: 64, description: 'How NULL is written.' }), ''),
  },
  { ...closed, title: 'FileTarget' },
);
