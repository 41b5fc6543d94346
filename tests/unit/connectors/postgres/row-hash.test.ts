/** Sums told from rows on their way, against those that a real PostgreSQL computes of them in a table. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { createConnectors } from '../../../../src/app/connectors.ts';
import { hashColumnsOf } from '../../../../src/connectors/postgres/row-hash.ts';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import type { LinkOptions } from '../../../../src/domain/transfer/link.ts';
import { checksumOf } from '../../../../src/lib/rows/checksum.ts';
import type { Digester, RowSource, RowTarget } from '../../../../src/ports/connector.ts';
import { tableSource, tableTarget } from '../../../contract/connector/database-jobs.ts';
import { postgresLink } from '../../../e2e/transfers/harness.ts';
import { missingPostgres, type TestPostgres, testPostgres } from '../../../support/postgres.ts';

type PostgresLink = Extract<LinkOptions, { kind: 'postgres' }>;

const skip = missingPostgres() ?? false;
const { signal } = new AbortController();
const format = { kind: 'pg-binary' } as const;

/** All types whose hashes are told from rows, with values that are hashed in ways of their own. */
const COLUMNS = `b boolean, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision,
  n numeric, v varchar(200), t text, c character(90), by bytea, u uuid, d date, ti time,
  ts timestamp, tz timestamptz, nm name, j json`;
const FILL = `INSERT INTO kinds SELECT random() < 0.5, (random() * 65535 - 32768)::int,
    (random() * 4294967295 - 2147483648)::bigint, (random() * 2 - 1) * 9.2e18,
    (random() - 0.5) * power(10, i % 30)::real, (random() - 0.5) * power(10, i % 300),
    round((random() - 0.5)::numeric * power(10::numeric, i % 60), i % 40),
    left(repeat(md5(i::text), 6), i % 190), repeat('é' || chr(200 + i % 50), i % 100),
    left(repeat('x' || i || '  ', 20), i % 80), decode(repeat(md5(i::text), 3), 'hex'),
    gen_random_uuid(), date '1900-01-01' + i * 37, time '00:00' + i * interval '7.000123 s',
    timestamp '1950-01-01' + i * interval '1001.001 min', timestamptz '1950-01-01 00:00Z' + i * interval '1 day',
    left(md5(i::text), i % 33), json_build_object('é', i)
  FROM generate_series(1, 3000) AS i`;
const ODD = [
  "(true, 0, 0, 0, 0, 0, 0, '', '', '', '', null, '-infinity', '24:00', '-infinity', 'infinity', '')",
  "(false, -1, -1, -1, '-0', '-0', 'NaN', ' ', ' ', 'a ', '\\x00', null, '4713-01-01 BC', null, null, null, null)",
  "(null, 1, 1, 1, 'NaN', 'NaN', 'Infinity', null, null, null, null, null, null, null, null, null, null)",
  "(null, null, null, null, '-Infinity', 'Infinity', '-Infinity', null, null, null, null, null, null, null, null, null, null)",
  '(null, null, null, null, null, null, 10000, null, null, null, null, null, null, null, null, null)',
  '(null, null, null, null, null, null, 123456789e80, null, null, null, null, null, null, null, null, null)',
  '(null, null, null, null, null, null, 1e-60, null, null, null, null, null, null, null, null, null)',
  '(null, null, null, null, null, null, 1e3000 + 1e-3000, null, null, null, null, null, null, null, null, null)',
];

describe('sums of rows on their way into PostgreSQL', { skip }, () => {
  let server: TestPostgres | null = null;
  before(async () => {
    server = await testPostgres();
  });
  after(() => server?.stop());

  async function connected<T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: await server?.database(name) });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** The digest of a whole table, and what its rows come to when they are read as they travel. */
  async function bothSums(
    name: string,
    table: string,
  ): Promise<{ readonly told: string | null; readonly computed: string | null }> {
    const connector = await createConnectors(
      { databaseRoot: null, shares: {}, hosts: [] },
      { nowMs: () => 0 },
    )('postgres');
    const link = postgresLink((await server?.database(name)) ?? '') as PostgresLink;
    const source: RowSource = await connector.source(link, tableSource(table), signal);
    const target: RowTarget = await connector.target(link, tableTarget(table), 'job', signal);
    try {
      const [found] = await source.tables();
      if (found === undefined) throw new Error(`there is no table ${table}`);
      const { columns } = found;
      const digester = target.digester as Digester;
      const [method = ''] = digester.methods(columns);
      const request = { table: found.name, columns, where: null, method, signal };
      const computed = (await digester.digest(request)).checksum;
      const sumOf = await digester.rowSum?.({ method, columns, format, signal });
      if (sumOf === null || sumOf === undefined) return { told: null, computed };
      let sum = 0n;
      const [chunk] = await source.chunks(found, { shards: 1, fine: false, chunkRows: 1 });
      if (chunk === undefined) throw new Error('there is no chunk');
      const batches = source.read({
        table: found,
        columns,
        chunk,
        position: null,
        format,
        batchBytes: 10_000,
        signal,
      });
      for await (const { bytes } of batches) sum += sumOf(bytes);
      return { told: checksumOf(sum), computed };
    } finally {
      await Promise.all([source.close(), target.close()]);
    }
  }

  test('are what the server computes of them, for every type that is told', async () => {
    await connected('sums', async (client) => {
      await client.query(`CREATE TABLE kinds (${COLUMNS})`);
      await client.query(FILL);
      for (const row of ODD) await client.query(`INSERT INTO kinds VALUES ${row}`);
      const { rows } = await client.query<{ name: string }>(
        `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'kinds'::regclass AND attnum > 0`,
      );
      // Each type alone, so that one that is told wrongly is named.
      for (const { name } of rows) {
        await client.query(`CREATE TABLE only_${name} AS SELECT ${name} FROM kinds`);
        const { told, computed } = await bothSums('sums', `only_${name}`);
        assert.equal(told, computed, `column ${name}`);
      }
    });
    const { told, computed } = await bothSums('sums', 'kinds');
    assert.equal(told, computed);
  });

  test('differ when a value does, or two change places', async () => {
    const sums = new Set<string | null>();
    await connected('sums', async (client) => {
      await client.query(`CREATE TABLE pair (a integer, b integer, t text)`);
      for (const row of ["1, 2, 'x'", "2, 1, 'x'", "1, 2, 'y'", "1, null, 'x'", "null, 1, 'x'"]) {
        await client.query(`TRUNCATE pair; INSERT INTO pair VALUES (${row}), (7, 7, null)`);
        const { told, computed } = await bothSums('sums', 'pair');
        assert.equal(told, computed);
        sums.add(told);
      }
    });
    assert.equal(sums.size, 5);
  });

  test('differ between NULL, zero and what is no number', async () => {
    const sums = new Set<string | null>();
    await connected('sums', async (client) => {
      await client.query('CREATE TABLE zeros (f double precision, g real, n numeric)');
      const rows = ['0, 1, 1', 'null, 1, 1', '1, 0, 1', '1, null, 1', '1, 1, 0', '1, 1, null'];
      for (const row of [...rows, "'NaN', 1, 1", "1, 'NaN', 1", "1, 1, 'NaN'", '1, 1, 1']) {
        await client.query(`TRUNCATE zeros; INSERT INTO zeros VALUES (${row})`);
        const { told, computed } = await bothSums('sums', 'zeros');
        assert.equal(told, computed, row);
        sums.add(told);
      }
    });
    assert.equal(sums.size, 10);
  });

  test('are asked of the server for all other types, also those that it has no hash for', async () => {
    const types = [
      'bit(3)',
      'varbit',
      'polygon',
      'money',
      'point',
      'box',
      'circle',
      'line',
      'lseg',
    ];
    types.push('path', 'xml', 'jsonb', 'interval', 'inet', 'int4range', 'oid', '"char"', 'timetz');
    await connected('sums', async (client) => {
      for (const [place, type] of [...types, ...types.map((name) => `${name}[]`)].entries()) {
        const table = `kind_${place}`;
        await client.query(`CREATE TABLE ${table} (x ${type}); INSERT INTO ${table} VALUES (null)`);
        const { told, computed } = await bothSums('sums', table);
        assert.equal(told, null, type);
        assert.match(computed ?? '', /^[0-9a-f]{16}$/, type);
      }
    });
  });

  test('texts count as UTF-8, whatever the database keeps them in', async () => {
    await connected('sums', async (client) => {
      await client.query(
        `CREATE DATABASE sums_latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      );
      await client.query(`CREATE TABLE words (id integer NOT NULL, t text, c char(9) NOT NULL)`);
      await client.query(
        `INSERT INTO words VALUES (1, 'Grüße', 'é'), (2, NULL, ''), (3, '', 'ab ')`,
      );
    });
    await connected('sums_latin', async (client) => {
      await client.query(`CREATE TABLE words (id integer NOT NULL, t text, c char(9) NOT NULL)`);
      await client.query(
        `INSERT INTO words VALUES (3, '', 'ab'), (2, NULL, ''), (1, 'Grüße', 'é')`,
      );
    });
    const [here, there] = [await bothSums('sums', 'words'), await bothSums('sums_latin', 'words')];
    assert.deepEqual(there, here);
    assert.equal(here.told, here.computed);
    for (const type of ['json', 'jsonb', 'xml', 'text[]', 'varchar(9)[]']) {
      const value = type.endsWith(']') ? '{é}' : type === 'xml' ? '<é/>' : '{"é": "é"}';
      const made = `CREATE TABLE inner_words (x ${type}); INSERT INTO inner_words VALUES ('${value}')`;
      const computed: (string | null)[] = [];
      for (const name of ['sums', 'sums_latin']) {
        await connected(name, (client) => client.query(made));
        computed.push((await bothSums(name, 'inner_words')).computed);
        await connected(name, (client) => client.query('DROP TABLE inner_words'));
      }
      assert.equal(computed[0], computed[1], type);
    }
  });

  test('bytes count where a collation takes different texts for equal', async () => {
    await connected('sums', async (client) => {
      await client.query(
        `CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
      );
      await client.query(`CREATE TABLE loose (t text COLLATE no_case)`);
      await client.query(`INSERT INTO loose VALUES ('Abc'), ('aBC')`);
      await client.query(`CREATE TABLE strict AS SELECT t COLLATE "C" AS t FROM loose`);
    });
    const [loose, strict] = [await bothSums('sums', 'loose'), await bothSums('sums', 'strict')];
    assert.equal(loose.told, loose.computed);
    assert.deepEqual(loose, strict);
  });

  test('are not told of types that are not known here', async () => {
    await connected('sums', async (client) => {
      await client.query(`CREATE TABLE others (id integer, j jsonb, s interval)`);
      await client.query(`INSERT INTO others VALUES (1, '{"a": 1}', '1 day')`);
    });
    const { told, computed } = await bothSums('sums', 'others');
    assert.equal(told, null);
    assert.match(computed ?? '', /^[0-9a-f]{16}$/);
    const column = (nativeType: string): Column => ({
      name: 'x',
      type: { kind: 'other' },
      nullable: true,
      nativeType,
      comment: '',
      keyPosition: 0,
    });
    assert.equal(hashColumnsOf([column('integer'), column('integer[]')]), null);
    assert.equal(hashColumnsOf([column('citext')]), null);
  });
});
