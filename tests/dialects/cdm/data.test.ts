/** What CDM's inputs do to real rows and files (cdm.md §4.4-4.6, §5). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import type { Answer } from '../huawei/harness.ts';
import { until } from '../../support/until.ts';
import { job, shareLink, sqliteLink, startCdmProgram } from './program.ts';

type Row = Readonly<Record<string, unknown>>;
type Inputs = Readonly<Record<string, unknown>>;

const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';
const text = 'a "quoted", text\nof two lines – ü';

test('rows and files move as the inputs say', async (t) => {
  const program = await startCdmProgram(t);
  const { cdm, share, databases } = program;
  const within = <T>(file: string, work: (db: Database.Database) => T): T => {
    const db = new Database(join(databases, file));
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  within('a.db', (db) => {
    db.exec('create table orders (id integer primary key, name text, price decimal(10,2))');
    db.exec('create table other (id integer primary key, big bigint)');
    const insert = db.prepare('insert into orders values (?, ?, ?)');
    for (let id = 1; id <= 20; id += 1) insert.run(id, id === 7 ? text : `n${id}`, id + 0.25);
    insert.run(21, null, null);
    db.prepare('insert into other values (1, ?)').run(2n ** 63n - 1n);
  });
  await cdm('POST', '/link', {
    links: [sqliteLink('a', 'a.db'), sqliteLink('b', 'b.db'), shareLink('files')],
  });

  let number = 0;
  /** Makes a job, runs it, and gives its last submission. */
  const run = async (
    from: readonly [link: string, inputs: Inputs],
    to: readonly [link: string, inputs: Inputs],
    driver: Inputs = { 'throttlingConfig.numExtractors': 1 },
    extra: Row = {},
  ): Promise<Row> => {
    number += 1;
    const name = `job${number}`;
    const links = { from: from[0], to: to[0] };
    const wire = job(name, links, { from: from[1], to: to[1], driver }, extra);
    await cdm('POST', '/job', { jobs: [wire] });
    await cdm('PUT', `/job/${name}/start`);
    return until(`the end of ${name}`, async () => {
      const status: Answer = await cdm('GET', `/job/${name}/status`);
      const [last] = status['submissions'] as readonly Row[];
      return ['SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'].includes(String(last?.['status']))
        ? last
        : null;
    });
  };
  const succeeded = (last: Row): Row => {
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    return (last['counters'] as Row)[counterGroup] as Row;
  };
  const orders = { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' };
  const table = (name: string, more: Inputs = {}): Inputs => ({
    'toJobConfig.schemaName': 'main',
    'toJobConfig.tableName': name,
    'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
    ...more,
  });
  const csv = {
    'toJobConfig.outputDirectory': '/out/${dateformat(yyyy)}',
    'toJobConfig.outputFormat': 'CSV_FILE',
    'toJobConfig.quoteChar': 'true',
    'toJobConfig.firstRowAsHeader': 'true',
    'toJobConfig.filePrefix': 'cdm#',
    'toJobConfig.lineSeparator': '%0A',
    'toJobConfig.markerFile': 'done.txt',
  };
  const year = String(new Date().getUTCFullYear());

  await t.test('a table becomes a CSV file and the file a table', async () => {
    const written = succeeded(await run(['a', orders], ['files', csv]));
    assert.equal(written['ROWS_WRITTEN'], 21);
    const folder = join(share, 'out', year);
    assert.deepEqual(await readdir(folder), ['cdm#.csv', 'done.txt']);
    const content = await readFile(join(folder, 'cdm#.csv'), 'utf8');
    assert.match(content, /^id,name,price\n1,n1,1\.25\n/);
    assert.ok(content.includes(`7,"${text.replaceAll('"', '""')}",7.25\n`));
    const from = {
      'fromJobConfig.inputDirectory': `out/${year}`,
      'fromJobConfig.inputFormat': 'CSV_FILE',
      'fromJobConfig.quoteChar': 'true',
      'fromJobConfig.firstRowAsHeader': 'true',
      'fromJobConfig.filterType': 'WILDCARD',
      'fromJobConfig.fileFilter': '*.csv',
      'fromJobConfig.columnList': '1&2&3',
    };
    within('b.db', (db) =>
      db.exec('create table back (id integer primary key, name text, price decimal(10,2))'),
    );
    const columns = { 'toJobConfig.columnList': 'id&name&price' };
    const read = succeeded(await run(['files', from], ['b', table('back', columns)]));
    assert.equal(read['ROWS_WRITTEN'], 21);
    assert.equal(read['FILES_READ'], 1);
    assert.equal(read['ROWS_READ'], 22, 'header lines are counted');
    within('b.db', (db) => {
      const rows = db.prepare('select id, name, price from back order by id').all() as Row[];
      assert.deepEqual(rows[6], { id: 7, name: text, price: 7.25 });
      assert.equal(rows.length, 21);
    });
  });

  await t.test('a query, added fields and converters', async () => {
    const from = {
      'fromJobConfig.schemaName': 'main',
      'fromJobConfig.tableName': 'orders',
      'fromJobConfig.whereClause': 'id <= 3',
      'fromJobConfig.columnList': 'id&name&loaded',
      'fromJobConfig.sampleValueColumn': 'loaded:${tableName}-x',
    };
    const driver = {
      'transformConfig.converters': JSON.stringify([{ column: 'name', type: 'REVERSE' }]),
    };
    const to = table('changed', { 'toJobConfig.columnList': 'id&name&loaded' });
    succeeded(await run(['a', from], ['b', to], driver));
    within('b.db', (db) => {
      assert.deepEqual(db.prepare('select * from changed order by id limit 1').get(), {
        id: 1,
        name: '1n',
        loaded: 'orders-x',
      });
    });
    const query = {
      'fromJobConfig.useSql': 'true',
      'fromJobConfig.sql': 'select id, price * 2 as twice from orders where id > 18;',
    };
    const counters = succeeded(await run(['a', query], ['b', table('asked')]));
    assert.equal(counters['ROWS_READ'], 3);
  });

  await t.test('conflicts, clearing and statements around the load', async () => {
    within('b.db', (db) => {
      db.exec(
        'create table kept (id integer primary key, name text, price decimal(10,2), note text)',
      );
      db.exec("insert into kept values (1, 'old', 0, 'mine'), (99, 'old', 0, 'mine')");
    });
    const columns = {
      'fromJobConfig.columnList': 'id&name&price',
      'toJobConfig.columnList': 'id&name&price',
    };
    const from = { ...orders, 'fromJobConfig.columnList': columns['fromJobConfig.columnList'] };
    const to = (more: Inputs): Inputs => ({
      'toJobConfig.schemaName': 'main',
      'toJobConfig.tableName': 'kept',
      'toJobConfig.columnList': columns['toJobConfig.columnList'],
      ...more,
    });
    const failed = await run(['a', from], ['b', to({})]);
    assert.equal(failed['status'], 'FAILED');
    assert.match(
      String(failed['error-summary']),
      /^Cdm\.0234: .*UNIQUE constraint failed: kept\.id/,
    );
    const updated = await run(
      ['a', from],
      [
        'b',
        to({
          'toJobConfig.onConflict': 'on duplicate key update',
          'toJobConfig.beforeImportType': 'whereClause',
          'toJobConfig.whereClause': 'id = 99',
          'toJobConfig.postSql': "insert into kept values (1000, 'after', 0, '')",
        }),
      ],
    );
    succeeded(updated);
    assert.equal(updated['delete_rows'], 1);
    within('b.db', (db) => {
      assert.deepEqual(db.prepare('select * from kept where id = 1').get(), {
        id: 1,
        name: 'n1',
        price: 1.25,
        note: 'mine',
      });
      assert.equal(db.prepare('select count(*) from kept').pluck().get(), 22);
    });
  });

  await t.test('bad rows are kept apart, up to the limit', async () => {
    await mkdir(join(share, 'bad'));
    const lines = ['1,1', 'two,2', '3,3', 'four,4', '5,5'];
    await writeFile(join(share, 'bad', 'rows.csv'), `${lines.join('\n')}\n`);
    within('b.db', (db) => db.exec('create table strict_rows (id integer, n integer) strict'));
    const from = { 'fromJobConfig.inputDirectory': 'bad', 'fromJobConfig.inputFormat': 'CSV_FILE' };
    const to = { 'toJobConfig.schemaName': 'main', 'toJobConfig.tableName': 'strict_rows' };
    const driver = (most: number): Inputs => ({
      'throttlingConfig.recordDirtyData': 'true',
      'throttlingConfig.writeToLink': 'files',
      'throttlingConfig.dirtyDataDirectory': 'dirty',
      'throttlingConfig.maxErrorRecords': most,
    });
    const fine = await run(['files', from], ['b', to], driver(2));
    const counters = succeeded(fine);
    assert.equal(counters['ROWS_WRITTEN_SKIPPED'], 2);
    assert.equal(counters['ROWS_WRITTEN'], 3);
    const name = String(fine['job-name']);
    const [folder = ''] = await readdir(join(share, 'dirty', name));
    assert.match(folder, new RegExp(`\\b${String(fine['submission-id'])}$`));
    const kept = await readFile(join(share, 'dirty', name, folder, 'shard_0.csv'), 'utf8');
    assert.match(kept, /^two,2,/);
    const tooMany = await run(['files', from], ['b', to], driver(1));
    assert.equal(tooMany['status'], 'FAILED');
    assert.match(String(tooMany['error-summary']), /^Cdm\.0936: /);
    assert.equal(tooMany['progress'], -1);
  });

  await t.test('a whole database', async () => {
    const whole = { job_type: 'BATCH_JOB' };
    const to = { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' };
    const from = { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders&other' };
    const counters = succeeded(await run(['a', from], ['b', to], {}, whole));
    assert.equal(counters['ROWS_WRITTEN'], 22);
    within('b.db', (db) => {
      const big = db.prepare('select big from other').safeIntegers().pluck().get();
      assert.equal(big, 2n ** 63n - 1n);
    });
  });

  await t.test('a tree of binary files', async () => {
    await mkdir(join(share, 'tree', 'sub'), { recursive: true });
    const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7) % 256));
    await writeFile(join(share, 'tree', 'one.bin'), bytes);
    await writeFile(join(share, 'tree', 'sub', 'two.bin'), bytes.subarray(1));
    const counters = succeeded(
      await run(
        [
          'files',
          { 'fromJobConfig.inputDirectory': 'tree', 'fromJobConfig.inputFormat': 'BINARY_FILE' },
        ],
        [
          'files',
          { 'toJobConfig.outputDirectory': 'copy', 'toJobConfig.outputFormat': 'BINARY_FILE' },
        ],
      ),
    );
    assert.equal(counters['FILES_WRITTEN'], 2);
    assert.equal(counters['BYTES_WRITTEN'], 9_999);
    assert.equal(counters['ROWS_READ'], -1);
    assert.deepEqual(await readFile(join(share, 'copy', 'sub', 'two.bin')), bytes.subarray(1));
    const keys = { dek: '0f'.repeat(32), iv: 'a0'.repeat(16) };
    const binary = (from: string, to: string, more: Inputs): Promise<Row> =>
      run(
        [
          'files',
          {
            'fromJobConfig.inputDirectory': from,
            'fromJobConfig.inputFormat': 'BINARY_FILE',
            ...more,
          },
        ],
        [
          'files',
          { 'toJobConfig.outputDirectory': to, 'toJobConfig.outputFormat': 'BINARY_FILE', ...more },
        ],
      );
    succeeded(
      await binary('tree', 'secret', {
        'toJobConfig.encryption': 'AES-256-GCM',
        'toJobConfig.dek': keys.dek,
        'toJobConfig.iv': keys.iv,
      }),
    );
    const hidden = await readFile(join(share, 'secret', 'one.bin'));
    assert.equal(hidden.length, bytes.length + 16, 'the tag follows');
    assert.notDeepEqual(hidden.subarray(0, bytes.length), bytes);
    succeeded(
      await binary('secret', 'open', {
        'fromJobConfig.decryption': 'AES-256-GCM',
        'fromJobConfig.dek': keys.dek,
        'fromJobConfig.iv': keys.iv,
      }),
    );
    assert.deepEqual(await readFile(join(share, 'open', 'one.bin')), bytes);
  });

  await t.test('what is missing is named', async () => {
    const from = {
      'fromJobConfig.inputDirectory': 'nowhere',
      'fromJobConfig.inputFormat': 'CSV_FILE',
    };
    const failed = await run(['files', from], ['b', table('x')]);
    assert.equal(failed['status'], 'FAILED');
    assert.match(String(failed['error-summary']), /^Cdm\.0420: .*nowhere/);
    const disregarded = { ...from, 'fromJobConfig.nonexistentPathDisregard': 'true' };
    const counters = succeeded(await run(['files', disregarded], ['b', table('kept')]));
    assert.equal(counters['TOTAL_FILES'], 0);
  });
});
