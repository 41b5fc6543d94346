/** The MySQL connector against a real MariaDB. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import type { TableSource, TableTarget } from '../../../../src/domain/transfer/definition.ts';
import { TransferError } from '../../../../src/domain/transfer/errors.ts';
import type { LinkOptions } from '../../../../src/domain/transfer/link.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../../../src/lib/rows/text.ts';
import {
  type Chunk,
  type PlannedTable,
  type RowBatch,
  RowsRefused,
  type SourceTable,
} from '../../../../src/ports/connector.ts';
import { mysqlConnector } from '../../../../src/connectors/mysql/connector.ts';
import { missingMariadb, type TestMariadb, testMariadb } from '../../../support/mariadb.ts';
import { until } from '../../../support/until.ts';

type Link = Extract<LinkOptions, { kind: 'mysql' }>;
type Rows = readonly (readonly (string | null)[])[];

const skip = missingMariadb() ?? false;
const never = new AbortController().signal;

describe('MySQL connector', { skip }, () => {
  let server: TestMariadb;
  let link: Link;

  before(async () => {
    server = await testMariadb();
    link = await server.link('shop');
  });
  after(() => server.stop());

  async function sql(...statements: readonly string[]): Promise<Rows> {
    const connection = await server.connect('shop');
    try {
      let rows: Rows = [];
      for (const statement of statements) {
        const [result] = await connection.query({
          sql: statement,
          rowsAsArray: true,
          typeCast: (field) => field.string(),
        });
        rows = result as unknown as Rows;
      }
      return rows;
    } finally {
      await connection.end();
    }
  }

  async function readAll(table: string, options: Link = link): Promise<Rows> {
    const source = await mysqlConnector.source(options, tableSource(table), never);
    try {
      const [found] = await source.tables();
      assert.ok(found);
      const [chunk] = await source.chunks(found, { shards: 1, fine: false, chunkRows: 1_000 });
      assert.ok(chunk);
      return rowsOf(await collect(source.read(request(found, found.columns, chunk))));
    } finally {
      await source.close();
    }
  }

  /** Opens a loader into a table; the columns of the source are texts unless given. */
  async function loaderInto(
    table: string,
    to: Partial<TableTarget>,
    options: Link = link,
    extra: { readonly repeats?: boolean; readonly from?: readonly Column[] } = {},
  ) {
    const target = await mysqlConnector.target(
      options,
      { ...tableTarget(table), ...to },
      'job',
      never,
    );
    const looked = await target.look(sourceNamed(table, []));
    assert.ok(looked.columns);
    const planned: PlannedTable = {
      index: 0,
      source: sourceNamed(table, looked.columns),
      target: looked.name,
      columns: looked.columns.map((found, at) => ({
        source: extra.from?.[at] ?? textColumn(found.name),
        target: found,
      })),
    };
    const loader = await target.open({
      table: planned,
      format: { kind: 'text' },
      shard: 0,
      shards: 1,
      runId: 'run-1',
      after: null,
      repeats: extra.repeats ?? false,
      signal: never,
    });
    return { target, planned, loader };
  }

  test('gives every type as its canonical text', async () => {
    await sql(
      `CREATE TABLE kinds (
        id INT PRIMARY KEY, flag TINYINT(1), b BIT(1), bits BIT(9), tiny TINYINT, big BIGINT,
        ubig BIGINT UNSIGNED, d DECIMAL(30,10), f FLOAT, g DOUBLE, da DATE, ti TIME(3),
        dt DATETIME(6), ts TIMESTAMP NULL, y YEAR, c CHAR(3), v VARCHAR(50), t LONGTEXT,
        bin VARBINARY(20), bl BLOB, e ENUM('a','b'), s SET('x','y'), j JSON, u UUID)`,
      `SET time_zone = '+08:00', sql_mode = ''`,
      `INSERT INTO kinds VALUES
        (1, 1, b'1', b'101', -128, 9223372036854775807, 18446744073709551615, -12345678901234567890.0123456789,
         0.1, 1e300, '2026-01-31', '-01:02:03.450', '2026-01-31 23:59:59.120000', '2026-01-31 08:00:00', 2026,
         'äöü', 'tab\\there\\nand \\\\ back\\r', REPEAT('€', 40000), x'00ff5c', x'0a', 'b', 'x,y', '{"a": [1, 2]}',
         '123e4567-e89b-12d3-a456-426655440000'),
        (2, 0, b'0', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0000-00-00', NULL, '0000-00-00 00:00:00', NULL,
         NULL, NULL, '', NULL, NULL, '', NULL, '', NULL, NULL)`,
    );
    const [first, second] = await readAll('kinds');
    assert.deepEqual(first?.slice(0, 17), [
      '1',
      't',
      't',
      '000000101',
      '-128',
      '9223372036854775807',
      '18446744073709551615',
      '-12345678901234567890.0123456789',
      '0.10000000149011612',
      '1e300',
      '2026-01-31',
      '-01:02:03.45',
      '2026-01-31 23:59:59.12',
      '2026-01-31 00:00:00',
      '2026',
      'äöü',
      'tab\there\nand \\ back\r',
    ]);
    assert.equal(first[17], '€'.repeat(40_000));
    assert.deepEqual(first.slice(18), [
      '\\x00ff5c',
      '\\x0a',
      'b',
      'x,y',
      '{"a": [1, 2]}',
      '123e4567-e89b-12d3-a456-426655440000',
    ]);
    assert.deepEqual(second, [
      '2',
      'f',
      'f',
      ...Array.from({ length: 13 }, () => null),
      '',
      null,
      null,
      '\\x',
      null,
      '',
      null,
      null,
    ]);
  });

  test('a value longer than a packet arrives whole', async () => {
    await sql(
      'CREATE TABLE huge (id INT PRIMARY KEY, t LONGTEXT)',
      'SET GLOBAL max_allowed_packet = 67108864',
    );
    await sql(`INSERT INTO huge VALUES (1, REPEAT('x\\n', 10000000)), (2, 'after')`);
    const rows = await readAll('huge');
    assert.equal(rows[0]?.[1]?.length, 20_000_000);
    assert.equal(rows[0][1].slice(0, 4), 'x\nx\n');
    assert.deepEqual(rows[1], ['2', 'after']);
  });

  for (const loadData of [true, false]) {
    const way = loadData ? 'LOAD DATA' : 'INSERT';

    test(`${way}: what was read is what is written`, async () => {
      await sql('CREATE TABLE IF NOT EXISTS copies LIKE kinds', 'TRUNCATE copies');
      const options = { ...link, loadData };
      const source = await mysqlConnector.source(options, tableSource('kinds'), never);
      const [found] = await source.tables();
      assert.ok(found);
      await source.close();
      const { target, loader } = await loaderInto('copies', {}, options, { from: found.columns });
      const rows = await readAll('kinds');
      // The uuid, json and text columns of row 2 are NULL already.
      await loader.write(batchOf(rows));
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
      await target.close();
      assert.deepEqual(await readAll('copies'), rows);
    });

    test(`${way}: a batch with a bad row is refused as a whole and the row is named`, async () => {
      await sql(
        'CREATE TABLE IF NOT EXISTS small (id INT PRIMARY KEY, v VARCHAR(3), n TINYINT, d DATE)',
        'TRUNCATE small',
      );
      const { target, loader } = await loaderInto('small', {}, { ...link, loadData });
      await loader.write(batchOf([['1', 'abc', '1', '2026-01-01']]));
      const bad = [
        ['2', 'abcd', '1', null],
        ['2', 'abc', '300', null],
        ['2', 'abc', 'x', null],
        ['2', 'abc', '1', '2026-02-30'],
      ];
      for (const row of bad) {
        await assert.rejects(
          loader.write(batchOf([['7', 'ok', '1', null], row, ['8', 'ok', '1', null]])),
          (error) => error instanceof RowsRefused && error.row === 1,
          row.join(),
        );
      }
      await assert.rejects(loader.write(batchOf([['1', 'dup', '1', null]])), RowsRefused);
      await loader.write(batchOf([['9', 'end', '9', null]]));
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
      await target.close();
      assert.deepEqual(await sql('SELECT id, v FROM small ORDER BY id'), [
        ['1', 'abc'],
        ['9', 'end'],
      ]);
    });

    for (const [conflict, expected] of [
      [
        'replace',
        [
          ['1', 'new', null],
          ['2', 'two', null],
        ],
      ],
      [
        'update',
        [
          ['1', 'new', 'kept'],
          ['2', 'two', null],
        ],
      ],
    ] as const) {
      test(`${way}: ${conflict} of rows that are there`, async () => {
        await sql(
          'CREATE TABLE IF NOT EXISTS keyed (id INT PRIMARY KEY, v VARCHAR(10), extra VARCHAR(10))',
          'TRUNCATE keyed',
          `INSERT INTO keyed VALUES (1, 'old', 'kept')`,
        );
        const { target, planned } = await loaderInto('keyed', { conflict }, { ...link, loadData });
        // Only two of the columns are loaded.
        const narrow = { ...planned, columns: planned.columns.slice(0, 2) };
        const loader = await target.open(loaderRequest(narrow, false));
        const counts = await loader.write(
          batchOf([
            ['1', 'new'],
            ['2', 'two'],
          ]),
        );
        await loader.prepareCommit();
        await loader.commit();
        await loader.close();
        await target.close();
        assert.equal(counts.written, 2);
        assert.equal(counts.updated, 1);
        assert.deepEqual(await sql('SELECT id, v, extra FROM keyed ORDER BY id'), expected);
      });
    }
  }

  test('rows that are repeated are told apart by their key', async () => {
    await sql(
      'CREATE TABLE again (id INT PRIMARY KEY, v VARCHAR(10))',
      `INSERT INTO again VALUES (1, 'first')`,
    );
    const { target, loader } = await loaderInto('again', {}, link, { repeats: true });
    await loader.write(
      batchOf([
        ['1', 'again'],
        ['2', 'new'],
      ]),
    );
    await loader.prepareCommit();
    await loader.commit();
    await loader.close();
    await target.close();
    assert.deepEqual(await sql('SELECT id, v FROM again ORDER BY id'), [
      ['1', 'first'],
      ['2', 'new'],
    ]);
  });

  test('tells what became of a commit, and forgets marks at the end', async () => {
    await sql('CREATE TABLE marked (id INT PRIMARY KEY)');
    const { target, planned, loader } = await loaderInto('marked', {});
    await loader.write(batchOf([['1']]));
    const committed = await loader.prepareCommit();
    await loader.commit();
    await loader.write(batchOf([['2']]));
    const lost = await loader.prepareCommit();
    await loader.close();
    assert.equal(await target.outcome(committed), 'committed');
    assert.equal(await target.outcome(lost), 'rolled-back');
    await target.finish([planned], 'run-1');
    await target.close();
    assert.deepEqual(await sql('SELECT id FROM marked'), [['1']]);
    assert.deepEqual(await sql(`SHOW TABLES LIKE '\\_cdm%'`), []);
  });

  test('creates tables with types of its own, comments and key', async () => {
    const { target } = await loaderInto('marked', {});
    const columns: readonly Column[] = [
      column('id', { kind: 'int64' }, 1),
      column('price', { kind: 'decimal', precision: 10, scale: 2 }, 0),
      column('note', { kind: 'varchar', length: 20_000 }, 0),
      column('at', { kind: 'timestamptz', fraction: 6 }, 0),
    ];
    const created = columns.map((one) => target.columnFor(one));
    await target.close();
    assert.deepEqual(
      created.map(({ nativeType }) => nativeType),
      ['BIGINT', 'DECIMAL(10,2)', 'LONGTEXT', 'DATETIME(6)'],
    );
    const other = await mysqlConnector.target(
      link,
      { ...tableTarget('made'), preparation: 'create' },
      'job',
      never,
    );
    const source = sourceNamed('made', columns);
    const planned: PlannedTable = {
      index: 0,
      source,
      target: { schema: '', name: 'made' },
      columns: columns.map((one, at) => ({ source: one, target: created[at] ?? one })),
    };
    await other.prepare([planned], 'run-2');
    await other.close();
    const [, ddl] = (await sql('SHOW CREATE TABLE made'))[0] ?? [];
    assert.match(ddl ?? '', /`id` bigint\(20\) NOT NULL/);
    assert.match(ddl ?? '', /PRIMARY KEY \(`id`\)/);
  });

  test('reading that ends early leaves no connection behind', async () => {
    const earlier = await connections();
    await sql(
      'CREATE TABLE many (id INT PRIMARY KEY)',
      'INSERT INTO many SELECT seq FROM seq_1_to_400000',
    );
    const source = await mysqlConnector.source(link, tableSource('many'), never);
    const [found] = await source.tables();
    assert.ok(found);
    const [chunk] = await source.chunks(found, { shards: 1, fine: false, chunkRows: 1_000 });
    assert.ok(chunk);
    const stop = new AbortController();
    const batches = source.read({
      ...request(found, found.columns, chunk),
      batchBytes: 16_384,
      signal: stop.signal,
    });
    await assert.rejects(async () => {
      for await (const batch of batches) {
        assert.ok(batch.rows > 0);
        stop.abort();
      }
    });
    await source.close();
    await until('the connections are gone', async () => {
      return (await connections()) <= earlier;
    });
  });

  test('says why a link does not work, without the password', async () => {
    const cases = [
      [{ ...link, password: 'wrong-secret' }, 'link-credentials'],
      [{ ...link, database: 'nowhere' }, 'link-database-missing'],
      [{ ...link, port: 1 }, 'link-unreachable'],
    ] as const;
    for (const [options, code] of cases) {
      await assert.rejects(mysqlConnector.test(options, never), (error) => {
        assert.ok(error instanceof TransferError);
        assert.equal(error.code, code, error.message);
        assert.ok(!error.message.includes('wrong-secret'));
        return true;
      });
    }
    await mysqlConnector.test(link, never);
  });

  test('the columns of a query are known before it runs', async () => {
    const source = await mysqlConnector.source(
      link,
      {
        kind: 'query',
        link: 'l',
        sql: `SELECT id AS n, v, 1.50 AS p FROM small;`,
        columns: null,
        bytesEncoding: '',
      },
      never,
    );
    const [found] = await source.tables();
    await source.close();
    assert.deepEqual(
      found?.columns.map(({ name, type }) => [name, type.kind]),
      [
        ['n', 'int32'],
        ['v', 'varchar'],
        ['p', 'decimal'],
      ],
    );
  });

  async function connections(): Promise<number> {
    const rows = await sql(
      `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'longshore'`,
    );
    return Number(rows[0]?.[0]);
  }
});

function loaderRequest(table: PlannedTable, repeats: boolean) {
  return {
    table,
    format: { kind: 'text' },
    shard: 0,
    shards: 1,
    runId: 'run-1',
    after: null,
    repeats,
    signal: never,
  } as const;
}

function tableSource(table: string): TableSource {
  return {
    kind: 'tables',
    link: 'l',
    schema: '',
    table,
    wholeDatabase: false,
    columns: null,
    where: null,
    partitionColumn: null,
    partitionColumnNullable: false,
    tablePartitions: null,
    bytesEncoding: 'iso-8859-1',
  };
}

function tableTarget(table: string): TableTarget {
  return {
    kind: 'table',
    link: 'l',
    schema: '',
    table,
    columns: null,
    preparation: 'none',
    clear: { kind: 'none' },
    conflict: 'insert',
    stage: false,
    characterFactor: 1,
    keepNotNull: true,
    before: null,
    after: null,
  };
}

function sourceNamed(name: string, columns: readonly Column[]): SourceTable {
  return {
    name: { schema: '', name },
    columns,
    named: true,
    estimatedRows: null,
    bytes: null,
    files: null,
  };
}

function column(name: string, type: Column['type'], keyPosition: number): Column {
  return { name, type, nullable: keyPosition === 0, nativeType: '', comment: '', keyPosition };
}

function textColumn(name: string): Column {
  return column(name, { kind: 'text' }, 0);
}

function request(table: SourceTable, columns: readonly Column[], chunk: Chunk) {
  return {
    table,
    columns,
    chunk,
    position: null,
    format: { kind: 'text' },
    batchBytes: 1 << 20,
    signal: never,
  } as const;
}

async function collect(batches: AsyncIterable<RowBatch>): Promise<readonly RowBatch[]> {
  const all: RowBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

function rowsOf(batches: readonly RowBatch[]): Rows {
  return batches.flatMap(({ bytes, rows }) => {
    const offsets = rowOffsets(bytes);
    assert.equal(offsets.length, rows + 1);
    return Array.from({ length: rows }, (_, row) =>
      decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0),
    );
  });
}

function batchOf(rows: Rows): RowBatch {
  return { bytes: encodeRows(rows), rows: rows.length };
}
