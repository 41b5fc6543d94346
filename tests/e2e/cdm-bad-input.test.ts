/** What a data job says of bad input, through the CDM API, and that it gives no secret away. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import pg from 'pg';
import { postgresLink } from '../contract/connector/postgres-adapter.ts';
import {
  type CdmProgram,
  job,
  shareLink,
  sqliteLink,
  startCdmProgram,
  values,
} from '../dialects/cdm/program.ts';
import { failureOf } from '../dialects/huawei/harness.ts';
import { mariadbUser, missingMariadb, testMariadb } from '../support/mariadb.ts';
import { missingPostgres, testPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { missingSmallDisk, mountSmallDisk } from './chaos/small-disk.ts';

type Row = Readonly<Record<string, unknown>>;

/** A connection that is lost is tried again for most of a minute. */
const failMs = 180_000;
const secrets = {
  unreachable: 'swordfish-of-the-unreachable',
  stranger: 'swordfish-of-the-stranger',
  wrong: 'swordfish-that-is-wrong',
} as const;
const orders = { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' };

const csvFrom = (folder: string, more: Row = {}): Row => ({
  'fromJobConfig.inputDirectory': folder,
  'fromJobConfig.inputFormat': 'CSV_FILE',
  ...more,
});
const csvTo = (folder: string): Row => ({
  'toJobConfig.outputDirectory': folder,
  'toJobConfig.outputFormat': 'CSV_FILE',
});
const table = (schema: string, name: string): Row => ({
  'toJobConfig.schemaName': schema,
  'toJobConfig.tableName': name,
});
const database = (name: string, inputs: Row): object => ({
  name,
  'connector-name': 'generic-jdbc-connector',
  'link-config-values': values(inputs),
});

describe('bad input', () => {
  const tasks: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>): void => void tasks.push(task) };
  /** Everything that clients were told. */
  const answers: string[] = [];
  let program: CdmProgram;
  let closedPort = 0;

  before(async () => {
    // What is not reached cannot be tested when a link is made.
    program = await startCdmProgram(cleanup, { testLinks: false });
    const db = new Database(join(program.databases, 'a.db'));
    db.exec(
      `create table orders (id integer primary key, name text);
       with recursive n(i) as (select 1 union all select i + 1 from n where i < 200)
         insert into orders select i, 'name ' || i from n;
       create table wide (id integer primary key, note text);
       with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
         insert into wide select i, hex(zeroblob(1000)) from n;
       create table big (id integer primary key, n bigint);
       with recursive n(i) as (select 1 union all select i + 1 from n where i < 200)
         insert into big select i, case when i = 117 then 70000 else i end from n`,
    );
    db.close();
    const made = [sqliteLink('a', 'a.db'), sqliteLink('b', 'b.db'), shareLink('files')];
    await call('POST', '/link', { links: made });
    // Begun first and looked at last: it is tried for long.
    closedPort = await startUnreachable();
  });
  after(async () => {
    for (const task of tasks.toReversed()) await task();
  });

  async function call(method: string, path: string, body?: unknown): Promise<Row> {
    const answer = await program.cdm(method, path, body);
    answers.push(JSON.stringify(answer));
    return answer;
  }

  /** Waits until the job's run is over: it failed, with one line that fits. */
  async function failed(name: string, summary: RegExp): Promise<Row> {
    const last = await until(
      `the end of ${name}`,
      async () => {
        const { submissions } = await call('GET', `/job/${name}/status`);
        const [submission] = submissions as readonly Row[];
        const over = ['SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'];
        return over.includes(String(submission?.['status'])) ? submission : null;
      },
      failMs,
    );
    assert.equal(last?.['status'], 'FAILED', JSON.stringify(last));
    assert.equal(last['progress'], -1);
    assert.equal('counters' in last, false);
    assert.match(String(last['error-summary']), /^Cdm\.\d{4}: [^\r\n]+$/);
    assert.match(String(last['error-summary']), summary);
    return last;
  }

  async function start(name: string, from: readonly [string, Row], to: readonly [string, Row]) {
    const links = { from: from[0], to: to[0] };
    await call('POST', '/job', { jobs: [job(name, links, { from: from[1], to: to[1] })] });
    await call('PUT', `/job/${name}/start`);
  }

  /** A job to a port that nobody listens at. @returns the port. */
  async function startUnreachable(): Promise<number> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const address = probe.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    probe.close();
    await once(probe, 'close');
    const inputs = {
      'linkConfig.databaseType': 'POSTGRESQL',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': String(port),
      'linkConfig.database': 'shop',
      'linkConfig.username': 'ann',
      'linkConfig.password': secrets.unreachable,
    };
    await call('POST', '/link', { links: [database('unreachable', inputs)] });
    await start('unreachable', ['a', orders], ['unreachable', table('public', 'orders')]);
    return port;
  }

  test('a table that is not there', async () => {
    const nowhere = { ...orders, 'fromJobConfig.tableName': 'nowhere' };
    await start('missing', ['a', nowhere], ['b', table('main', 'x')]);
    await failed('missing', /^Cdm\.0900: .*nowhere/);
  });

  test('bytes that are no text', async () => {
    await mkdir(join(program.share, 'latin'));
    const lines = Buffer.from('1,fine\n2,caf\xe9\n3,fine\n', 'latin1');
    await writeFile(join(program.share, 'latin', 'names.csv'), lines);
    const db = new Database(join(program.databases, 'b.db'));
    db.exec('create table names (id integer primary key, name text)');
    db.close();
    await start('latin', ['files', csvFrom('latin')], ['b', table('main', 'names')]);
    await failed('latin', /^Cdm\.0015: .*latin\/names\.csv, record 2: .*utf-8/i);
  });

  test('a compressed file that is cut off', async () => {
    await mkdir(join(program.share, 'cut'));
    const content = Array.from({ length: 20_000 }, (_, at) => `${at},${randomUUID()}\n`).join('');
    const compressed = gzipSync(content);
    const cut = compressed.subarray(0, compressed.length / 2);
    await writeFile(join(program.share, 'cut', 'names.csv.gz'), cut);
    const db = new Database(join(program.databases, 'b.db'));
    db.exec('create table cut (id integer primary key, name text)');
    db.close();
    const from = csvFrom('cut', { 'fromJobConfig.fromCompression': 'GZIP' });
    await start('cut', ['files', from], ['b', table('main', 'cut')]);
    await failed('cut', /^Cdm\.0015: .*cut\/names\.csv\.gz/);
  });

  test('a disk that is full', { skip: missingSmallDisk() ?? false }, async () => {
    await mountSmallDisk(cleanup, join(program.share, 'small'), 1);
    const wide = { ...orders, 'fromJobConfig.tableName': 'wide' };
    await start('full', ['a', wide], ['files', csvTo('small')]);
    await failed('full', /^Cdm\.0017: .*small\/.*disk is full/);
    assert.deepEqual(await readdir(join(program.share, 'small')), [], 'nothing is left there');
  });

  test('a variable without a value', async () => {
    const from = { ...orders, 'fromJobConfig.whereClause': "name = '${who}'" };
    const links = { from: 'a', to: 'b' };
    const parts = { from, to: table('main', 'x') };
    await call('POST', '/job', { jobs: [job('asks', links, parts)] });
    const failure = await failureOf(program.cdm('PUT', '/job/asks/start'));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0014']);
    assert.match(failure.errorMsg, /who/);
    const startDate = new Date(Date.now() + 2_000).toISOString().slice(0, 19).replace('T', ' ');
    const driver = {
      'schedulerConfig.isSchedulerJob': 'true',
      'schedulerConfig.cycleType': 'minute',
      'schedulerConfig.cycle': '5',
      'schedulerConfig.startDate': startDate,
    };
    await call('POST', '/job', { jobs: [job('timer', links, { ...parts, driver })] });
    const last = await failed('timer', /^Cdm\.0014: .*variable who has no value/);
    assert.equal(last['is-execute-auto'], true);
    await call('DELETE', '/job/timer');
  });

  test('PostgreSQL', { skip: missingPostgres() ?? false }, async () => {
    const server = await testPostgres();
    cleanup.after(() => server.stop());
    const url = await server.database(`bad_${randomUUID().slice(0, 8)}`);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create table big (id int primary key, n smallint)');
    const { hosts, database: name } = postgresLink(url);
    const inputs = {
      'linkConfig.databaseType': 'POSTGRESQL',
      'linkConfig.host': hosts.join(','),
      'linkConfig.port': '5432',
      'linkConfig.database': name,
      'linkConfig.username': 'postgres',
      'linkConfig.password': 'unused',
    };
    const stranger = {
      ...inputs,
      'linkConfig.username': 'stranger',
      'linkConfig.password': secrets.stranger,
    };
    await call('POST', '/link', {
      links: [database('pg', inputs), database('stranger', stranger)],
    });
    // A type that is too small for one value.
    const big = { ...orders, 'fromJobConfig.tableName': 'big' };
    await start('overflow', ['a', big], ['pg', table('public', 'big')]);
    const last = await failed('overflow', /^Cdm\.0234: .*row 117: .*70000.*smallint/);
    const place = /id from \d+ to \d+/g;
    assert.ok((String(last['error-summary']).match(place) ?? []).length <= 1, 'it is told once');
    const { rows } = await client.query('select count(*)::int as n from big');
    await client.end();
    assert.deepEqual(rows, [{ n: 0 }]);
    await start('stranger', ['a', orders], ['stranger', table('public', 'big')]);
    await failed('stranger', /^Cdm\.0950: .*stranger/);
  });

  test('MariaDB', { skip: missingMariadb() ?? false }, async () => {
    const server = await testMariadb();
    cleanup.after(() => server.stop());
    await server.link('shop');
    const inputs = {
      'linkConfig.databaseType': 'MYSQL',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': server.port,
      'linkConfig.database': 'shop',
      'linkConfig.username': mariadbUser.user,
      'linkConfig.password': encodeURIComponent(mariadbUser.password),
      'linkConfig.usingNative': 'true',
    };
    const wrong = { ...inputs, 'linkConfig.password': secrets.wrong };
    const connection = await server.connect('shop');
    await connection.query('create table big (id int primary key, n smallint)');
    await connection.end();
    await call('POST', '/link', { links: [database('my', inputs), database('wrong', wrong)] });
    await start('wrong', ['a', orders], ['wrong', table('shop', 'big')]);
    await failed('wrong', new RegExp(`^Cdm\\.0950: .*${mariadbUser.user}`));
    const big = { ...orders, 'fromJobConfig.tableName': 'big' };
    await start('too-big', ['a', big], ['my', table('shop', 'big')]);
    await failed('too-big', /^Cdm\.0234: .*row 117: .*out of range.*\bn\b/i);
    const nowhere = { 'fromJobConfig.schemaName': 'shop', 'fromJobConfig.tableName': 'nowhere' };
    await start('my-missing', ['my', nowhere], ['b', table('main', 'x')]);
    await failed('my-missing', /^Cdm\.0900: .*nowhere/);
  });

  test('a host that is not reached', async () => {
    await failed('unreachable', new RegExp(`^Cdm\\.0941: .*127\\.0\\.0\\.1.*${closedPort}`));
  });

  test('no secret lies anywhere, neither in answers nor on the disk', async () => {
    for (const name of ['unreachable', 'stranger', 'wrong']) {
      await program.cdm('GET', `/link/${name}`).then(
        (answer) => void answers.push(JSON.stringify(answer)),
        // A database that is not installed here has no link.
        (error: unknown) => void answers.push(JSON.stringify(error)),
      );
    }
    const { stderr } = program.server.program;
    const told = [...answers, stderr(), ...program.server.program.lines];
    const kept = await filesBelow(program.server.dataDir);
    assert.ok(
      kept.some((file) => file.includes('/transfers/runs/')),
      'runs are kept',
    );
    // What is no secret is found, so these are the right places.
    assert.ok(told.some((text) => text.includes('nowhere')));
    const contents = await Promise.all(kept.map((file) => readFile(file).catch(() => noBytes)));
    assert.ok(contents.some((content) => content.includes('nowhere')));
    for (const secret of Object.values(secrets)) {
      assert.equal(
        told.findIndex((text) => text.includes(secret)),
        -1,
        `an answer or a line of the log tells ${secret}`,
      );
      const holder = kept.find((_, place) => contents[place]?.includes(secret) === true);
      assert.equal(holder, undefined, `a file holds ${secret}`);
    }
  });
});

const noBytes = Buffer.alloc(0);

/** All regular files below a folder that are there now. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const files: string[] = [];
  for (const name of names) {
    const file = join(folder, name);
    const found = await stat(file).catch(() => null);
    if (found?.isFile() === true) files.push(file);
  }
  return files;
}
