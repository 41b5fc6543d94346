/** Whole jobs from web servers and with folders as tables (cdm.md §4.4, §5.9). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { failureOf } from '../dialects/huawei/harness.ts';
import { type ObjectServer, startObjectServer } from '../support/s3.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';
import {
  type Inputs,
  obsInputs,
  type RemoteProgram,
  seed,
  startRemoteProgram,
} from './transfers-remote/program.ts';

const bucket = 'lake';
const lines = Array.from({ length: 5_000 }, (_, at) => `${at + 1},"name, ${at + 1}"\n`).join('');

describe('web servers and folders as tables', needs('moto_server'), () => {
  const closing = new Closing();
  let program: RemoteProgram;
  let store: ObjectServer;
  let web = '';

  before(async () => {
    store = await startObjectServer(closing);
    await store.makeBucket(bucket);
    web = await serve(closing, (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://any');
      const body = pathname.endsWith('.csv') ? `id,name\n${lines}` : null;
      if (body === null) return response.writeHead(404).end();
      response.writeHead(200, { 'content-length': Buffer.byteLength(body) });
      return response.end(request.method === 'HEAD' ? undefined : body);
    });
    // Jobs name addresses of the web themselves: those of this machine must be listed.
    program = await startRemoteProgram(closing, { transfers: { hosts: ['127.0.0.0/8'] } });
    seed(program, 'shop', 'orders', 600);
    for (const name of ['shop', 'copy']) await program.sqlite(name);
    await program.link('obs', 'obs-connector', obsInputs(store.endpoint));
    await program.link('web', 'http-connector', {});
    const hive = { hiveVersion: 'HIVE_3_X', authType: 'SIMPLE', obsSupport: 'true' };
    await program.link('hive', 'hive-connector', { ...hive, uri: 'file:///hive' });
    await program.link('lake', 'hive-connector', {
      ...hive,
      uri: `obs://${bucket}/warehouse`,
      properties: { obsLink: 'obs' },
    });
  });
  after(() => closing.close());

  const shop = (more: Inputs = {}): Inputs => ({
    schemaName: 'main',
    tableName: 'orders',
    columnList: 'id&big&price&name&at&flag',
    ...more,
  });
  const hive = (table: string, more: Inputs = {}): Inputs => ({
    hive: 'hive',
    database: 'sales',
    table,
    tablePreparation: 'CREATE_WHEN_NOT_EXIST',
    ...more,
  });
  /** Data files of a table, by their folders. */
  const files = (table: string): readonly string[] =>
    readdirSync(join(program.warehouse, 'sales.db', table), { recursive: true })
      .map(String)
      .filter((name) => /\.(txt|parquet)$/.test(name))
      .toSorted();
  const folders = (table: string): readonly string[] => [
    ...new Set(files(table).map((name) => name.replace(/\/?[^/]*$/, ''))),
  ];

  test('a CSV file of a web server becomes a table, by the native API', async () => {
    const link = { name: 'site', options: { kind: 'http' } };
    await program.native('POST', '/links', link);
    await program.native('POST', '/links', {
      name: 'local',
      options: { kind: 'sqlite', file: 'copy.db' },
    });
    const definition = {
      from: {
        kind: 'files',
        link: 'site',
        paths: [`${web}/people.csv?token=abc`],
        format: { kind: 'csv', headerLines: 1 },
      },
      to: { kind: 'table', link: 'local', table: 'people', preparation: 'create' },
    };
    await program.native('POST', '/data-jobs', { name: 'people', definition });
    const { run } = await program.native('POST', '/templates/people/runs', {});
    const { id } = run as { readonly id: string };
    await until('the run is over', async () => {
      const { state } = await program.native('GET', `/runs/${id}?waitMs=5000`);
      return state === 'succeeded' || state === 'failed';
    });
    const { report } = await program.native('GET', `/runs/${id}/transfer`);
    const { counters, phase } = report as { counters: Inputs; phase: string };
    assert.equal(phase, 'done', JSON.stringify(report));
    assert.deepEqual([counters['rowsWritten'], counters['filesRead']], [5_000, 1]);
    assert.deepEqual(
      program.rows('copy', 'select * from people where id in (1, 5000) order by 1'),
      ['1|name, 1', '5000|name, 5000'],
    );
  });

  test('files of a web server are copied to a bucket, with or without what follows the ?', async () => {
    const from = {
      inputDirectory: `${web}/a.csv?v=1|${web}/sub/b.csv`,
      inputFormat: 'BINARY_FILE',
    };
    const to = { bucketName: bucket, outputFormat: 'BINARY_FILE' };
    const counters = await program.moved(
      ['web', { ...from, useQuery: 'true' }],
      ['obs', { ...to, outputDirectory: 'web' }],
    );
    assert.equal(counters['FILES_WRITTEN'], 2);
    const found = (await store.keys(bucket)).filter((key) => key.startsWith('web/'));
    assert.deepEqual(found, ['web/a.csv', 'web/b.csv']);
    assert.equal(await store.get(bucket, 'web/b.csv'), `id,name\n${lines}`);
  });

  test('a table becomes partitions of text as Hive names them, and partitions a table', async () => {
    const partitioned = hive('orders', { partitionColumns: 'day,flag' });
    const day = { sampleValueColumn: 'day:${dateformat(yyyy-MM-dd)}' };
    const from = shop({ columnList: 'id&big&price&name&at&day&flag', ...day });
    const written = await program.moved(['shop', from], ['hive', partitioned]);
    assert.equal(written['ROWS_WRITTEN'], 600);
    const today = new Date().toISOString().slice(0, 10);
    assert.deepEqual(folders('orders'), [`day=${today}/flag=false`, `day=${today}/flag=true`]);
    const [first = ''] = files('orders');
    const text = await readFile(join(program.warehouse, 'sales.db', 'orders', first), 'utf8');
    const shown = text.replaceAll('\u0001', '¦').split('\n');
    assert.equal(shown[0], '2¦9223372036854775805¦2.02¦name "2", ü¦2026-01-31 23:59:02');
    assert.ok(
      shown.some((line) => line.startsWith('14¦\\N¦14.14¦')),
      shown.slice(0, 9).join('\n'),
    );

    const read = await program.moved(
      ['hive', { database: 'sales', table: 'orders', partitionValues: { flag: 'true' } }],
      ['copy', { schemaName: 'main', tableName: 'odd', tablePreparation: 'CREATE_WHEN_NOT_EXIST' }],
    );
    assert.equal(read['ROWS_WRITTEN'], 300);
    const columns = 'id, big, price, name, at';
    assert.deepEqual(
      program.rows('copy', `select ${columns} from odd order by id`),
      program.rows('shop', `select ${columns} from orders where flag order by id`),
    );
    assert.deepEqual(program.rows('copy', 'select distinct day, flag from odd'), [`${today}|1`]);
  });

  test('a second load adds; an overwriting one replaces its partitions only', async () => {
    const to = hive('modes', { partitionColumns: 'flag', storageFormat: 'PARQUET' });
    const ids = async (): Promise<readonly string[]> => {
      program.within('copy', (db) => db.exec('drop table if exists modes'));
      await program.moved(
        ['hive', { database: 'sales', table: 'modes' }],
        [
          'copy',
          { schemaName: 'main', tableName: 'modes', tablePreparation: 'CREATE_WHEN_NOT_EXIST' },
        ],
      );
      return program.rows('copy', 'select id from modes order by id');
    };
    await program.moved(['shop', shop({ whereClause: 'id <= 4' })], ['hive', to]);
    await program.moved(['shop', shop({ whereClause: 'id = 5' })], ['hive', to]);
    assert.deepEqual(await ids(), ['1', '2', '3', '4', '5']);
    assert.deepEqual(folders('modes'), ['flag=false', 'flag=true']);
    assert.ok(files('modes').every((name) => name.endsWith('.parquet')));
    const overwrite = { shouldClearTable: 'true', clearDataMode: 'LOAD_OVERWRITE' };
    await program.moved(
      ['shop', shop({ whereClause: 'id = 7' })],
      ['hive', { ...to, ...overwrite }],
    );
    assert.deepEqual(await ids(), ['2', '4', '7']);
    await program.moved(
      ['shop', shop({ whereClause: 'id = 8' })],
      ['hive', { ...to, shouldClearTable: 'true', clearDataMode: 'TRUNCATE' }],
    );
    assert.deepEqual(await ids(), ['8']);
  });

  test('a folder of HDFS that the operator mapped', async () => {
    const inputs = { hadoopType: 'Apache Hadoop', uri: 'file:///hive', authType: 'SIMPLE' };
    await program.link('hdfs', 'hdfs-connector', inputs);
    const failure = await failureOf(
      program.link('cluster', 'hdfs-connector', { ...inputs, uri: '10.0.0.1:8020' }),
    );
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0055']);
    const to = {
      outputDirectory: 'plain',
      outputFormat: 'CSV_FILE',
      quoteChar: 'true',
      compression: 'GZIP',
    };
    await program.moved(['shop', shop()], ['hdfs', to]);
    assert.deepEqual(readdirSync(join(program.warehouse, 'plain')), ['orders.csv.gz']);
    const again = await program.failed(['shop', shop()], ['hdfs', to]);
    assert.match(String(again['error-summary']), /^Cdm\.0014: .*plain.*holds files already/);
    await program.moved(
      ['shop', shop()],
      ['hdfs', { ...to, appendMode: 'true', filePrefix: 'more' }],
    );
    const from = { inputFormat: 'CSV_FILE', quoteChar: 'true', fromCompression: 'GZIP' };
    const read = await program.moved(
      ['hdfs', { ...from, inputDirectory: 'plain' }],
      [
        'copy',
        { schemaName: 'main', tableName: 'plain', tablePreparation: 'CREATE_WHEN_NOT_EXIST' },
      ],
    );
    assert.deepEqual([read['FILES_READ'], read['ROWS_WRITTEN']], [2, 1_200]);
  });

  test('several extractors write a table in a bucket, which is read back whole', async () => {
    const from = shop({ partitionColumn: 'id' });
    const three = { 'throttlingConfig.numExtractors': '3' };
    await program.moved(
      ['shop', from],
      ['lake', hive('wide', { partitionColumns: 'flag' })],
      three,
    );
    const keys = (await store.keys(bucket)).filter((key) => key.startsWith('warehouse/'));
    assert.ok(keys.includes('warehouse/sales.db/wide/_cdm_table.json'), keys.join());
    const data = keys.filter((key) => key.endsWith('.txt'));
    assert.ok(
      data.every((key) => /\/wide\/flag=(true|false)\/[^/]+$/.test(key)),
      keys.join(),
    );
    const read = await program.moved(
      ['lake', { database: 'sales', table: 'wide' }],
      [
        'copy',
        { schemaName: 'main', tableName: 'wide', tablePreparation: 'CREATE_WHEN_NOT_EXIST' },
      ],
      three,
    );
    assert.equal(read['ROWS_WRITTEN'], 600);
    const columns = 'id, big, price, name, at, flag';
    assert.deepEqual(
      program.rows('copy', `select ${columns} from wide order by id`),
      program.rows('shop', `select ${columns} from orders order by id`),
    );
  });
});

/** A web server on loopback. @returns its address. */
async function serve(cleanup: Closing, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}
