import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { until } from '../support/until.ts';
import {
  definition,
  fromFiles,
  fromTable,
  rowsOf,
  seedSqlite,
  toFiles,
  toTable,
  type TransferServer,
  transferServer,
} from './transfers/harness.ts';

const tolerant = { tolerate: true, maxPerShard: 1_000, maxPercent: null, copyTo: null } as const;

describe('data jobs', () => {
  let server: TransferServer;
  const tasks: (() => void | Promise<void>)[] = [];
  let count = 0;

  before(async () => {
    server = await transferServer({ after: (task) => tasks.push(task) });
    seedSqlite(file('from.db'), 'orders', 2_000);
    await server.sqlite('source', 'from.db');
    await server.sqlite('target', 'to.db');
    await server.link('files', { kind: 'local', share: 'files' });
  });
  after(async () => {
    for (const task of tasks.toReversed()) await task();
  });

  const file = (name: string): string => join(server.databases, name);
  const fresh = (): string => `t${(count += 1)}`;
  const target = (sql: string): readonly string[] => rowsOf(file('to.db'), sql);
  const source = (sql: string): readonly string[] => rowsOf(file('from.db'), sql);
  const inTarget = (sql: string): void => {
    const database = new Sqlite(file('to.db'));
    database.exec(sql);
    database.close();
  };
  const run = async (
    parts: Parameters<typeof definition>[0],
    expected: 'succeeded' | 'failed' = 'succeeded',
  ): Promise<string> => {
    const id = await server.call('submit', { definition: definition(parts) });
    const { state } = await server.over(id);
    assert.equal(state, expected, await server.story(id));
    return id;
  };

  test('a table moves, is proved, and its report stays', async () => {
    const table = fresh();
    const job = { from: fromTable('source', 'orders'), to: toTable('target', table) };
    const plan = await server.call('plan', definition(job));
    assert.equal(plan.tables[0]?.source, 'orders');
    assert.equal(plan.tables[0]?.target, table);
    assert.equal(plan.tables[0]?.columns.length, 7);
    assert.match(plan.tables[0]?.statements.join('\n') ?? '', /create table/i);
    const id = await run(job);
    assert.deepEqual(target(`select * from ${table}`), source('select * from orders'));
    const report = await server.report(id);
    assert.equal(report.phase, 'done');
    assert.equal(report.percent, 100);
    assert.equal(report.counters.rowsRead, 2_000);
    assert.equal(report.counters.rowsWritten, 2_000);
    assert.equal(report.counters.bytesRead, null);
    assert.ok(['match', 'counts-only'].includes(report.proof?.outcome ?? ''));
    assert.deepEqual(report.resumes, []);
    // Secrets of links lie nowhere any more.
    const folder = join(server.folder, 'data', 'transfers', 'runs', id);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('work')),
      [],
    );
  });

  test('several workers share a table', async () => {
    const table = fresh();
    const id = await run({
      from: fromTable('source', 'orders', { partitionColumn: 'id' }),
      to: toTable('target', table),
      extractors: 3,
    });
    assert.deepEqual(target(`select * from ${table}`), source('select * from orders'));
    assert.ok((await server.report(id)).chunksTotal >= 3);
  });

  test('columns are mapped, added, converted', async () => {
    const table = fresh();
    await run({
      from: fromTable('source', 'orders', { columns: ['id', 'name', 'origin', 'both'] }),
      to: toTable('target', table, { columns: ['nr', 'title', 'von', 'mix'] }),
      addedFields: [
        { name: 'origin', value: 'shop' },
        { name: 'both', value: '#{StringUtils.upperCase(row[1])}' },
      ],
      converters: [{ column: 'name', type: 'REVERSE', params: {} }],
    });
    const database = new Sqlite(file('to.db'), { readonly: true });
    const row = database.prepare(`select * from ${table} where nr = 21`).get();
    database.close();
    assert.deepEqual(row, { nr: 21, title: '12 eman', von: 'shop', mix: 'NAME 21' });
  });

  test('dirty rows are kept with their reasons and copied', async () => {
    const table = fresh();
    inTarget(`create table ${table} (id integer primary key, name text check (id % 100 <> 0))`);
    const id = await run({
      from: fromTable('source', 'orders', { columns: ['id', 'name'] }),
      to: toTable('target', table, { preparation: 'none' }),
      dirtyRows: { ...tolerant, copyTo: { link: 'files', bucket: '', directory: 'dirty' } },
    });
    const { rows, total } = await server.call('quarantine', { id, after: 0, limit: 5 });
    assert.equal(total, 20);
    assert.equal(rows.length, 5);
    assert.deepEqual(rows[0]?.fields, ['100', 'name 100']);
    assert.match(rows[0]?.reason ?? '', /check/i);
    const report = await server.report(id);
    assert.equal(report.counters.rowsRejected, 20);
    assert.equal(report.counters.rowsWritten, 1_980);
    assert.equal(target(`select * from ${table}`).length, 1_980);
    const copied = readFileSync(join(server.files, 'dirty', 'job', id, 'shard_0.csv'), 'utf8');
    assert.equal(copied.trimEnd().split('\n').length, 20);
    assert.match(copied, /^100,name 100,/);
  });

  test('too many dirty rows, or one that is not tolerated, fail the job and name the row', async () => {
    const limits = [
      { ...tolerant, maxPerShard: 3 },
      { ...tolerant, maxPercent: 0.5 },
      { ...tolerant, tolerate: false },
    ];
    for (const dirtyRows of limits) {
      const table = fresh();
      inTarget(`create table ${table} (id integer primary key, name text check (id % 100 <> 0))`);
      const id = await run(
        {
          from: fromTable('source', 'orders', { columns: ['id', 'name'] }),
          to: toTable('target', table, { preparation: 'none' }),
          dirtyRows,
        },
        'failed',
      );
      const { error, phase } = await server.report(id);
      assert.equal(phase, 'failed');
      assert.equal(error?.code, dirtyRows.tolerate ? 'dirty-limit' : 'write-failed');
      assert.match(error?.message ?? '', dirtyRows.tolerate ? /dirty/ : /row 100/);
      // Failed for good: nobody tried again.
      const instances = await server.call('instances', id);
      assert.deepEqual(
        instances.map(({ attempts }) => attempts.length),
        [1],
      );
      const { message } = await server.call('run', id);
      assert.ok(message.includes(error?.message.slice(0, 40) ?? '-'), message);
    }
  });

  test('a dirty row of one of many files names its own file and its row there', async () => {
    const folder = fresh();
    const table = fresh();
    mkdirSync(join(server.files, folder));
    // Small files share a chunk.
    writeFileSync(join(server.files, folder, 'one.csv'), '1,a\n2,b\n3,c\n');
    writeFileSync(join(server.files, folder, 'two.csv'), '4,d\n100,e\n6,f\n');
    writeFileSync(join(server.files, folder, 'wide.csv'), '200,g\n');
    inTarget(`create table ${table} (id integer primary key, name text check (id % 100 <> 0))`);
    const id = await run({
      from: fromFiles('files', folder),
      to: toTable('target', table, { preparation: 'none' }),
      dirtyRows: tolerant,
    });
    const { rows } = await server.call('quarantine', { id, after: 0, limit: 5 });
    assert.deepEqual(
      rows.map(({ fields, where }) => [fields[0], where]),
      [
        ['100', `${folder}/two.csv, row 2`],
        ['200', `${folder}/wide.csv, row 1`],
      ],
    );
  });

  test('tables to CSV files and back', async () => {
    const folder = fresh();
    const table = fresh();
    const csvId = await run({
      from: fromTable('source', 'orders', { columns: ['id', 'big', 'price', 'name'] }),
      to: toFiles('files', folder),
    });
    const names = readdirSync(join(server.files, folder));
    assert.equal(names.length, 1);
    const report = await server.report(csvId);
    assert.equal(report.counters.filesWritten, 1);
    assert.ok((report.counters.bytesWritten ?? 0) > 0);
    inTarget(
      `create table ${table} (id integer primary key, big bigint, price decimal(12,2), name text)`,
    );
    const id = await run({
      from: fromFiles('files', folder),
      to: toTable('target', table, { preparation: 'none' }),
    });
    assert.deepEqual(
      target(`select * from ${table}`),
      source('select id, big, price, name from orders'),
    );
    const { counters } = await server.report(id);
    assert.equal(counters.filesTotal, 1);
    assert.equal(counters.filesRead, 1);
    assert.equal(counters.bytesRead, counters.bytesTotal);
  });

  test('files of tables without rows count, and those that were there already do not', async () => {
    const folder = fresh();
    const write = async (where: string | null): Promise<readonly (number | null)[]> => {
      const to = toFiles('files', folder);
      const id = await run({
        from: fromTable('source', 'orders', { columns: ['id', 'name'], where }),
        to: { ...to, duplicates: 'skip' },
      });
      const { filesWritten, filesSkipped } = (await server.report(id)).counters;
      return [filesWritten, filesSkipped];
    };
    assert.deepEqual(await write('id < 0'), [1, 0]);
    const [name = ''] = readdirSync(join(server.files, folder));
    assert.equal(readFileSync(join(server.files, folder, name), 'utf8'), '');
    assert.deepEqual(await write('id = 7'), [1, 0]);
    assert.deepEqual(await write('id = 7'), [0, 1]);
    assert.deepEqual(await write('id = 77'), [1, 0]);
    assert.equal(readFileSync(join(server.files, folder, name), 'utf8'), '77,name 77\n');
  });

  test('CSV files become CSV files as they stand, empty fields and empty texts apart', async () => {
    const from = fresh();
    const to = fresh();
    const text = 'a,,b\nc,"",d\n"e\n,",f,\n';
    mkdirSync(join(server.files, from));
    writeFileSync(join(server.files, from, 'one.csv'), text);
    await run({ from: fromFiles('files', from), to: toFiles('files', to) });
    const [name = ''] = readdirSync(join(server.files, to));
    assert.equal(readFileSync(join(server.files, to, name), 'utf8'), text);
  });

  test('a header whose names the table lacks gives its columns in their order', async () => {
    const folder = fresh();
    mkdirSync(join(server.files, folder));
    const csv = { ...fromFiles('files', folder), paths: [folder] };
    const format = { ...csv.format, headerLines: 1 } as typeof csv.format;
    const load = async (header: string, columns: string): Promise<readonly string[]> => {
      const table = fresh();
      writeFileSync(join(server.files, folder, 'one.csv'), `${header}\n1,x\n`);
      inTarget(`create table ${table} (${columns})`);
      await run({
        from: { ...csv, format },
        to: toTable('target', table, { preparation: 'none' }),
      });
      return target(`select * from ${table}`);
    };
    assert.deepEqual(await load('Nr,Title', 'id integer primary key, name text'), ['1|x']);
    assert.deepEqual(await load('ID,Name', 'name text, id integer primary key'), ['x|1']);
  });

  test('files are copied as they are', async () => {
    const from = fresh();
    const to = fresh();
    mkdirSync(join(server.files, from, 'deep', 'er'), { recursive: true });
    const contents = { 'a.bin': 'a'.repeat(3_000_000), 'deep/b.bin': 'b', 'deep/er/c.bin': '' };
    for (const [name, text] of Object.entries(contents)) {
      writeFileSync(join(server.files, from, name), text);
    }
    const job = {
      from: fromFiles('files', from, { format: { kind: 'binary' } }),
      to: toFiles('files', to, { format: { kind: 'binary' } }),
      extractors: 2,
    };
    assert.equal((await server.call('plan', definition(job))).tables[0]?.format, 'binary');
    const id = await run(job);
    for (const [name, text] of Object.entries(contents)) {
      assert.equal(readFileSync(join(server.files, to, name), 'utf8'), text);
    }
    const { counters } = await server.report(id);
    assert.deepEqual(
      [counters.filesTotal, counters.filesRead, counters.filesWritten, counters.bytesWritten],
      [3, 3, 3, 3_000_001],
    );
    assert.equal(counters.rowsRead, null);
  });

  test('of a whole database one table fails and the others go on', async () => {
    const database = new Sqlite(file('whole.db'));
    database.exec(
      `create table one (id integer primary key); insert into one values (1), (2);
       create table two (id integer primary key); insert into two values (1), (2), (3);
       create table three (id integer primary key); insert into three values (7)`,
    );
    database.close();
    const other = new Sqlite(file('whole-to.db'));
    other.exec('create table two (id integer primary key check (id < 3))');
    other.close();
    await server.sqlite('whole', 'whole.db');
    await server.sqlite('whole-to', 'whole-to.db');
    const id = await run(
      {
        from: fromTable('whole', '', { wholeDatabase: true }),
        to: toTable('whole-to', ''),
        concurrentTables: 2,
      },
      'failed',
    );
    assert.equal(rowsOf(file('whole-to.db'), 'select * from one').length, 2);
    assert.equal(rowsOf(file('whole-to.db'), 'select * from three').length, 1);
    const report = await server.report(id);
    assert.match(report.error?.message ?? '', /1 of 3 tables failed: two/);
    assert.deepEqual(report.tables.map(({ source: name, state }) => [name, state]).toSorted(), [
      ['one', 'done'],
      ['three', 'done'],
      ['two', 'failed'],
    ]);
  });

  test('a stop ends it within seconds and leaves nothing open', async () => {
    const table = fresh();
    const id = await server.call('submit', {
      definition: definition({
        from: fromTable('source', 'orders'),
        to: toTable('target', table),
        throttle: { bytesPerSecond: null, rowsPerSecond: 1 },
      }),
    });
    await until('it loads', async () => (await server.call('report', id))?.phase === 'loading');
    const pids = await server.workers(id);
    assert.equal(pids.length, 1);
    await server.call('stop', id);
    const { state } = await server.over(id, 15_000);
    assert.equal(state, 'canceled');
    const report = await server.report(id);
    assert.equal(report.error?.code, 'stopped');
    assert.ok(!existsSync(`/proc/${pids[0]}`));
    assert.deepEqual(target(`select * from ${table}`), []);
  });

  test('a stop while its workers wait for a retry ends it, and its stage goes', async () => {
    const table = fresh();
    const id = await server.call('submit', {
      definition: definition({
        from: fromTable('source', 'orders'),
        to: toTable('target', table, { stage: true }),
        throttle: { bytesPerSecond: null, rowsPerSecond: 1 },
      }),
      backoffMs: 600_000,
    });
    const tables = (): readonly string[] =>
      target(`select name from sqlite_master where type = 'table' and name like '%${table}%'`);
    await until('it loads', async () => (await server.call('report', id))?.phase === 'loading');
    assert.equal(tables().length, 2);
    for (const pid of await server.workers(id)) process.kill(pid, 'SIGKILL');
    await until('no worker is left', async () => (await server.workers(id)).length === 0);
    await server.call('stop', id);
    assert.equal((await server.over(id)).state, 'canceled');
    await until('its stage is gone', () => tables().length === 1);
    await until('it is told', async () => (await server.report(id)).error?.code === 'stopped');
    assert.match((await server.report(id)).error?.message ?? '', /stopped by tester/);
  });

  test('what is wrong with a job is said before anything is done', async () => {
    const cases = [
      { from: fromTable('source', 'nowhere'), to: toTable('target', 'x'), code: 'table-missing' },
      {
        from: fromTable('source', 'orders', { columns: ['id', 'colour'] }),
        to: toTable('target', 'x'),
        code: 'column-mismatch',
      },
      { from: fromFiles('files', 'nowhere'), to: toTable('target', 'x'), code: 'path-missing' },
    ] as const;
    for (const { from, to, code } of cases) {
      const id = await run({ from, to }, 'failed');
      assert.equal((await server.report(id)).error?.code, code);
    }
    await assert.rejects(
      server.call(
        'plan',
        definition({ from: fromTable('nobody', 'a'), to: toTable('target', 'x') }),
      ),
      /link nobody does not exist/,
    );
  });

  test('macros are resolved for the run', async () => {
    const other = fresh();
    await run({
      from: fromTable('source', 'orders', {
        columns: ['id', 'made'],
        where: "id < 3 and '${tableName}' = 'orders'",
      }),
      to: toTable('target', other),
      addedFields: [{ name: 'made', value: 'from ${tableName} of ${custom(fromLinkName)}' }],
    });
    assert.deepEqual(target(`select made from ${other} limit 1`), ['from orders of source']);
  });

  test('a job that cannot be done as it stands fails at once', async () => {
    const macro = await run(
      {
        from: fromTable('source', 'orders', { where: "name = '${who}'" }),
        to: toTable('target', 'x'),
      },
      'failed',
    );
    const report = await server.report(macro);
    assert.equal(report.error?.code, 'variable-missing');
    assert.match(report.error.message, /variable who has no value/);
    const instances = await server.call('instances', macro);
    assert.deepEqual(
      instances.map(({ attempts }) => attempts.length),
      [1],
    );
    const link = await run(
      { from: fromTable('nobody', 'orders'), to: toTable('target', 'x') },
      'failed',
    );
    assert.match((await server.report(link)).error?.message ?? '', /link nobody does not exist/);
  });

  test('an error is tried again as often as the job says, and rows stay where they are', async () => {
    const table = fresh();
    inTarget(`create table ${table} (id integer primary key)`);
    const started = Date.now();
    const id = await run(
      {
        from: fromTable('source', 'orders', { columns: ['id'], where: 'no_such_function(id)' }),
        to: toTable('target', table, { preparation: 'none' }),
        proof: 'none',
        errorRetries: 2,
        retryDelaysMs: [300, 600],
      },
      'failed',
    );
    assert.ok(Date.now() - started >= 900);
    const story = await server.story(id);
    assert.match(story, /tried again in 300 ms[\s\S]*tried again in 600 ms[\s\S]*failed:/);
  });
});
