/** The SQLite connector against real files. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { createSqliteConnector } from '../../../../src/connectors/sqlite/connector.ts';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import type { TableSource, TableTarget } from '../../../../src/domain/transfer/definition.ts';
import { TransferError } from '../../../../src/domain/transfer/errors.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../../../src/lib/rows/text.ts';
import { type PlannedTable, type RowBatch, RowsRefused } from '../../../../src/ports/connector.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

type Rows = readonly (readonly (string | null)[])[];

const never = new AbortController().signal;
const link = { kind: 'sqlite', file: 'shop.db', batchRows: 100, commitRows: 10_000 } as const;

describe('SQLite connector', () => {
  let root: string;
  let connector: ReturnType<typeof createSqliteConnector>;

  const tasks: (() => void | Promise<void>)[] = [];

  afterEach(async () => {
    for (const task of tasks.splice(0)) await task();
  });
  beforeEach(async () => {
    root = await temporaryFolder({ after: (task) => void tasks.push(task) });
    connector = createSqliteConnector({ databaseRoot: root });
  });

  function sql(text: string): void {
    const database = new Sqlite(join(root, link.file));
    database.exec(text);
    database.close();
  }

  function all(text: string): unknown {
    const database = new Sqlite(join(root, link.file));
    const rows: unknown = database.prepare(text).raw(true).safeIntegers(true).all();
    database.close();
    return rows;
  }

  async function readAll(table: string): Promise<{ columns: readonly Column[]; rows: Rows }> {
    const source = await connector.source(link, tableSource(table), never);
    const [found] = await source.tables();
    assert.ok(found);
    const [chunk] = await source.chunks(found, { shards: 1, fine: false, chunkRows: 100 });
    assert.ok(chunk);
    const rows: (string | null)[][] = [];
    const batches = source.read({
      table: found,
      columns: found.columns,
      chunk,
      position: null,
      format: { kind: 'text' },
      batchBytes: 64,
      signal: never,
    });
    for await (const batch of batches) {
      const offsets = rowOffsets(batch.bytes);
      for (let row = 0; row < batch.rows; row++) {
        rows.push(decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0));
      }
    }
    await source.close();
    return { columns: found.columns, rows };
  }

  async function open(
    table: string,
    to: Partial<TableTarget> = {},
    from: readonly Column[] = [],
    repeats = false,
  ) {
    const target = await connector.target(link, { ...tableTarget(table), ...to }, 'job', never);
    const source = {
      name: { schema: '', name: table },
      columns: [],
      named: true,
      estimatedRows: null,
      bytes: null,
      files: null,
    };
    const looked = await target.look(source);
    assert.ok(looked.columns);
    const planned: PlannedTable = {
      index: 0,
      source,
      target: looked.name,
      columns: looked.columns.map((column, at) => ({ source: from[at] ?? null, target: column })),
    };
    const loader = await target.open({
      table: planned,
      format: { kind: 'text' },
      shard: 0,
      shards: 1,
      runId: 'run-1',
      after: null,
      repeats,
      signal: never,
    });
    return { target, planned, loader };
  }

  const kinds = `(id INTEGER PRIMARY KEY, big BIGINT, flag BOOLEAN, price DECIMAL(10,2), r REAL,
    d DATE, at DATETIME, name VARCHAR(10), body TEXT, bin BLOB)`;

  test('gives declared types as canonical texts', async () => {
    sql(`CREATE TABLE kinds ${kinds};
      INSERT INTO kinds VALUES (1, 9223372036854775807, 1, 12.5, 1e300, '2026-01-31',
        '2026-01-31T23:59:59.500Z', 'tab\there', 'line' || char(10) || 'two\\', x'00ff');
      INSERT INTO kinds VALUES (2, NULL, 'false', NULL, NULL, 1769817600, 1769817600123, '', NULL, 'text');`);
    const { columns, rows } = await readAll('kinds');
    assert.deepEqual(
      columns.map(({ type }) => type.kind),
      [
        'int64',
        'int64',
        'bool',
        'decimal',
        'float64',
        'date',
        'timestamp',
        'varchar',
        'text',
        'bytes',
      ],
    );
    assert.deepEqual(rows, [
      [
        '1',
        '9223372036854775807',
        't',
        '12.5',
        '1e+300',
        '2026-01-31',
        '2026-01-31 23:59:59.5',
        'tab\there',
        'line\ntwo\\',
        '\\x00ff',
      ],
      [
        '2',
        null,
        'f',
        null,
        null,
        '2026-01-31',
        '2026-01-31 00:00:00.123',
        '',
        null,
        '\\x74657874',
      ],
    ]);
  });

  test('what was read is what is written', async () => {
    sql(`CREATE TABLE kinds ${kinds}; CREATE TABLE copies ${kinds};
      INSERT INTO kinds VALUES (1, -9223372036854775808, 0, 12.5, 0.1, '2026-01-31',
        '2026-01-31 23:59:59', 'n', 'b', x'00ff'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);`);
    const { columns, rows } = await readAll('kinds');
    const { target, planned, loader } = await open('copies', {}, columns);
    await loader.write(batchOf(rows));
    await loader.prepareCommit();
    await loader.commit();
    await loader.close();
    await target.finish([planned], 'run-1');
    await target.close();
    assert.deepEqual(all('SELECT * FROM copies'), all('SELECT * FROM kinds'));
    assert.deepEqual(all(`SELECT name FROM sqlite_schema WHERE name LIKE '%cdm%'`), []);
  });

  test('a bad row refuses its batch and is named; the others of the chunk stay', async () => {
    sql('CREATE TABLE small (id INTEGER PRIMARY KEY, n INT NOT NULL, f REAL)');
    const { target, loader } = await open('small');
    await loader.write(batchOf([['1', '1', '0.5']]));
    for (const [row, words] of [
      [['2', 'x', '1'], /column n: "x" is no whole number/],
      [['2', null, '1'], /NOT NULL/],
      [['2', '99999999999999999999', '1'], /out of range/],
      [['2', '1', 'y'], /column f/],
      [['1', '1', '1'], /UNIQUE/],
    ] as const) {
      await assert.rejects(
        loader.write(batchOf([['7', '7', null], row, ['8', '8', null]])),
        (error) => {
          assert.ok(error instanceof RowsRefused);
          assert.equal(error.row, 1);
          assert.match(error.message, words);
          return true;
        },
      );
    }
    await loader.prepareCommit();
    await loader.commit();
    await loader.close();
    await target.close();
    assert.deepEqual(all('SELECT id FROM small'), [[1n]]);
  });

  test('conflict modes, and rows that are repeated', async () => {
    sql(`CREATE TABLE keyed (id INTEGER PRIMARY KEY, v TEXT, extra TEXT DEFAULT 'd');`);
    const expected = {
      replace: [
        [1n, 'new', 'd'],
        [2n, 'two', 'd'],
      ],
      update: [
        [1n, 'new', 'kept'],
        [2n, 'two', 'd'],
      ],
      insert: [
        [1n, 'old', 'kept'],
        [2n, 'two', 'd'],
      ],
    } as const;
    for (const conflict of ['replace', 'update', 'insert'] as const) {
      sql(`DELETE FROM keyed; INSERT INTO keyed VALUES (1, 'old', 'kept');`);
      const { target, planned, loader: first } = await open('keyed', { conflict });
      await first.close();
      const loader = await target.open({
        table: { ...planned, columns: planned.columns.slice(0, 2) },
        format: { kind: 'text' },
        shard: 0,
        shards: 1,
        runId: 'run-1',
        after: null,
        repeats: conflict === 'insert',
        signal: never,
      });
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
      assert.equal(counts.updated, conflict === 'insert' ? 0 : 1);
      assert.deepEqual(all('SELECT * FROM keyed ORDER BY id'), expected[conflict]);
    }
  });

  test('tells what became of a commit', async () => {
    sql('CREATE TABLE marked (id INTEGER PRIMARY KEY)');
    const { target, loader } = await open('marked');
    await loader.write(batchOf([['1']]));
    const committed = await loader.prepareCommit();
    await loader.commit();
    await loader.write(batchOf([['2']]));
    const lost = await loader.prepareCommit();
    await loader.close();
    assert.equal(await target.outcome(committed), 'committed');
    assert.equal(await target.outcome(lost), 'rolled-back');
    await target.close();
  });

  test('two writers take turns', async () => {
    sql('CREATE TABLE turns (id INTEGER PRIMARY KEY)');
    const { target, planned, loader: one } = await open('turns');
    const other = await target.open({
      table: planned,
      format: { kind: 'text' },
      shard: 1,
      shards: 2,
      runId: 'run-1',
      after: null,
      repeats: false,
      signal: never,
    });
    await one.write(batchOf([['1']]));
    const waiting = other.write(batchOf([['2']]));
    await one.prepareCommit();
    await one.commit();
    await waiting;
    await other.prepareCommit();
    await other.commit();
    await Promise.all([one.close(), other.close()]);
    await target.close();
    assert.deepEqual(all('SELECT id FROM turns'), [[1n], [2n]]);
  });

  test('a stage moves into its table', async () => {
    sql(
      `CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY, v TEXT UNIQUE); INSERT INTO "odd ""name" VALUES (1, 'a');`,
    );
    const name = 'odd "name';
    const to = { ...tableTarget(name), stage: true, conflict: 'update' } as const;
    const target = await connector.target(link, to, 'job', never);
    const { planned, target: plain, loader: unused } = await open(name);
    await unused.close();
    await plain.close();
    await target.prepare([planned], 'run-1');
    const loader = await target.open({
      table: planned,
      format: { kind: 'text' },
      shard: 0,
      shards: 1,
      runId: 'run-1',
      after: null,
      repeats: false,
      signal: never,
    });
    await loader.write(
      batchOf([
        ['1', 'b'],
        ['2', 'c'],
      ]),
    );
    await loader.prepareCommit();
    await loader.commit();
    await loader.close();
    assert.deepEqual(all(`SELECT v FROM "odd ""name"`), [['a']]);
    await target.finish([planned], 'run-1');
    await target.close();
    assert.deepEqual(all(`SELECT id, v FROM "odd ""name" ORDER BY id`), [
      [1n, 'b'],
      [2n, 'c'],
    ]);
    assert.deepEqual(all(`SELECT name FROM sqlite_schema WHERE name LIKE '%cdm%'`), []);
  });

  test('files outside the folder, and files that are no databases, are refused', async () => {
    mkdirSync(join(root, 'in'));
    writeFileSync(join(root, 'text.db'), 'this is no database, whatever its name says'.repeat(50));
    symlinkSync('/etc', join(root, 'out'));
    for (const [file, code] of [
      ['../shop.db', 'link-option'],
      ['/etc/shop.db', 'link-option'],
      ['out/shop.db', 'link-option'],
      ['', 'link-option'],
      ['nowhere/shop.db', 'link-unreachable'],
      ['text.db', 'link-unreachable'],
    ] as const) {
      await assert.rejects(connector.test({ ...link, file }, never), (error) => {
        assert.ok(error instanceof TransferError, String(error));
        assert.equal(error.code, code, `${file}: ${error.message}`);
        return true;
      });
    }
    await connector.test({ ...link, file: 'in/new.db' }, never);
    await assert.rejects(
      createSqliteConnector({ databaseRoot: null }).test(link, never),
      /switched off/,
    );
  });
});

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

function batchOf(rows: Rows): RowBatch {
  return { bytes: encodeRows(rows), rows: rows.length };
}
