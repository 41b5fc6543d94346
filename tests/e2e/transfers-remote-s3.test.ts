/** Whole jobs between databases and buckets, through the CDM API (cdm.md §5.8-5.10). */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { missingPostgres, testPostgres } from '../support/postgres.ts';
import { type ObjectServer, startObjectServer } from '../support/s3.ts';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { postgresLink } from '../contract/connector/postgres-adapter.ts';
import { needs } from '../support/tools.ts';
import {
  type Inputs,
  obsInputs,
  type RemoteProgram,
  seed,
  seedless,
  startRemoteProgram,
} from './transfers-remote/program.ts';

const rows = 3_000;
const bucket = 'lake';

describe('jobs on buckets', needs('moto_server'), () => {
  const closing = new Closing();
  let program: RemoteProgram;
  let store: ObjectServer;

  before(async () => {
    store = await startObjectServer(closing);
    await store.makeBucket(bucket);
    program = await startRemoteProgram(closing);
    seed(program, 'shop', 'orders', rows);
    for (const name of ['shop', 'copy']) await program.sqlite(name);
    await program.link('obs', 'obs-connector', obsInputs(store.endpoint));
  });
  after(() => closing.close());

  const orders = { schemaName: 'main', tableName: 'orders', partitionColumn: 'id' };
  const table = (tableName: string, more: Inputs = {}): Inputs => ({
    schemaName: 'main',
    tableName,
    ...more,
  });
  const three = { 'throttlingConfig.numExtractors': '3' };
  const below = async (folder: string): Promise<readonly string[]> =>
    (await store.keys(bucket)).filter((key) => key.startsWith(`${folder}/`));
  const whole = 'select * from orders order by id';

  test('a table becomes CSV files of several extractors, and they a table', async () => {
    const csv = { quoteChar: 'true', firstRowAsHeader: 'true' };
    const written = await program.moved(
      ['shop', orders],
      [
        'obs',
        {
          bucketName: bucket,
          outputDirectory: '/csv/${dateformat(yyyy)}/',
          outputFormat: 'CSV_FILE',
          markerFile: '_SUCCESS',
          ...csv,
        },
      ],
      three,
    );
    const folder = `csv/${new Date().getUTCFullYear()}`;
    assert.deepEqual(await below(folder), [
      `${folder}/_SUCCESS`,
      `${folder}/orders_1.csv`,
      `${folder}/orders_2.csv`,
      `${folder}/orders_3.csv`,
    ]);
    const texts = await Promise.all(
      [1, 2, 3].map((n) => store.get(bucket, `${folder}/orders_${n}.csv`)),
    );
    for (const text of texts) assert.match(text ?? '', /^id,big,price,name,note,at,flag\r\n\d/);
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
    assert.deepEqual(written, {
      ROWS_READ: rows,
      ROWS_WRITTEN: rows,
      ROWS_WRITTEN_SKIPPED: 0,
      BYTES_READ: -1,
      BYTES_WRITTEN: bytes,
      TOTAL_FILES: -1,
      FILES_READ: -1,
      FILES_WRITTEN: 3,
      FILES_SKIPPED: 0,
      TOTAL_SIZE: -1,
    });

    seedless(program, 'copy', 'orders');
    const read = await program.moved(
      [
        'obs',
        {
          bucketName: bucket,
          inputDirectory: folder,
          inputFormat: 'CSV_FILE',
          filterType: 'WILDCARD',
          fileFilter: '*.csv',
          ...csv,
        },
      ],
      ['copy', table('orders')],
      three,
    );
    assert.deepEqual(program.rows('copy', whole), program.rows('shop', whole));
    assert.deepEqual(read, {
      ROWS_READ: rows + 3,
      ROWS_WRITTEN: rows,
      ROWS_WRITTEN_SKIPPED: 0,
      BYTES_READ: bytes,
      BYTES_WRITTEN: -1,
      TOTAL_FILES: 3,
      FILES_READ: 3,
      FILES_WRITTEN: -1,
      FILES_SKIPPED: -1,
      TOTAL_SIZE: bytes,
    });
  });

  test('a table becomes Parquet files of several extractors, and they a table of its types', async () => {
    const end = { bucketName: bucket };
    const written = await program.moved(
      ['shop', orders],
      ['obs', { ...end, outputDirectory: 'parquet', outputFormat: 'PARQUET_FILE' }],
      three,
    );
    assert.equal(written['ROWS_WRITTEN'], rows);
    assert.equal(written['FILES_WRITTEN'], 3);
    const read = await program.moved(
      ['obs', { ...end, inputDirectory: 'parquet', inputFormat: 'PARQUET_FILE' }],
      ['copy', table('typed', { tablePreparation: 'CREATE_WHEN_NOT_EXIST' })],
      three,
    );
    assert.deepEqual([read['ROWS_WRITTEN'], read['FILES_READ']], [rows, 3]);
    const columns = 'id, big, price, name, note, at';
    assert.deepEqual(
      program.rows('copy', `select ${columns} from typed order by id`),
      program.rows('shop', `select ${columns} from orders order by id`),
    );
    const types = program.within('copy', (db) =>
      db.prepare(`select name, type from pragma_table_info('typed')`).raw().all(),
    ) as readonly (readonly string[])[];
    assert.deepEqual(
      types.map(([, type]) => type?.toUpperCase().replace(/\(.*/, '')),
      ['INTEGER', 'INTEGER', 'NUMERIC', 'TEXT', 'TEXT', 'TEXT', 'BOOLEAN'],
    );
  });

  test('JSON lines, compressed, are written and read by their paths', async () => {
    const json = { bucketName: bucket, inputFormat: 'JSON_FILE', jsonType: 'JSON_OBJECT' };
    await program.moved(
      ['shop', { ...orders, columnList: 'id&big&name', whereClause: 'id <= 30' }],
      [
        'obs',
        {
          bucketName: bucket,
          outputDirectory: 'json',
          outputFormat: 'JSON_FILE',
          compression: 'GZIP',
        },
      ],
    );
    assert.deepEqual(await below('json'), ['json/orders.json.gz']);
    const read = await program.moved(
      ['obs', { ...json, inputDirectory: 'json', fromCompression: 'GZIP' }],
      ['copy', table('lines', { tablePreparation: 'CREATE_WHEN_NOT_EXIST' })],
    );
    assert.deepEqual([read['ROWS_READ'], read['ROWS_WRITTEN']], [30, 30]);
    assert.deepEqual(
      program.rows('copy', 'select id, big, name from lines order by cast(id as integer)'),
      program.rows('shop', 'select id, big, name from orders where id <= 30 order by id'),
    );

    await store.put(bucket, 'nested/a.json', '{"data":[{"id":1,"tags":{"a":"one"}},{"id":2}]}');
    program.within('copy', (db) => db.exec('create table tags (id integer primary key, a text)'));
    await program.moved(
      [
        'obs',
        {
          ...json,
          inputDirectory: 'nested',
          jsonReferenceNode: 'data',
          columnList: 'id&tags.a',
        },
      ],
      ['copy', table('tags', { columnList: 'id&a' })],
    );
    assert.deepEqual(program.rows('copy', 'select * from tags order by id'), ['1|one', '2|∅']);
  });

  test('bad rows of a bucket are kept out, counted, written to the bucket and told', async () => {
    await store.put(bucket, 'bad/a.csv', '1,one\ntwo,two\n3,three\n4\n5,"f""ive"\n');
    await store.put(bucket, 'bad/b.csv', '6,six\n6,again\n');
    program.within('copy', (db) =>
      db.exec('create table strict_rows (id integer primary key, name text) strict'),
    );
    const name = await program.submit(
      [
        'obs',
        {
          bucketName: bucket,
          inputDirectory: 'bad',
          inputFormat: 'CSV_FILE',
          quoteChar: 'true',
        },
      ],
      ['copy', table('strict_rows')],
      {
        'throttlingConfig.recordDirtyData': 'true',
        'throttlingConfig.writeToLink': 'obs',
        'throttlingConfig.obsBucket': bucket,
        'throttlingConfig.dirtyDataDirectory': 'dirty',
        'throttlingConfig.maxErrorRecords': '3',
      },
    );
    const last = await program.over(name);
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    assert.equal(last['write_rows'], 4);
    const [counters] = Object.values(last['counters'] as Inputs) as Inputs[];
    assert.equal(counters?.['ROWS_READ'], 7);
    assert.equal(counters?.['ROWS_WRITTEN_SKIPPED'], 3);
    assert.deepEqual(program.rows('copy', 'select * from strict_rows order by id'), [
      '1|one',
      '3|three',
      '5|f"ive',
      '6|six',
    ]);
    const kept = await below('dirty');
    assert.equal(kept.length, 1);
    assert.match(kept[0] ?? '', new RegExp(`^dirty/${name}/.*/shard_0\\.csv$`));
    const lines = (await store.get(bucket, kept[0] ?? ''))?.trimEnd().split('\n') ?? [];
    assert.deepEqual(lines.map((line) => line.split(',')[0]).toSorted(), ['4', '6', 'two']);
    const run = `cdm-${String(last['submission-id'])}`;
    const quarantine = await program.native('GET', `/runs/${run}/quarantine`);
    assert.equal(quarantine['total'], 3);
    const found = quarantine['rows'] as readonly {
      readonly where: string;
      readonly reason: string;
      readonly fields: readonly (string | null)[];
    }[];
    for (const { where } of found) assert.match(where, /^bad\/[ab]\.csv.*, (row|record) \d$/);
    assert.deepEqual(found.map(({ fields, reason }) => [fields.join(), reason]).toSorted(), [
      ['4', '1 field, but 2 are needed'],
      ['6,again', 'UNIQUE constraint failed: strict_rows.id'],
      ['two,two', 'column id: "two" is no whole number'],
    ]);
  });

  test('PostgreSQL and a bucket', { skip: missingPostgres() ?? false }, async () => {
    const server = await testPostgres();
    closing.after(() => server.stop());
    const url = await server.database(`remote_${randomUUID().slice(0, 8)}`);
    const { hosts, database } = postgresLink(url);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    closing.after(() => client.end());
    await client.query(`
      create table events (id bigint primary key, at timestamptz, amount numeric(20,4), body text, ok bool, raw bytea);
      insert into events select n, timestamptz '2026-01-01 00:00:00.123456+00' + n * interval '1 second', n / 7.0,
        case when n % 5 = 0 then null else 'b,"' || n || E'"\n ü' end, n % 2 = 0, decode(lpad(to_hex(n), 8, '0'), 'hex')
        from generate_series(1, 5000) n;
      create table back (like events including all);
      create table typed (like events including all)`);
    await program.link('pg', 'generic-jdbc-connector', {
      databaseType: 'POSTGRESQL',
      host: hosts.join(','),
      port: '5432',
      database,
      username: 'postgres',
      password: 'unused',
    });
    const from = { schemaName: 'public', tableName: 'events', partitionColumn: 'id' };
    for (const [format, tableName, more] of [
      ['CSV_FILE', 'back', { quoteChar: 'true' }],
      ['PARQUET_FILE', 'typed', {}],
    ] as const) {
      const folder = `pg/${tableName}`;
      // Bytes become text in CSV, which is no way back.
      const columns = format === 'CSV_FILE' ? 'id, at, amount, ok' : '*';
      const columnList = format === 'CSV_FILE' ? 'id&at&amount&ok' : '';
      await program.moved(
        ['pg', { ...from, columnList }],
        ['obs', { bucketName: bucket, outputDirectory: folder, outputFormat: format, ...more }],
        three,
      );
      const read = await program.moved(
        ['obs', { bucketName: bucket, inputDirectory: folder, inputFormat: format, ...more }],
        ['pg', { schemaName: 'public', tableName, columnList }],
        { 'throttlingConfig.numExtractors': '2' },
      );
      assert.equal(read['ROWS_WRITTEN'], 5000);
      const { rows: different } = await client.query(
        `select ${columns} from events except all select ${columns} from ${tableName} limit 3`,
      );
      assert.deepEqual(different, [], format);
    }
  });
});
