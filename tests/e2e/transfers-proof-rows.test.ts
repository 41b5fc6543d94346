import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { missingMariadb, type TestMariadb, testMariadb } from '../support/mariadb.ts';
import { missingPostgres, type TestPostgres, testPostgres } from '../support/postgres.ts';
import {
  definition,
  fromTable,
  toTable,
  type TransferServer,
  transferServer,
} from './transfers/harness.ts';

const ROWS = 20_000;
const missing = missingMariadb() ?? missingPostgres();

/** Databases of different kinds have no hash in common: their rows are read and compared as texts. */
describe('proof by reading rows', { skip: missing ?? false }, () => {
  const tasks: (() => void | Promise<void>)[] = [];
  let [server, mariadb, postgres]: [
    TransferServer | null,
    TestMariadb | null,
    TestPostgres | null,
  ] = [null, null, null];
  let url = '';

  before(async () => {
    mariadb = await testMariadb();
    postgres = await testPostgres();
    server = await transferServer({ after: (task) => tasks.push(task) });
    await server.link('shop', await mariadb.link('shop'));
    url = await postgres.database('lake');
    const { pathname, searchParams } = new URL(url.replace('postgresql:///', 'postgresql://x/'));
    await server.link('lake', {
      kind: 'postgres',
      hosts: [searchParams.get('host') ?? ''],
      port: 5432,
      database: pathname.slice(1),
      user: 'postgres',
      password: '',
      tls: 'off',
      connectTimeoutMs: 10_000,
      socketTimeoutMs: 0,
      fetchRows: 1_000,
      commitRows: 10_000,
      batchRows: 100,
      identifierQuote: null,
      defaultSchema: '',
    });
    const connection = await mariadb.connect('shop');
    await connection.query(
      `CREATE TABLE orders (id bigint PRIMARY KEY, n int NULL, price decimal(12,2), name varchar(40), note text, at datetime, exact datetime(6))`,
    );
    await connection.query(
      `INSERT INTO orders SELECT seq, IF(seq % 7 = 0, NULL, seq), seq / 100, CONCAT('Grüße ', seq), IF(seq % 3 = 0, NULL, CONCAT('tab\t line\n ', seq)), TIMESTAMP '2026-01-31 00:00:00' + INTERVAL seq SECOND, TIMESTAMP '2026-01-31 00:00:00.5' + INTERVAL seq * 100 MICROSECOND FROM seq_1_to_${ROWS}`,
    );
    await connection.end();
  });
  after(async () => {
    for (const task of tasks.toReversed()) await task();
    await postgres?.stop();
    await mariadb?.stop();
  });

  async function run(target: string, proof: 'rows' | 'checksums', from = 'shop') {
    if (server === null) throw new Error('there is no server');
    const job = { from: fromTable(from, 'orders'), to: toTable('lake', target), proof };
    const id = await server.call('submit', { definition: definition(job) });
    const { state } = await server.over(id);
    return { state, story: await server.story(id), report: await server.report(id) };
  }

  test('MariaDB to PostgreSQL: checksums of all rows are equal', async () => {
    const { state, story, report } = await run('orders', 'rows');
    assert.equal(state, 'succeeded', story);
    assert.equal(report.proof?.outcome, 'match', JSON.stringify(report.proof));
    const [table] = report.proof.tables;
    assert.equal(table?.sourceRows, ROWS);
    assert.equal(table.sourceChecksum, table.targetChecksum);
    assert.match(table.method, /^text-rows\(int,int,decimal\(2\),text,text,timestamp\(0\)/);
  });

  test('unless it is asked for nothing is read again: rows are counted', async () => {
    const { state, story, report } = await run('counted', 'checksums');
    assert.equal(state, 'succeeded', story);
    assert.equal(report.proof?.outcome, 'counts-only');
  });

  test('a value that a trigger changes on its way in is found', async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      `CREATE TABLE changed (LIKE orders INCLUDING ALL);
       CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF NEW.id = 777 THEN NEW.name := NEW.name || ' '; END IF; RETURN NEW; END $$;
       CREATE TRIGGER bend BEFORE INSERT ON changed FOR EACH ROW EXECUTE FUNCTION bend();`,
    );
    await client.end();
    const { state, report } = await run('changed', 'rows');
    assert.equal(state, 'failed');
    assert.equal(report.proof?.outcome, 'mismatch');
    assert.equal(report.error?.code, 'proof-mismatch');
  });

  test('within PostgreSQL it is found by what the commit brought, whose rows are named', async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      `CREATE TABLE twisted (LIKE orders INCLUDING ALL); INSERT INTO twisted (id) VALUES (-1);
       CREATE TRIGGER bend BEFORE INSERT ON twisted FOR EACH ROW EXECUTE FUNCTION bend();`,
    );
    await client.end();
    const { state, report } = await run('twisted', 'checksums', 'lake');
    assert.equal(state, 'failed');
    assert.equal(report.proof?.outcome, 'mismatch');
    assert.match(report.proof.tables[0]?.method ?? '', /each commit was read back; 1 rows were/);
    assert.match(report.error?.message ?? '', /the first that differ are those of /);
  });

  test('rows that were there before are taken away where rows are read', async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      `CREATE TABLE grown (LIKE orders INCLUDING ALL); INSERT INTO grown (id, note) VALUES (-1, 'old');`,
    );
    await client.end();
    const { state, story, report } = await run('grown', 'rows');
    assert.equal(state, 'succeeded', story);
    assert.equal(report.proof?.outcome, 'match', JSON.stringify(report.proof));
    assert.match(report.proof.tables[0]?.method ?? '', /^text-rows.*; 1 rows were there before/);
  });

  test('rows that a trigger leaves out are counted as not written', async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      `CREATE TABLE fewer (LIKE orders INCLUDING ALL);
       CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF NEW.id = 5 THEN RETURN NULL; END IF; RETURN NEW; END $$;
       CREATE TRIGGER leave_out BEFORE INSERT ON fewer FOR EACH ROW EXECUTE FUNCTION leave_out();`,
    );
    await client.end();
    const { report } = await run('fewer', 'checksums');
    assert.equal(report.counters.rowsRead, ROWS);
    assert.equal(report.counters.rowsWritten, ROWS - 1);
    assert.equal(report.proof?.outcome, 'mismatch');
  });
});
