/** Inputs of destinations (cdm.md §4.5). */
import type { InputTable } from '../../values/settings.ts';
import { choice, flag, integer, refused, stored, text } from './specs.ts';

const prefix = 'toJobConfig.';
const required = { required: true } as const;
const preparations = ['DO_NOTHING', 'CREATE_WHEN_NOT_EXIST', 'DROP_AND_CREATE'];

const database: InputTable = {
  prefix,
  specs: [
    text('schemaName', "default the link's database or public; created when missing"),
    text('tableName', 'empty or * = the name of the source table'),
    choice('tablePreparation', preparations, 'default DO_NOTHING'),
    text('columnList', 'joined by &, by place to those of the source'),
    choice('beforeImportType', ['none', 'shouldClearTable', 'whereClause'], 'default none'),
    flag('shouldClearTable', 'clears the table unless beforeImportType is given'),
    text('whereClause', 'which rows are deleted first'),
    choice(
      'onConflict',
      [
        'INSERT=EXCEPTION=insert into',
        'REPLACE=replace into',
        'UPDATE=UPSERT=on duplicate key update',
      ],
      'default EXCEPTION: a duplicate is a dirty row',
    ),
    choice(
      'importMode',
      ['COPY', 'UPSERT', 'GDS'],
      'UPSERT = onConflict UPDATE; others change nothing',
    ),
    flag('useStageTable', 'loads beside the table and moves at the end'),
    flag('extendCharLength', 'lengths of characters times 3, for DWS 4, in created tables'),
    flag('useNullable', 'NOT NULL is carried over to created tables; default true'),
    text('preSql', 'one statement before (ours)'),
    text('postSql', 'one statement after (ours)'),
    stored('orientation', 'DWS only'),
    stored('isCompress', 'DWS only'),
    stored('loaderConcurrency', 'each extractor loads by itself'),
    stored('convertNull', 'a NULL stays one'),
  ],
};

const fileSpecs = [
  text('outputDirectory', 'macros', required),
  choice('outputFormat', ['CSV_FILE', 'BINARY_FILE', 'JSON_FILE', 'PARQUET_FILE'], '', required),
  text('fieldSeparator', 'default ,'),
  text('lineSeparator', 'default \\r\\n'),
  flag('quoteChar', 'quotes what holds separators; default false'),
  flag('firstRowAsHeader', 'writes names of columns'),
  text('encodeType', 'default UTF-8'),
  integer('writeFileSize', 'MB; a next file is begun beyond; default no limit', { min: 1 }),
  text('filePrefix', 'name of output files; macros'),
  text('columnList', 'default all'),
  choice(
    'duplicateFileOpType',
    ['REPLACE', 'SKIP', 'ABANDON'],
    'same name and size; default REPLACE',
  ),
  flag('writeToTempFile', 'binary: <name>.tmp, renamed at the end'),
  text('markerFile', 'an empty file written last'),
  flag('useCustomDirectory', 'only names of files are kept, below customDirectory'),
  text('customDirectory', '(ours)'),
  flag('shouldClearTable', 'empties the folder first'),
  choice(
    'compression',
    ['NONE', 'DEFLATE', 'GZIP', 'BZIP2', 'LZ4', 'SNAPPY'],
    'GZIP, but not of BINARY_FILE; others than it and NONE are refused',
  ),
  flag('appendMode', 'hdfs: whether the folder may hold something; elsewhere it always may'),
  flag('validateMD5', 'binary: compares what was written'),
  flag('recordMD5Result', 'binary: writes .md5 files beside'),
  stored('recordMD5Link', 'digests lie beside their files'),
  stored('recordMD5Bucket', 'digests lie beside their files'),
  stored('recordMD5Directory', 'digests lie beside their files'),
  choice('encryption', ['NONE', 'KMS', 'AES-256-GCM'], 'KMS: obs; AES-256-GCM: the others'),
  text('kmsID', 'key of the store'),
  stored('projectID', ''),
  text('dek', '64 hexadecimal digits'),
  text('iv', '32 hexadecimal digits'),
  flag('copyContentType', 'obs to obs'),
  choice(
    'csvDelimPolicy',
    ['IGNORE', 'DROP', 'REPLACE'],
    'line breaks within values; default IGNORE',
  ),
  text('csvReplaceChar', 'what replaces them (ours)'),
] as const;

const files: InputTable = { prefix, specs: fileSpecs };
const buckets: InputTable = { prefix, specs: [text('bucketName', '', required), ...fileSpecs] };

const hive: InputTable = {
  prefix,
  specs: [
    stored('hive', ''),
    text('database', 'default default'),
    text('table', 'required but for a BATCH_JOB, whose tables keep their names'),
    choice('tablePreparation', preparations, 'default DO_NOTHING'),
    text('columnList', 'joined by &; default all'),
    flag('shouldClearTable', 'removes data first'),
    choice('clearDataMode', ['TRUNCATE=TRUCATE', 'LOAD_OVERWRITE'], 'default TRUNCATE'),
    choice('clearType', ['INSERT_OVERWRITE'], 'as LOAD_OVERWRITE'),
    text('partitionsInfo', 'which are cleared: year=2020,location=sun; several joined by | (ours)'),
    text('partitionColumns', 'joined by commas; of tables that are created (ours)'),
    choice(
      'storageFormat',
      ['TEXTFILE', 'PARQUET'],
      'default TEXTFILE; ORC and RCFILE are refused',
    ),
    refused('tablePath', 'tables lie below the root of the link'),
    choice(
      'convertNull',
      ['TO_NULL', 'TO_EMPTY_STRING=TO_EMPTY_STRRING=TO_EMPTY_STING', 'TO_NULL_STRING'],
      'default TO_NULL',
    ),
    choice(
      'csvDelimPolicy',
      ['IGNORE', 'DROP', 'REPLACE'],
      'line breaks within values; default IGNORE',
    ),
    text('csvReplaceChar', 'what replaces them (ours)'),
  ],
};

/** By connector. */
export const toInputs: Readonly<Record<string, InputTable>> = {
  'generic-jdbc-connector': database,
  'obs-connector': buckets,
  'sftp-connector': files,
  'ftp-connector': files,
  'nas-connector': files,
  'hdfs-connector': files,
  'hive-connector': hive,
};
