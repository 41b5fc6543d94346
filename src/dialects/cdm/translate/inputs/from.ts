/** Inputs of sources (cdm.md §4.4). */
import type { InputTable } from '../../values/settings.ts';
import { choice, flag, integer, map, refused, stored, text } from './specs.ts';

const prefix = 'fromJobConfig.';
const required = { required: true } as const;

const database: InputTable = {
  prefix,
  specs: [
    flag('useSql', 'default false'),
    text('sql', 'one SELECT without comments'),
    text('schemaName', 'required unless the link has a default; * at either end = several'),
    text('tableName', 'a name, with * or as a regular expression several'),
    text('columnList', 'joined by &; default all'),
    text('whereClause', 'a predicate; macros'),
    text('partitionColumn', 'what shards are cut by; default a key of the table'),
    flag('allowNullValueInPartitionColumn', 'rows without a value are a shard'),
    flag('usePartition', 'partition by partition'),
    text('partitionList', 'names of partitions joined by &; default all'),
    refused('cdc', 'incremental migration by binlog is not supported'),
    text('encodingForBinary', 'how bytes become text; default ISO_8859_1'),
    text('sampleValueColumn', 'added fields, name:value joined by &; macros and #{expressions}'),
    stored('incrMigration', 'counts for CDC only'),
    stored('createOutTable', ''),
    stored('keyAtLeastOneZero', 'fractions of seconds are written without trailing zeros'),
    stored('enableWriteLobToString', 'large objects are always columns'),
    refused('writeLobDataAsFile', 'large objects as files are not supported'),
    stored('usePattern', ''),
  ],
};

/** Inputs of file sources that are not binary only. */
const fileSpecs = [
  text('inputDirectory', 'files or folders, joined by fileSeparator; at most 50', required),
  text('fileSeparator', 'default |'),
  choice('inputFormat', ['CSV_FILE', 'JSON_FILE', 'PARQUET_FILE', 'BINARY_FILE'], '', required),
  text('columnList', 'CSV: numbers; JSON: paths; Parquet: numbers or names; joined by &'),
  text('lineSeparator', 'default told by the file'),
  text('fieldSeparator', 'default ,'),
  flag('quoteChar', '" protects separators; default false'),
  flag('useEscape', 'backslash protects separators; default false (ours)'),
  flag('regexSeparator', 'fields by regex'),
  text('regex', 'its groups are the fields of a line'),
  flag('firstRowAsHeader', 'header lines are left out'),
  integer('headerRows', 'number of header lines; default 1 (ours)', { min: 1, max: 99 }),
  text('encodeType', 'default UTF-8'),
  choice('fromCompression', ['NONE', 'GZIP', 'ZIP', 'TARGZ=TAR.GZ'], 'default NONE'),
  text('compressedFileSuffix', 'which files are decompressed; default *'),
  choice('jsonType', ['JSON_OBJECT=object', 'JSON_ARRAY=array'], 'default told by the file'),
  text('jsonReferenceNode', 'dotted path to the rows'),
  choice('splitType', ['FILE', 'SIZE'], 'default FILE'),
  flag('useMarkerFile', 'waits for markerFile'),
  text('markerFile', 'name of a file in the source folder; it is not migrated'),
  integer('waitTime', 'seconds; default 0 = do not wait'),
  choice('filterType', ['NONE', 'WILDCARD', 'TIME', 'REGEX'], 'default NONE'),
  flag('useWildCard', 'as filterType WILDCARD'),
  text('pathFilter', 'wildcards or regular expressions on folders, joined by commas'),
  text('fileFilter', 'the same on files'),
  flag('useTimeFilter', 'as filterType TIME'),
  text('startTime', 'modified at or after; yyyy-MM-dd HH:mm:ss or milliseconds'),
  text('endTime', 'modified before'),
  flag('nonexistentPathDisregard', 'a missing path counts as empty'),
  flag('listTextFile', 'paths are the lines of a file'),
  text('listLink', 'link of that file; default the source (ours)'),
  text('listBucket', 'its bucket; default the source (ours)'),
  text('listPath', 'its path; default inputDirectory (ours)'),
  choice('fromFileOpType', ['DO_NOTHING', 'RENAME', 'DELETE'], 'after success; default DO_NOTHING'),
  text('md5FileSuffix', 'binary: digests are read from <file><suffix>'),
  choice('decryption', ['NONE', 'AES-256-GCM'], 'binary; default NONE'),
  text('dek', '64 hexadecimal digits'),
  text('iv', '32 hexadecimal digits'),
  map('formats', 'date patterns by column'),
  text('sampleValueColumn', 'added fields, name:value joined by &'),
  stored('createSnapshot', ''),
  stored('useQuery', 'counts for http only'),
] as const;

const files: InputTable = { prefix, specs: fileSpecs };
const buckets: InputTable = { prefix, specs: [text('bucketName', '', required), ...fileSpecs] };

const http: InputTable = {
  prefix,
  specs: [
    text('inputDirectory', 'addresses, joined by fileSeparator; at most 50', required),
    text('fileSeparator', 'default |'),
    choice('inputFormat', ['BINARY_FILE'], '', required),
    choice('fromCompression', ['NONE', 'GZIP', 'ZIP', 'TARGZ=TAR.GZ'], 'default NONE'),
    text('compressedFileSuffix', 'default *'),
    flag('useQuery', 'false = names of files keep what follows ?'),
    text('md5FileSuffix', 'digests are read from <address><suffix>'),
  ],
};

const hive: InputTable = {
  prefix,
  specs: [
    stored('hive', ''),
    text('database', 'default default'),
    text('table', '', required),
    text('columnList', 'numbers or names joined by &; default all'),
    choice('readMode', ['HDFS', 'JDBC'], 'default HDFS; JDBC is refused (ours)'),
    map('partitionValues', 'by partition column: values, or an expression on ${value} (ours)'),
    text('sampleValueColumn', 'added fields, name:value joined by &'),
    refused(
      'whereClause',
      'a predicate needs HiveServer2, which is not spoken; use partitionValues',
    ),
  ],
};

/** By connector. */
export const fromInputs: Readonly<Record<string, InputTable>> = {
  'generic-jdbc-connector': database,
  'obs-connector': buckets,
  'sftp-connector': files,
  'ftp-connector': files,
  'nas-connector': files,
  'hdfs-connector': files,
  'http-connector': http,
  'hive-connector': hive,
};
