/** Loads of buckets under `kill -9` of workers and of the server: nothing is lost, nothing is there twice. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { type ObjectServer, startObjectServer } from '../support/s3.ts';
import { needs } from '../support/tools.ts';
import { until, within } from '../support/until.ts';
import {
  type End,
  type Inputs,
  obsInputs,
  type RemoteProgram,
  type Row,
  startRemoteProgram,
} from './transfers-remote/program.ts';

const bucket = 'lake';
const rows = 60_000;
/** So that a load takes some seconds, and all kills find it at work. */
const rowsPerSecond = 4_000;
/** Rows that must have moved since the last kill. */
const step = 1_500;
/** Rows move in batches of about 1 MiB, so they must be large to move little by little. */
const filler = ' and more'.repeat(45);
/** Every so many rows one that the target refuses. */
const dirtyEvery = 5_000;
const deadlineMs = 90_000;

describe('loads of buckets that are killed', needs('moto_server'), () => {
  const closing = new Closing();
  let program: RemoteProgram;
  let store: ObjectServer;

  before(async () => {
    store = await startObjectServer(closing);
    await store.makeBucket(bucket);
    program = await startRemoteProgram(closing);
    program.within('shop', (db) => {
      db.exec(`create table orders (id integer primary key, n integer, name varchar(500));
        with recursive r(i) as (select 1 union all select i + 1 from r where i < ${rows})
        insert into orders select i, case when i % ${dirtyEvery} = 0 then -1 else i % 1000 end, 'row, ' || i || '${filler}' from r`);
    });
    for (const name of ['shop', 'copy']) await program.sqlite(name);
    await program.link('obs', 'obs-connector', obsInputs(store.endpoint));
  });
  after(() => closing.close());

  const driver = (more: Inputs = {}): Inputs => ({
    'throttlingConfig.numExtractors': '2',
    'throttlingConfig.throttling': 'true',
    'throttlingConfig.recordRate': String(rowsPerSecond),
    ...more,
  });

  /** Runs a job; each victim dies once rows have moved on since the last one. */
  async function killed(
    from: End,
    to: End,
    victims: readonly ('worker' | 'server' | 'all')[],
    more: Inputs = {},
  ): Promise<Row> {
    const name = await program.submit(from, to, driver(more));
    const run = `cdm-${String((await program.submission(name))['submission-id'])}`;
    let moved = 0;
    for (const victim of victims) {
      const wanted = moved + step;
      moved = await until(
        `${name} has moved ${wanted} rows, or is over`,
        async () => {
          const last = await program.submission(name);
          const isLoading = ['BOOTING', 'RUNNING'].includes(String(last['status']));
          const now = Number(last['write_rows']);
          return !isLoading ? Infinity : now >= wanted ? now : null;
        },
        deadlineMs,
      );
      assert.notEqual(moved, Infinity, `it was over before ${victim} could be killed`);
      const pids = await program.workers(run);
      assert.ok(pids.length > 0, 'a load without workers');
      for (const pid of victim === 'server' ? [] : victim === 'all' ? pids : pids.slice(0, 1)) {
        process.kill(pid, 'SIGKILL');
      }
      if (victim === 'worker') continue;
      await program.crash();
      await program.start();
    }
    const last = await program.over(name, deadlineMs);
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    return last;
  }

  const countersOf = (last: Row): Row => Object.values(last['counters'] as Row)[0] as Row;
  const orders = { schemaName: 'main', tableName: 'orders', partitionColumn: 'id' };
  const csv = { bucketName: bucket, quoteChar: 'true' };

  test('CSV files that are written are whole', async () => {
    const to = { ...csv, outputDirectory: 'out', outputFormat: 'CSV_FILE', lineSeparator: '\\n' };
    const last = await killed(['shop', orders], ['obs', to], ['worker', 'server', 'all']);
    const keys = await store.keys(bucket);
    assert.deepEqual(keys, ['out/orders_1.csv', 'out/orders_2.csv'], 'no piece is left behind');
    const texts = await Promise.all(keys.map((key) => store.get(bucket, key)));
    const lines = texts.flatMap((text) => (text ?? '').trimEnd().split('\n'));
    assert.equal(lines.length, rows);
    const wanted = program
      .rows('shop', 'select id, n, name from orders')
      .map((row) => row.replace(/^(.*)\|(.*)\|(.*)$/, '$1,$2,"$3"'));
    assert.deepEqual(lines.toSorted(), wanted.toSorted());
    const counters = countersOf(last);
    assert.deepEqual([counters['ROWS_READ'], counters['ROWS_WRITTEN']], [rows, rows]);
    assert.equal(counters['FILES_WRITTEN'], 2);
  });

  test('what was being uploaded is uploaded again, and what was uploaded is not', async () => {
    const held = await holdingProxy(closing, store.endpoint, /\/held\/orders_2\.csv/);
    await program.link('held', 'obs-connector', obsInputs(held.endpoint));
    const to = { ...csv, outputDirectory: 'held', outputFormat: 'CSV_FILE' };
    const some = { ...orders, whereClause: 'id <= 4000' };
    const name = await program.submit(['shop', some], ['held', to], driver());
    const run = `cdm-${String((await program.submission(name))['submission-id'])}`;
    await within('the second file is on its way', held.asked, deadlineMs);
    for (const pid of await program.workers(run)) process.kill(pid, 'SIGKILL');
    await program.crash();
    held.release();
    await program.start();
    const last = await program.over(name, deadlineMs);
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    const counters = countersOf(last);
    assert.deepEqual([counters['ROWS_WRITTEN'], counters['FILES_WRITTEN']], [4_000, 2]);
    const files = (await store.keys(bucket)).filter((key) => key.startsWith('held/'));
    assert.deepEqual(files, ['held/orders_1.csv', 'held/orders_2.csv']);
    const texts = await Promise.all(files.map((key) => store.get(bucket, key)));
    const ids = texts.flatMap((text) =>
      (text ?? '')
        .trimEnd()
        .split('\r\n')
        .map((line) => Number(line.split(',')[0])),
    );
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      Array.from({ length: 4_000 }, (_, place) => place + 1),
    );
    assert.deepEqual(held.puts('/held/orders_1.csv'), 1);
  });

  test('CSV files that are read are read once, bad rows too', async () => {
    program.within('copy', (db) =>
      db.exec(
        'create table orders (id integer, n integer check (n >= 0), name varchar(500), primary key (id, n))',
      ),
    );
    const from = { ...csv, inputDirectory: 'out', inputFormat: 'CSV_FILE' };
    const last = await killed(
      ['obs', from],
      ['copy', { schemaName: 'main', tableName: 'orders' }],
      ['server', 'worker', 'all'],
      {
        'throttlingConfig.recordDirtyData': 'true',
        'throttlingConfig.maxErrorRecords': '1000',
        'throttlingConfig.writeToLink': 'obs',
        'throttlingConfig.obsBucket': bucket,
        'throttlingConfig.dirtyDataDirectory': 'dirty',
      },
    );
    const good = 'select * from orders where n >= 0 order by id';
    assert.deepEqual(program.rows('copy', good), program.rows('shop', good));
    const dirty = rows / dirtyEvery;
    const counters = countersOf(last);
    assert.deepEqual(
      [counters['ROWS_READ'], counters['ROWS_WRITTEN'], counters['ROWS_WRITTEN_SKIPPED']],
      [rows, rows - dirty, dirty],
    );
    const run = `cdm-${String(last['submission-id'])}`;
    const { rows: kept } = await program.native('GET', `/runs/${run}/quarantine`);
    const refused = Array.from({ length: dirty }, (_, place) => (place + 1) * dirtyEvery);
    const ids = (kept as readonly { readonly fields: readonly string[] }[]).map(({ fields }) =>
      Number(fields[0]),
    );
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      refused,
    );
    const files = (await store.keys(bucket)).filter((key) => key.startsWith('dirty/'));
    const copied = await Promise.all(files.map((key) => store.get(bucket, key)));
    const copiedIds = copied.flatMap((text) =>
      (text ?? '')
        .trimEnd()
        .split('\n')
        .map((line) => Number(line.split(',')[0])),
    );
    assert.deepEqual(
      copiedIds.toSorted((a, b) => a - b),
      refused,
    );
  });
});

/** Passes requests on to a store, but holds the first PUT of a path until it is let go. */
async function holdingProxy(
  cleanup: Closing,
  endpoint: string,
  path: RegExp,
): Promise<{
  readonly endpoint: string;
  readonly asked: Promise<void>;
  release(): void;
  puts(path: string): number;
}> {
  const { hostname, port } = new URL(endpoint);
  const puts: string[] = [];
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    if (method === 'PUT') puts.push(new URL(url, endpoint).pathname);
    const hold = method === 'PUT' && path.test(url);
    if (hold) asked.resolve();
    void (hold ? released.promise : Promise.resolve()).then(() => {
      const on = forward({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      // The client may be dead by now, and then nothing of this must arrive.
      on.on('error', () => response.destroy());
      if (request.destroyed && !request.complete) on.destroy();
      else request.pipe(on);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    asked: asked.promise,
    release: () => released.resolve(),
    puts: (wanted) => puts.filter((put) => put.endsWith(wanted)).length,
  };
}
