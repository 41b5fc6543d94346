/** Tables to files and back: bytes that pass between a database and files mean the same to both. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TableSource, TableTarget } from '../../../src/domain/transfer/definition.ts';
import type {
  PlannedTable,
  ReadRequest,
  RowFormat,
  RowSource,
  RowTarget,
  SourceTable,
} from '../../../src/ports/connector.ts';
import { missingPostgres } from '../../support/postgres.ts';
import {
  csv,
  json,
  loaderOf,
  look,
  never,
  openStore,
  plant,
  sourceOf,
  targetOf,
} from './files-adapter.ts';
import { adapter as local } from './files-local-adapter.ts';
import { adapter as postgres } from './postgres-adapter.ts';

const reason = missingPostgres();
const options = reason === null ? {} : { skip: reason };

const table = (name: string): TableSource => ({
  kind: 'tables',
  link: 'db',
  schema: 'public',
  table: name,
  wholeDatabase: false,
  columns: null,
  where: null,
  partitionColumn: null,
  partitionColumnNullable: false,
  tablePartitions: null,
  bytesEncoding: 'utf-8',
});
const into = (name: string): TableTarget => ({
  kind: 'table',
  link: 'db',
  schema: 'public',
  table: name,
  columns: null,
  preparation: 'none',
  clear: { kind: 'none' },
  conflict: 'insert',
  stage: false,
  characterFactor: 1,
  keepNotNull: true,
  before: null,
  after: null,
});

const textKinds = ['text', 'varchar', 'char'];

/** Moves the one table of a source. @returns the format in which rows went. */
async function move(
  source: RowSource,
  target: RowTarget,
  runId: string,
): Promise<RowFormat['kind']> {
  const [from] = await source.tables();
  assert.ok(from);
  const plan = await planOf(from, target);
  const given = source.formats(from.columns);
  const taken = target.formats(plan);
  const format = taken.find(
    ({ kind }) => kind === given.find((own) => taken.some((other) => other.kind === own)),
  );
  assert.ok(format);
  await target.prepare([plan], runId);
  const loader = await target.open(loaderOf(plan, { format, runId }));
  for (const chunk of await source.chunks(from, { shards: 1, fine: false, chunkRows: 1000 })) {
    const request: ReadRequest = {
      table: from,
      columns: from.columns,
      chunk,
      position: null,
      format,
      emptyTexts: plan.columns.map(({ target: { type } }) => textKinds.includes(type.kind)),
      batchBytes: 4096,
      signal: never,
    };
    for await (const batch of source.read(request)) {
      assert.deepEqual(batch.rejected ?? [], []);
      await loader.write(batch);
    }
  }
  await loader.prepareCommit();
  await loader.commit();
  await loader.close();
  await target.finish([plan], runId);
  await source.close();
  await target.close();
  return format.kind;
}

async function planOf(source: SourceTable, target: RowTarget): Promise<PlannedTable> {
  const there = await target.look(source);
  return {
    index: 0,
    source,
    target: there.name,
    columns: source.columns.map((column, place) => ({
      source: column,
      target: there.columns?.[place] ?? target.columnFor(column),
    })),
  };
}

describe('PostgreSQL and files', options, () => {
  test('tables go to files and come back the same', async (context) => {
    const files = await local.open();
    const database = await postgres.open();
    context.after(() => Promise.all([files.close(), database.close()]));
    await database.run(`create table t (id bigint primary key, ok boolean, n numeric(20,4), f float8,
      at timestamp, d date, name varchar(40) not null, note text)`);
    await database.run(`insert into t select i, i % 3 = 0, i / 7.0, case when i % 5 = 0 then 'NaN' else i * 1.5 end,
      timestamp '2026-01-31 23:59:59.12' + i * interval '1 s', date '2026-01-01' + i % 365,
      case i % 4 when 0 then '' when 1 then 'a,b "c"' when 2 then E'zwei\\nZeilen' else '\\N' || i end,
      case i % 6 when 0 then null when 1 then E'\\\\.' when 2 then '漢字' when 3 then E'tab\\there' else ' x ' end
      from generate_series(1, 3000) i`);
    await database.run(
      `update t set ok = null, n = null, f = null, at = null, d = null where id % 11 = 0`,
    );
    const all = 'select * from t order by id';
    const expected = await database.run(all);
    const variants = [
      { format: { ...csv, lineSeparator: '\n' }, nulls: '' },
      { format: { ...csv, lineSeparator: '\r\n', fieldSeparator: ';' }, nulls: '' },
      { format: { ...csv, lineSeparator: '\r', headerLines: 1 }, nulls: '' },
      // Without a word for NULL an empty text and NULL are the same.
      {
        format: { ...csv, lineSeparator: '\n', encoding: 'utf-16le' },
        nulls: '\\N',
      },
      { format: { ...csv, lineSeparator: '\n' }, nulls: '\\N' },
      { format: json, nulls: '' },
    ] as const;
    for (const [number, { format, nulls }] of variants.entries()) {
      const directory = `v${number}`;
      const source = await database.connector.source(database.link, table('t'), never);
      const to = targetOf({ directory, format, nulls });
      const target = await files.connector.target(files.link, to, 'job', never);
      assert.equal(await move(source, target, `out${number}`), 'text');

      await database.run('create table u (like t)');
      const back = await files.connector.source(
        files.link,
        sourceOf({
          paths: [directory],
          format: { ...format, ...(format.kind === 'csv' ? { lineSeparator: null } : {}) },
        }),
        never,
      );
      const again = await database.connector.target(database.link, into('u'), 'job', never);
      await move(back, again, `in${number}`);
      const read = await database.run('select * from u order by id');
      // cdm.md §5.9: NULL is written as nothing, and nothing is an empty text where texts are kept.
      const told = nulls === '\\N' || format.kind === 'json';
      const wanted = told ? expected : expected.map((row) => [...row.slice(0, 7), row[7] ?? '']);
      assert.deepEqual(read, wanted, `variant ${number}`);
      await database.run('drop table u');
    }
  });

  test('a file of the plainest kind, as other programs write it, is loaded', async (context) => {
    const files = await local.open();
    const database = await postgres.open();
    context.after(() => Promise.all([files.close(), database.close()]));
    const store = await openStore(files);
    await plant(store, 'in/a.csv', '1,5" pipe,\r\n2,,7\r\n3,\\.,8\r\n\u0034,\\N,\\N\r\n');
    await database.run('create table u (id int, name text, n int)');
    const source = await files.connector.source(
      files.link,
      sourceOf({ format: { ...csv, quoted: false } }),
      never,
    );
    const target = await database.connector.target(database.link, into('u'), 'job', never);
    assert.equal(await move(source, target, 'r1'), 'csv');
    assert.deepEqual(await database.run('select * from u order by id'), [
      ['1', '5" pipe', null],
      ['2', '', '7'],
      ['3', '\\.', '8'],
      ['4', null, null],
    ]);
    assert.ok(await look(store, 'in/a.csv'));
  });

  test('what is empty or NULL in a file is so in columns of texts and of others', async (context) => {
    const files = await local.open();
    const database = await postgres.open();
    context.after(() => Promise.all([files.close(), database.close()]));
    const store = await openStore(files);
    await database.run(
      'create table u (id int, name text, code varchar(9), n numeric, ok boolean, j jsonb, u uuid)',
    );
    const plainRows = [
      '1,a,b,2,t,{},',
      '2,,,,,,',
      '3,"","","","","",""',
      '4,"""","x,\r\n",1,,"[]",',
    ];
    const nullRows = ['5,\\N,\\N,\\N,\\N,\\N,\\N', '6,"\\N",,,,,'];
    const expected = [
      ['1', 'a', 'b', '2', 't', '{}', null],
      ['2', '', '', null, null, null, null],
      ['3', '', '', null, null, null, null],
      ['4', '"', 'x,\r\n', '1', null, '[]', null],
      ['5', null, null, null, null, null, null],
      ['6', '\\N', '', null, null, null, null],
    ];
    // Records that pass as they are, and all those that do not.
    const contents: readonly (readonly [records: readonly string[], lineEnd: string])[] = [
      [plainRows, '\n'],
      [plainRows, '\r\n'],
      [[...plainRows, ...nullRows], '\n'],
      [[...plainRows, ...nullRows], '\r\n'],
    ];
    for (const [number, [records, lineEnd]] of contents.entries()) {
      const path = `empty${number}/a.csv`;
      await plant(store, path, records.map((record) => record + lineEnd).join(''));
      const from = sourceOf({ paths: [path], format: csv });
      const source = await files.connector.source(files.link, from, never);
      const target = await database.connector.target(database.link, into('u'), 'job', never);
      assert.equal(await move(source, target, `empty${number}`), 'csv');
      const loaded = await database.run('select * from u order by id');
      assert.deepEqual(loaded, expected.slice(0, records.length), path);
      await database.run('truncate u');
    }
  });
});
