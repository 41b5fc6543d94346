/** Names, numbers and sizes of files in remote stores, through the CDM API (cdm.md §4.4, §4.5, §5.9). */
import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { type ObjectServer, startObjectServer } from '../support/s3.ts';
import { missingSshd, testSftpServer, type TestSftpServer } from '../support/sftp-server.ts';
import { needs } from '../support/tools.ts';
import {
  type End,
  type Inputs,
  obsInputs,
  type RemoteProgram,
  seed,
  startRemoteProgram,
} from './transfers-remote/program.ts';

const without = missingSshd();
const options = without === null ? needs('moto_server') : { skip: without };
const bucket = 'lake';

describe('files of remote stores', options, () => {
  const closing = new Closing();
  let program: RemoteProgram;
  let sftp: TestSftpServer;
  let store: ObjectServer;

  before(async () => {
    sftp = await testSftpServer();
    closing.after(() => sftp.stop());
    store = await startObjectServer(closing);
    await store.makeBucket(bucket);
    program = await startRemoteProgram(closing);
    seed(program, 'shop', 'orders', 9_000);
    program.within('shop', (db) => {
      db.exec('create table bare (id integer primary key, name text)');
      db.exec(
        "create table few (id integer primary key, name text); insert into few values (1, 'a')",
      );
    });
    for (const name of ['shop', 'copy']) await program.sqlite(name);
    await program.link('obs', 'obs-connector', obsInputs(store.endpoint));
    await program.link('hive', 'hive-connector', { uri: 'file:///hive' });
    const { host, port, user, password } = sftp.link;
    await program.link('sftp', 'sftp-connector', {
      server: host,
      port,
      username: user,
      password: encodeURIComponent(password),
    });
  });
  after(() => closing.close());

  const shop = (tableName: string, more: Inputs = {}): End => [
    'shop',
    { schemaName: 'main', tableName, ...more },
  ];
  const copy = (tableName: string, more: Inputs = {}): End => [
    'copy',
    { schemaName: 'main', tableName, tablePreparation: 'CREATE_WHEN_NOT_EXIST', ...more },
  ];
  const toObs = (outputDirectory: string, more: Inputs = {}): End => [
    'obs',
    { bucketName: bucket, outputDirectory, outputFormat: 'CSV_FILE', ...more },
  ];
  const fromObs = (inputDirectory: string, more: Inputs = {}): End => [
    'obs',
    { bucketName: bucket, inputDirectory, inputFormat: 'CSV_FILE', ...more },
  ];
  const below = async (folder: string): Promise<readonly string[]> =>
    (await store.keys(bucket)).filter((key) => key.startsWith(`${folder}/`));

  test('an empty table is an empty file in every format, and is read back as no rows', async () => {
    for (const format of ['CSV_FILE', 'JSON_FILE', 'PARQUET_FILE']) {
      const folder = `empty/${format}`;
      const more = { outputFormat: format, firstRowAsHeader: 'true' };
      const written = await program.moved(shop('bare'), toObs(folder, more));
      assert.equal(written['ROWS_WRITTEN'], 0, format);
      const suffix = format.replace('_FILE', '').toLowerCase();
      assert.deepEqual(await below(folder), [`${folder}/bare.${suffix}`]);
      program.within('copy', (db) =>
        db.exec(`drop table if exists few; create table few (id integer primary key, name text);
          insert into few values (7, 'of yesterday')`),
      );
      const read = await program.moved(
        fromObs(folder, { inputFormat: format, firstRowAsHeader: 'true' }),
        copy('few', { shouldClearTable: 'true' }),
      );
      assert.deepEqual([read['ROWS_WRITTEN'], read['TOTAL_FILES']], [0, 1], format);
      assert.deepEqual(program.rows('copy', 'select * from few'), [], format);
    }
    const missing = await program.failed(
      fromObs('empty/JSON_FILE', { inputFormat: 'JSON_FILE' }),
      copy('unknown'),
    );
    assert.match(String(missing['error-summary']), /^Cdm\.0931: the files of bare hold no rows/);
    for (let at = 0; at < 25; at += 1) await store.put(bucket, `late/${at + 10}.csv`, '');
    await store.put(bucket, 'late/99.csv', 'name,id\nlast,1\n');
    await program.moved(fromObs('late', { firstRowAsHeader: 'true' }), copy('few'));
    assert.deepEqual(program.rows('copy', 'select * from few'), ['1|last']);
  });

  test('a large table is rolled into files of a size', async () => {
    const wide = 'id&name&note&filler';
    const sampleValueColumn = `filler:${'x'.repeat(300)}`;
    const written = await program.moved(
      shop('orders', { columnList: wide, sampleValueColumn }),
      toObs('rolled', { writeFileSize: '1', filePrefix: 'part', quoteChar: 'true' }),
    );
    const files = await below('rolled');
    assert.ok(files.length >= 3, files.join());
    assert.equal(written['FILES_WRITTEN'], files.length);
    const names = Array.from({ length: files.length }, (_, at) => `rolled/part_${at + 1}.csv`);
    assert.deepEqual(files.toSorted(), names.toSorted());
    const read = await program.moved(
      fromObs('rolled', { quoteChar: 'true', columnList: '1' }),
      copy('ids', { columnList: 'id' }),
      { 'throttlingConfig.numExtractors': '2' },
    );
    assert.equal(read['ROWS_WRITTEN'], 9_000);
    const [distinct] = program.rows('copy', 'select count(distinct id) from ids');
    assert.equal(distinct, '9000');
  });

  test('what is there already is replaced, skipped, or stops the job', async () => {
    const to = (duplicateFileOpType: string): End => toObs('same', { duplicateFileOpType });
    const content = (): Promise<string | null> => store.get(bucket, 'same/few.csv');
    await program.moved(shop('few'), to('ABANDON'));
    const written = await content();
    const other = 'x'.repeat(written?.length ?? 0);
    await store.put(bucket, 'same/few.csv', other);
    const abandoned = await program.failed(shop('few'), to('ABANDON'));
    assert.match(String(abandoned['error-summary']), /^Cdm\.0423: .*same\/few\.csv/);
    await program.moved(shop('few'), to('SKIP'));
    assert.equal(await content(), other);
    await program.moved(shop('few'), to('REPLACE'));
    assert.equal(await content(), written);
    await store.put(bucket, 'same/other.csv', 'x');
    await program.moved(shop('few'), toObs('same', { shouldClearTable: 'true' }));
    assert.deepEqual(await below('same'), ['same/few.csv']);
  });

  test('more files than one page of a listing', async () => {
    const count = 1_050;
    await Promise.all(
      Array.from({ length: 10 }, async (_, lane) => {
        for (let at = lane; at < count; at += 10)
          await store.put(bucket, `many/${at}.csv`, `${at}`);
      }),
    );
    const from = fromObs('many', { filterType: 'WILDCARD', fileFilter: '1.csv,999.csv' });
    const read = await program.moved(from, copy('many'));
    assert.equal(read['TOTAL_FILES'], 2);
    const all = 'select column1 from many order by length(column1)';
    assert.deepEqual(program.rows('copy', all), ['1', '999']);
  });

  test('files by their time, from several folders, which are renamed afterwards', async () => {
    for (const [name, day] of [
      ['one/old.csv', '2026-01-01'],
      ['one/new.csv', '2026-02-01'],
      ['two/a b+ü.csv', '2026-02-02'],
      ['two/next.csv', '2026-03-01'],
    ] as const) {
      const file = join(sftp.root, 'timed', name);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, `${name}\n`);
      await utimes(file, new Date(`${day}T00:00:00Z`), new Date(`${day}T00:00:00Z`));
    }
    const from = {
      inputDirectory: '/timed/one|timed/two',
      inputFormat: 'CSV_FILE',
      filterType: 'TIME',
      startTime: '2026-02-01 00:00:00',
      endTime: '2026-03-01 00:00:00',
      fromFileOpType: 'RENAME',
    };
    const read = await program.moved(['sftp', from], copy('timed'));
    assert.equal(read['FILES_READ'], 2);
    const all = 'select column1 from timed order by 1';
    assert.deepEqual(program.rows('copy', all), ['one/new.csv', 'two/a b+ü.csv']);
    const left = (await readdir(join(sftp.root, 'timed'), { recursive: true })).map(String);
    assert.ok(left.includes('one/old.csv') && left.includes('two/next.csv'), left.join());
    assert.ok(!left.includes('one/new.csv') && !left.includes('two/a b+ü.csv'), left.join());
  });

  test('a whole database becomes tables of a warehouse', async () => {
    const counters = await program.moved(
      ['shop', { schemaName: 'main' }],
      [
        'hive',
        {
          database: 'all',
          tablePreparation: 'CREATE_WHEN_NOT_EXIST',
          csvDelimPolicy: 'REPLACE',
          csvReplaceChar: ' ',
        },
      ],
      { 'throttlingConfig.concurrentSubJobs': '2' },
      { job_type: 'BATCH_JOB' },
    );
    assert.equal(counters['ROWS_WRITTEN'], 9_001);
    const tables = await readdir(join(program.warehouse, 'all.db'));
    assert.deepEqual(tables.toSorted(), ['bare', 'few', 'orders']);
  });
});
