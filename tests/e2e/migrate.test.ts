import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import type { PlanView, TransferStatus } from '../../src/dialects/native/views/transfer-report.ts';
import { missingPostgres, testPostgres, type TestPostgres } from '../support/postgres.ts';
import { startProgram, type Program } from '../support/program.ts';
import { dataFolder, type RunningServer, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');
const skipPostgres = missingPostgres() ?? false;
/** A transfer starts processes; other tests run beside this one. */
const patienceMs = 90_000;

suite('longshore migrate against a real server', () => {
  let server: RunningServer;
  let databases: string;
  let files: string;
  let postgres: TestPostgres | null = null;
  let postgresUrl = '';
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    const folder = await dataFolder(cleanup);
    databases = join(folder, 'databases');
    files = join(folder, 'files');
    await mkdir(databases);
    await mkdir(files);
    server = await startServer(cleanup, join(folder, 'data'), [
      '--set',
      `transfers.databases=${databases}`,
      '--set',
      `transfers.shares=${JSON.stringify([{ name: 'exchange', folder: files }])}`,
    ]);
    seed(join(databases, 'shop.db'));
    await run(['links', 'create', 'shop', 'sqlite:shop.db', '--test']);
    await run(['links', 'create', 'back', 'sqlite:back.db']);
    await run(['links', 'create', 'exchange', 'local:exchange', '--test']);
    if (skipPostgres === false) {
      postgres = await testPostgres();
      postgresUrl = await postgres.database('migrate_cli');
      const host = new URL(postgresUrl).searchParams.get('host') ?? '';
      const address = `postgres:///migrate_cli?host=${encodeURIComponent(host)}&user=postgres&tls=off`;
      await run(['links', 'create', 'pg', address, '--test']);
    }
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
    await postgres?.stop();
  });

  const start = (args: readonly string[]): Program =>
    startProgram(cleanup, main, [...args, '--data', server.dataDir]);
  const ended = async (args: readonly string[]) => {
    const program = start(args);
    const { code } = await program.ended(patienceMs);
    return { code, out: program.lines.join('\n'), err: program.stderr() };
  };
  const run = async (args: readonly string[]): Promise<string> => {
    const { code, out, err } = await ended(args);
    assert.equal(code, 0, `${args.join(' ')}: ${out}\n${err}`);
    return out;
  };
  const migrate = async (...args: readonly string[]): Promise<TransferStatus> =>
    JSON.parse(await run(['migrate', ...args, '--json'])) as TransferStatus;
  const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: postgresUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  test(
    'SQLite to CSV to PostgreSQL and back: every row arrives',
    { skip: skipPostgres },
    async () => {
      const written = await migrate('shop:orders', 'exchange:out/orders.csv', '--nulls', '\\N');
      assert.equal(written.report?.counters.rowsWritten, rowsSeeded);
      const text = await readFile(join(files, 'out', 'orders.csv'), 'utf8');
      assert.equal(text.split('\n')[0], 'id,customer,price,note');

      await query(
        'create table orders (id bigint primary key, customer varchar(50) not null, price numeric(12,2), note text)',
      );
      const loaded = await migrate(
        'exchange:out/orders.csv',
        'pg:public.orders',
        '--extractors',
        '2',
      );
      assert.equal(loaded.state, 'succeeded');
      assert.equal(loaded.report?.counters.rowsWritten, rowsSeeded);
      assert.equal(loaded.report?.proof?.tables[0]?.targetRows, rowsSeeded);

      const back = await migrate('pg:public.orders', 'back:orders', '--create');
      assert.equal(back.report?.counters.rowsWritten, rowsSeeded);
      const all = 'select id, customer, price, note from orders order by id';
      const arrived = rowsOf(join(databases, 'back.db'), all);
      const sent = rowsOf(join(databases, 'shop.db'), all);
      assert.deepEqual(
        sent.filter((row, index) => row !== arrived[index]).slice(0, 3),
        [],
        'rows that differ',
      );
      assert.equal(arrived.length, sent.length);
    },
  );

  test(
    'a second load meets its own rows: updated by key, rejected without a mode',
    { skip: skipPostgres },
    async () => {
      await query(
        'create table twice (id bigint primary key, customer text, price numeric(12,2), note text)',
      );
      await migrate('shop:orders', 'pg:public.twice');
      const again = await migrate('shop:orders', 'pg:public.twice', '--conflict', 'update');
      assert.equal(again.state, 'succeeded');
      const [counted] = await query('select count(*)::int as rows from twice');
      assert.equal(counted?.['rows'], rowsSeeded);
      const refused = await ended(['migrate', 'shop:orders', 'pg:public.twice']);
      assert.equal(refused.code, 1);
      assert.match(refused.out, /failed: .*(duplicate|unique)/i);
    },
  );

  test('a dry run tells tables, types and statements, and does nothing', async () => {
    const args = ['migrate', 'shop:orders', 'back:planned', '--create', '--dry-run'];
    const plan = JSON.parse(await run([...args, '--json'])) as PlanView;
    assert.equal(plan.tables[0]?.source, 'orders');
    assert.deepEqual(
      plan.tables[0]?.columns.map(({ target }) => target),
      ['id', 'customer', 'price', 'note'],
    );
    assert.match(plan.tables[0]?.statements.join('\n') ?? '', /create table/i);
    const words = await run(args);
    for (const told of [
      /orders -> planned/,
      /varchar\(50\)/,
      /create table/i,
      /Nothing was changed/,
    ]) {
      assert.match(words, told);
    }
    const file = join(databases, 'back.db');
    const made = "select name from sqlite_schema where name = 'planned'";
    assert.deepEqual(existsSync(file) ? rowsOf(file, made) : [], []);
    const missing = await ended(['migrate', 'shop:nothing', 'back:planned', '--dry-run']);
    assert.equal(missing.code, 1);
    assert.match(missing.err, /nothing/);
  });

  test('dirty rows are quarantined with their reasons, up to the limit', async () => {
    const lines = ['id,amount', '1,10', 'x,20', '3,30', 'only one field', '5,50'];
    await writeFile(join(files, 'dirty.csv'), `${lines.join('\n')}\n`);
    const database = new Sqlite(join(databases, 'back.db'));
    database.exec('create table amounts (id integer primary key, amount integer) strict');
    database.close();

    const kept = await migrate('exchange:dirty.csv', 'back:amounts', '--max-dirty', '2');
    assert.equal(kept.report?.counters.rowsRejected, 2);
    assert.equal(kept.report?.counters.rowsWritten, 3);
    const listed = JSON.parse(await run(['quarantine', kept.runId, '--json'])) as {
      rows: { reason: string; fields: (string | null)[] }[];
      total: number;
    };
    assert.equal(listed.total, 2);
    assert.ok(listed.rows.some(({ fields }) => fields[0] === 'x' && fields[1] === '20'));
    assert.ok(listed.rows.every(({ reason }) => reason !== ''));
    const words = await run(['quarantine', kept.runId, '--limit', '1']);
    assert.match(words, /REASON/);
    assert.match(words, /1 of 2/);

    const failed = await ended([
      'migrate',
      'exchange:dirty.csv',
      'back:amounts',
      '--truncate',
      '--max-dirty',
      '1',
    ]);
    assert.equal(failed.code, 1);
    assert.match(failed.out, /failed: .*dirty\.csv/);
    assert.match(failed.out, /longshore quarantine manual-/);
  });

  test('Ctrl-C detaches: the run goes on, and can be followed and stopped', async () => {
    const program = start([
      'migrate',
      'shop:orders',
      'back:slow',
      '--create',
      '--rows-per-second',
      '50',
    ]);
    const id = await until(
      'the program follows its run',
      () => /following (\S+);/.exec(program.stderr())?.[1],
      patienceMs,
    );
    program.kill('SIGINT');
    assert.equal((await program.ended(patienceMs)).code, 130);
    assert.match(program.stderr(), new RegExp(`longshore migrate --attach ${id}`));
    const state = async (): Promise<string> =>
      (JSON.parse(await run(['runs', 'show', id, '--json'])) as { state: string }).state;
    assert.match(await state(), /queued|running/);
    await run(['stop', id]);
    const followed = await ended(['migrate', '--attach', id]);
    assert.equal(followed.code, 1);
    assert.match(followed.out, new RegExp(`${id}: canceled`));
  });

  test('what the command line says wrong is told with exit code 2, what the server refuses with 1', async () => {
    for (const [args, code, words] of [
      [['shop:orders'], 2, /FROM and TO/],
      [['shop:orders', 'back:x', '--extractors', 'many'], 2, /--extractors many/],
      [
        ['shop:orders', 'exchange:folder/', '--conflict', 'update'],
        2,
        /--conflict is for databases/,
      ],
      [['exchange:data', 'back:x'], 2, /--format/],
      [['shop:orders', 'back:x', '--conflict', 'perhaps'], 1, /definition\/to\/conflict/],
      [['nowhere:orders', 'back:x'], 1, /no link nowhere/],
    ] as const) {
      const result = await ended(['migrate', ...args]);
      assert.equal(result.code, code, result.err);
      assert.match(result.err, words);
      assert.equal(result.out, '');
    }
  });
});

const rowsSeeded = 2_500;

/** A table with values that are easy to get wrong. */
function seed(file: string): void {
  const database = new Sqlite(file);
  database.exec(`
    create table orders (id integer primary key, customer varchar(50) not null, price decimal(12,2), note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rowsSeeded})
    insert into orders select i, 'customer ' || i, printf('%d.25', i),
      case i % 4 when 0 then null when 1 then 'tab' || char(9) || '"quoted", line' || char(10) || 'next'
                 when 2 then 'back\\slash' else '' end from n`);
  database.close();
}

function rowsOf(file: string, sql: string): readonly string[] {
  const database = new Sqlite(file, { readonly: true });
  try {
    const rows = database.prepare(sql).raw(true).all() as unknown[][];
    return rows.map((row) => row.map((value) => (value === null ? '∅' : String(value))).join('|'));
  } finally {
    database.close();
  }
}
