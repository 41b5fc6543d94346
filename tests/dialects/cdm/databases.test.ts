/** Links and jobs between real database servers (cdm.md §4.3, §5.6; appendix C, data). */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import pg from 'pg';
import { mariadbUser, missingMariadb, testMariadb } from '../../support/mariadb.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { postgresLink } from '../../contract/connector/postgres-adapter.ts';
import { failureOf, type Answer } from '../huawei/harness.ts';
import { type CdmCall, job, startCdmProgram, values } from './program.ts';

type Row = Readonly<Record<string, unknown>>;
type Inputs = Readonly<Record<string, unknown>>;

const wireLink = (name: string, inputs: Inputs): object => ({
  name,
  'connector-name': 'generic-jdbc-connector',
  'link-config-values': values(inputs),
});

/** Makes a job, runs it with variables, and gives its last submission. */
async function run(cdm: CdmCall, wire: Row, variables: Inputs = {}): Promise<Row> {
  const name = String(wire['name']);
  await cdm('POST', '/job', { jobs: [wire] });
  await cdm('PUT', `/job/${name}/start`, { variables });
  return until(`the end of ${name}`, async () => {
    const status: Answer = await cdm('GET', `/job/${name}/status`);
    const [last] = status['submissions'] as readonly Row[];
    const ended = ['SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'].includes(String(last?.['status']));
    return ended ? last : null;
  });
}

const create = { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' };

test('PostgreSQL', { skip: missingPostgres() ?? false }, async (t) => {
  const { cdm } = await startCdmProgram(t);
  const server = await testPostgres();
  const url = await server.database(`cdm_${randomUUID().slice(0, 8)}`);
  const { hosts, database } = postgresLink(url);
  const inputs = {
    'linkConfig.databaseType': 'POSTGRESQL',
    'linkConfig.host': hosts.join(','),
    'linkConfig.port': '5432',
    'linkConfig.database': database,
    'linkConfig.username': 'postgres',
    'linkConfig.password': 'unused',
  };
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.after(async () => {
    await client.end();
    await server.stop();
  });
  await client.query(`create table orders (id bigint primary key, name text, price numeric(12,3), at timestamptz, ok bool);
    insert into orders select n, case when n % 10 = 0 then null else 'n' || n end, n / 8.0, '2026-01-02 03:04:05+00', n % 2 = 0 from generate_series(1, 5000) n`);

  await t.test('a database that is not there is told by the connection test', async () => {
    const link = wireLink('gone', { ...inputs, 'linkConfig.database': 'nowhere' });
    const failure = await failureOf(cdm('POST', '/link', { links: [link] }));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [500, 'Cdm.0964']);
    assert.match(failure.errorMsg, /nowhere/);
  });

  await t.test('a table is copied by several extractors, and again as an update', async () => {
    await cdm('POST', '/link', { links: [wireLink('pg', inputs)] });
    const links = { from: 'pg', to: 'pg' };
    const wire = job('copy', links, {
      from: {
        'fromJobConfig.schemaName': 'public',
        'fromJobConfig.tableName': 'orders',
        'fromJobConfig.partitionColumn': 'id',
        'fromJobConfig.whereClause': 'id <= ${most}',
      },
      to: {
        'toJobConfig.schemaName': 'copies',
        'toJobConfig.tableName': 'orders',
        'toJobConfig.onConflict': 'UPSERT',
        ...create,
      },
      driver: { 'throttlingConfig.numExtractors': '3' },
    });
    const first = await run(cdm, wire, { most: 4000 });
    assert.equal(first['status'], 'SUCCEEDED', JSON.stringify(first));
    assert.equal(first['write_rows'], 4000);
    await cdm('DELETE', '/job/copy');
    await client.query("update orders set name = 'changed' where id = 10");
    const second = await run(cdm, wire, { most: '5000' });
    assert.equal(second['status'], 'SUCCEEDED', JSON.stringify(second));
    assert.equal(second['write_rows'], 5000);
    const { rows } = await client.query(
      'select count(*)::int as same from orders join copies.orders c using (id, price, at, ok) where orders.name is not distinct from c.name',
    );
    assert.deepEqual(rows, [{ same: 5000 }]);
  });
});

test('MariaDB', { skip: missingMariadb() ?? false }, async (t) => {
  const { cdm } = await startCdmProgram(t);
  const server = await testMariadb();
  t.after(() => server.stop());
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

  await t.test('a wrong password is told, and shown nowhere', async () => {
    const link = wireLink('wrong', { ...inputs, 'linkConfig.password': 'hunter2' });
    const failure = await failureOf(cdm('POST', '/link', { links: [link] }));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [500, 'Cdm.0950']);
    assert.doesNotMatch(failure.errorMsg, /hunter2/);
  });

  await t.test('a table is copied and replaced', async () => {
    const connection = await server.connect('shop');
    await connection.query(
      'create table a (id int primary key, name varchar(20), d decimal(10,2))',
    );
    await connection.query("insert into a values (1, 'eins', 1.50), (2, null, 2)");
    await connection.query('create table b like a');
    await connection.query("insert into b values (1, 'old', 0), (3, 'old', 0)");
    await cdm('POST', '/link', { links: [wireLink('my', inputs)] });
    const wire = job(
      'replace',
      { from: 'my', to: 'my' },
      {
        from: { 'fromJobConfig.schemaName': 'shop', 'fromJobConfig.tableName': 'a' },
        to: {
          'toJobConfig.schemaName': 'shop',
          'toJobConfig.tableName': 'b',
          'toJobConfig.onConflict': 'replace into',
        },
      },
    );
    const last = await run(cdm, wire);
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    const [rows] = await connection.query('select id, name from b order by id');
    await connection.end();
    assert.deepEqual(JSON.parse(JSON.stringify(rows)), [
      { id: 1, name: 'eins' },
      { id: 2, name: null },
      { id: 3, name: 'old' },
    ]);
  });
});
