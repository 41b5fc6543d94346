/** What inputs mean in the engine's words, with every default (cdm.md §4.3-4.6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkOptions } from '../../../../../src/domain/transfer/link.ts';
import { findConnector } from '../../../../../src/dialects/cdm/translate/connectors.ts';
import { translateJob } from '../../../../../src/dialects/cdm/translate/job.ts';
import { translateLink } from '../../../../../src/dialects/cdm/translate/link.ts';
import { defaultTransferSettings } from '../../../../../src/dialects/cdm/translate/transfer-settings.ts';
import { readConfigValues } from '../../../../../src/dialects/cdm/values/config-values.ts';

type Inputs = Readonly<Record<string, unknown>>;

const values = (inputs: Inputs) =>
  readConfigValues(
    {
      configs: [
        { name: 'x', inputs: Object.entries(inputs).map(([name, value]) => ({ name, value })) },
      ],
    },
    'x',
  );

async function link(name: string, inputs: Inputs, others: Record<string, LinkOptions> = {}) {
  const connector = findConnector(name);
  assert.ok(connector !== null);
  const { options } = await translateLink('l', connector, values(inputs), {
    strict: true,
    lookUp: async (other) => others[other] ?? null,
  });
  return options;
}

const my = {
  'linkConfig.databaseType': 'mariadb',
  'linkConfig.host': ' db1 , db2',
  'linkConfig.username': 'u',
  'linkConfig.password': 'p',
};

test('a MySQL link with every default', async () => {
  assert.deepEqual(await link('generic-jdbc-connector', my), {
    kind: 'mysql',
    hosts: ['db1', 'db2'],
    port: 3306,
    database: '',
    user: 'u',
    password: 'p',
    tls: 'off',
    connectTimeoutMs: 10_000,
    socketTimeoutMs: 0,
    fetchRows: 1_000,
    commitRows: 10_000,
    batchRows: 100,
    identifierQuote: null,
    defaultSchema: '',
    loadData: true,
    tinyIntIsBool: true,
  });
});

test('properties of drivers, each in its own unit', async () => {
  const properties = {
    connectTimeout: '5',
    socketTimeout: '60',
    sslmode: 'require',
    currentSchema: 's',
  };
  const dws = {
    ...my,
    'linkConfig.databaseType': 'DWS',
    'linkConfig.database': 'd',
    'linkConfig.jdbcProperties': properties,
    'dialect.identifierEnclose': ' ',
  };
  const options = await link('generic-jdbc-connector', dws);
  assert.ok(options.kind === 'postgres');
  assert.equal(options.port, 8_000);
  assert.equal(options.connectTimeoutMs, 5_000);
  assert.equal(options.socketTimeoutMs, 60_000);
  assert.equal(options.tls, 'require');
  assert.equal(options.defaultSchema, 's');
  assert.equal(options.identifierQuote, '');
  const mysql = await link('generic-jdbc-connector', {
    ...my,
    'linkConfig.jdbcProperties': 'connectTimeout=5000&tinyInt1isBit=false',
  });
  assert.ok(mysql.kind === 'mysql');
  assert.equal(mysql.connectTimeoutMs, 5_000);
  assert.equal(mysql.tinyIntIsBool, false);
});

const endpoints: readonly [Inputs, string, boolean][] = [
  [{ 'linkConfig.server': 'obs.example.com' }, 'https://obs.example.com', false],
  [
    { 'linkConfig.server': 'obs.example.com', 'linkConfig.port': '443' },
    'https://obs.example.com',
    false,
  ],
  [
    { 'linkConfig.server': 'obs.example.com', 'linkConfig.port': '80' },
    'http://obs.example.com',
    false,
  ],
  [{ 'linkConfig.server': '127.0.0.1', 'linkConfig.port': '9000' }, 'http://127.0.0.1:9000', true],
  [
    { 'linkConfig.server': 'https://s3.local', 'linkConfig.port': '9000' },
    'https://s3.local:9000',
    true,
  ],
  [{ 'linkConfig.server': 's3.local', 'linkConfig.port': '9443' }, 'https://s3.local:9443', true],
];
for (const [inputs, endpoint, pathStyle] of endpoints) {
  test(`${JSON.stringify(inputs)} leads to ${endpoint}`, async () => {
    const options = await link('obs-connector', {
      ...inputs,
      'linkConfig.accessKey': 'ak',
      'linkConfig.securityKey': 'sk',
    });
    assert.ok(options.kind === 's3');
    assert.equal(options.endpoint, endpoint);
    assert.equal(options.pathStyle, pathStyle);
  });
}

test('shares, folders and warehouses', async () => {
  const nas = (server: string) =>
    link('nas-connector', { 'linkConfig.protocol': 'smb', 'linkConfig.server': server });
  assert.deepEqual(await nas('local:files'), { kind: 'local', share: 'files' });
  assert.deepEqual(await nas('\\\\host\\dir'), { kind: 'local', share: '\\\\host\\dir' });
  assert.deepEqual(await nas('\\\\\\\\host\\\\dir'), { kind: 'local', share: '\\\\host\\dir' });
  assert.deepEqual(await link('hdfs-connector', { 'linkConfig.uri': 'file:///data/' }), {
    kind: 'local',
    share: 'file:///data',
  });
  await assert.rejects(link('hdfs-connector', { 'linkConfig.uri': 'webhdfs://h:1' }), /not spoken/);
  const files = await link('obs-connector', {
    'linkConfig.server': 'h',
    'linkConfig.accessKey': 'ak',
    'linkConfig.securityKey': 'sk',
  });
  const hive = {
    'linkConfig.uri': 'obs://bucket/a/b/',
    'linkConfig.properties': { obsLink: 'store' },
  };
  assert.deepEqual(await link('hive-connector', hive, { store: files }), {
    kind: 'warehouse',
    files,
    bucket: 'bucket',
    path: 'a/b',
  });
  await assert.rejects(link('hive-connector', hive), /no obs link called store/);
});

const sqlite = {
  name: 'l',
  connector: 'generic-jdbc-connector',
  databaseType: 'SQLITE',
  options: { kind: 'sqlite', file: 'a.db', batchRows: 100, commitRows: 10_000 },
} as const;
const share = {
  name: 'f',
  connector: 'nas-connector',
  databaseType: '',
  options: { kind: 'local', share: 'f' },
} as const;

function translate(
  from: Inputs,
  to: Inputs,
  driver: Inputs = {},
  jobType: 'NORMAL_JOB' | 'BATCH_JOB' = 'NORMAL_JOB',
  links: Parameters<typeof translateJob>[1] = { from: sqlite, to: share },
) {
  const content = {
    name: 'job',
    jobType,
    from: values(from),
    to: values(to),
    driver: values(driver),
  };
  return translateJob(content, links, {
    settings: { ...defaultTransferSettings, timezone: 'UTC' },
    nowMs: Date.UTC(2026, 0, 1),
  });
}

test('a table to a file with every default', () => {
  const { definition, schedule, disposal, groupName } = translate(
    { 'fromJobConfig.tableName': 't' },
    { 'toJobConfig.outputDirectory': '/out/', 'toJobConfig.outputFormat': 'csv_file' },
  );
  assert.deepEqual([schedule, disposal, groupName], [null, 'none', 'DEFAULT']);
  assert.deepEqual(definition, {
    name: 'job',
    from: {
      kind: 'tables',
      link: 'l',
      schema: '',
      table: 't',
      wholeDatabase: false,
      columns: null,
      where: null,
      partitionColumn: null,
      partitionColumnNullable: false,
      tablePartitions: null,
      bytesEncoding: 'iso-8859-1',
    },
    to: {
      kind: 'files',
      link: 'f',
      bucket: '',
      directory: 'out',
      format: {
        kind: 'csv',
        fieldSeparator: ',',
        lineSeparator: '\r\n',
        quoted: false,
        escaped: false,
        linePattern: null,
        headerLines: 0,
        encoding: 'utf-8',
        quoteStyle: 'rfc4180',
        lineBreaks: { policy: 'keep' },
      },
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
    },
    addedFields: [],
    converters: [],
    extractors: 1,
    concurrentTables: 1,
    dirtyRows: { tolerate: false, maxPerShard: 0, maxPercent: null, copyTo: null },
    throttle: { bytesPerSecond: null, rowsPerSecond: null },
    queueBytes: 64 * 1_048_576,
    errorRetries: 0,
    retryDelaysMs: [10_000, 30_000, 60_000],
    proof: 'checksums',
  });
});

test('driver inputs act', () => {
  const out = { 'toJobConfig.outputDirectory': 'out', 'toJobConfig.outputFormat': 'CSV_FILE' };
  const { definition, schedule, disposal } = translate(
    {},
    out,
    {
      'throttlingConfig.numExtractors': 4,
      'throttlingConfig.recordDirtyData': 'true',
      'throttlingConfig.maxErrorRecords': '7',
      'throttlingConfig.byteRate': '2',
      'throttlingConfig.recordRate': '9',
      'retryJobConfig.retryJobType': 'retry_triple',
      'schedulerConfig.isSchedulerJob': 'true',
      'schedulerConfig.cycleType': 'day',
      'schedulerConfig.disposableType': 'DELETE',
    },
    'BATCH_JOB',
  );
  assert.equal(definition.extractors, 4);
  assert.equal(definition.concurrentTables, 3);
  assert.deepEqual(definition.dirtyRows, {
    tolerate: true,
    maxPerShard: 7,
    maxPercent: null,
    copyTo: null,
  });
  assert.deepEqual(definition.throttle, { bytesPerSecond: null, rowsPerSecond: null });
  assert.equal(definition.errorRetries, 3);
  assert.equal(schedule?.timing.kind, 'calendar-steps');
  assert.equal(disposal, 'after-any');
  const throttled = translate({ 'fromJobConfig.tableName': 't' }, out, {
    'throttlingConfig.throttling': 'true',
    'throttlingConfig.byteRate': '2',
  });
  assert.deepEqual(throttled.definition.throttle, {
    bytesPerSecond: 2_097_152,
    rowsPerSecond: null,
  });
});

test('separators and encodings as clients write them', () => {
  const { definition } = translate(
    {
      'fromJobConfig.inputDirectory': '/a|b/',
      'fromJobConfig.inputFormat': 'CSV_FILE',
      'fromJobConfig.fieldSeparator': '%01',
      'fromJobConfig.lineSeparator': '\\n',
      'fromJobConfig.encodeType': 'UTF_8',
      'fromJobConfig.firstRowAsHeader': 'true',
      'fromJobConfig.useWildCard': 'true',
      'fromJobConfig.fileFilter': '*.csv, *.txt',
      'fromJobConfig.useTimeFilter': 'true',
      'fromJobConfig.startTime': '${timestamp(-1,DAY)}',
    },
    { 'toJobConfig.tableName': '*', 'toJobConfig.shouldClearTable': 'true' },
    {},
    'NORMAL_JOB',
    { from: share, to: sqlite },
  );
  const { from, to } = definition;
  assert.ok(from.kind === 'files' && from.format.kind === 'csv' && to.kind === 'table');
  assert.deepEqual(from.paths, ['a', 'b']);
  assert.equal(from.format.fieldSeparator, '\u0001');
  assert.equal(from.format.lineSeparator, '\n');
  assert.equal(from.format.encoding, 'utf-8');
  assert.equal(from.format.headerLines, 1);
  assert.deepEqual(from.filter, {
    by: 'wildcard',
    folders: [],
    files: ['*.csv', '*.txt'],
    modifiedFrom: '${timestamp(-1,DAY)}',
    modifiedBefore: null,
  });
  assert.equal(to.table, '');
  assert.deepEqual(to.clear, { kind: 'all' });
});
