import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { createPostgresStore } from '../../src/stores/postgres/store.ts';
import { missingPostgres, SERVER_VARIABLE, testPostgres } from '../support/postgres.ts';
import { startProgram } from '../support/program.ts';
import {
  createTemplate,
  exec,
  finished,
  type SaeServer,
  startSaeServer,
  status,
  stdout,
} from '../support/sae.ts';
import { dataFolder, longshore } from '../support/server.ts';
import { until } from '../support/until.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');
/** Short, so that a host that is gone is given up soon. */
const shortLease = { LONGSHORE_STORE_LEASE_TTL_MS: '1500', LONGSHORE_SAE_BACKOFF_MS: '50' };

test('a backup of a running server, restored elsewhere, goes on there', async (t) => {
  const first = await startSaeServer(t, { env: shortLease });
  const { appId, doneId, longId, gate } = await twoRuns(t, first);
  const from = join(await dataFolder(t), 'backup');
  const made = (await first.cli('backup', '--to', from, '--logs')) as {
    hasMasterKey: boolean;
    manifest: { tables: Record<string, number>; files: { path: string }[] };
  };
  assert.deepEqual([made.hasMasterKey, made.manifest.tables['runs']], [true, 2]);
  for (const name of ['longshore.db', 'master.key', 'manifest.json']) {
    assert.equal((await stat(join(from, name))).mode & 0o777, 0o600, name);
  }
  assert.equal((await stat(from)).mode & 0o777, 0o700);
  assert.ok(!existsSync(join(from, 'host-id')) && !existsSync(join(from, 'operator.token')));

  const dataDir = await dataFolder(t);
  await longshore(t, dataDir, ['restore', '--from', from]);
  assert.ok(!existsSync(join(dataDir, 'host-id')), 'the next server makes it a new host');
  const second = await startSaeServer(t, { dataDir, key: first.key, env: shortLease });
  assert.notEqual(await hostId(second), await hostId(first));
  assert.equal((await status(second.sae, appId, doneId)).State, '1');
  assert.equal(await stdout(second, doneId), 'short\n');

  // What ran in the backup runs on no host: lost after the lease, retried within the budget.
  const retried = await until('the second attempt runs', () =>
    stdout(second, longId, 0, 2).then((text) => text.includes('began')),
  );
  assert.ok(retried);
  const shown = (await second.cli('runs', 'show', longId)) as {
    instances: { attempts: { state: string }[] }[];
  };
  assert.deepEqual(
    shown.instances[0]?.attempts.map(({ state }) => state),
    ['lost', 'running'],
  );
  await writeFile(gate, '');
  assert.equal((await finished(second.sae, appId, longId)).State, '1');
  // The original has not noticed anything.
  assert.equal((await finished(first.sae, appId, longId)).State, '1');
  await assert.rejects(stdout(first, longId, 0, 2), { code: 'ENOENT' });
});

test('restore refuses a live server’s folder, a full one, and a damaged backup', async (t) => {
  const server = await startSaeServer(t);
  const from = join(await dataFolder(t), 'backup');
  await server.cli('backup', '--to', from);
  await refused(t, ['backup', '--to', from, '--data', server.dataDir], /is not empty/);
  const over = ['restore', '--from', from, '--data', server.dataDir];
  await refused(t, [...over, '--force'], /another server \(pid \d+\)/);
  await server.stop();
  await refused(t, over, /is not empty[^]*--force/);
  const before = await hostId(server);
  await longshore(t, server.dataDir, ['restore', '--from', from, '--force']);
  const again = await startSaeServer(t, { dataDir: server.dataDir, key: server.key });
  assert.notEqual(await hostId(again), before);

  const dataDir = await dataFolder(t);
  await appendFile(join(from, 'longshore.db'), 'x');
  await refused(t, ['restore', '--from', from, '--data', dataDir], /longshore\.db is not what was/);
  const manifest = join(from, 'manifest.json');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('"longshore.db"', '"../longshore.db"'));
  await refused(t, ['restore', '--from', from, '--data', dataDir], /damaged: manifest\.json/);
  await writeFile(manifest, text.replace('"format": 1', '"format": 9'));
  await refused(t, ['restore', '--from', from, '--data', dataDir], /reads up to 1/);
  assert.ok(!existsSync(join(dataDir, 'longshore.db')));
});

const missing = missingPostgres();
describe('moving to PostgreSQL', missing === null ? {} : { skip: missing }, async () => {
  if (missing !== null) return;
  const postgres = await testPostgres();
  after(() => postgres.stop());
  // Only for stores in this process; a server takes it for a setting.
  delete process.env[SERVER_VARIABLE];

  test('the next server goes on where the embedded one stopped', async (t) => {
    const url = await postgres.database('moving');
    const first = await startSaeServer(t);
    const { dataDir, key } = first;
    const { appId, doneId, longId, gate } = await twoRuns(t, first);
    const once = { EventId: 'order-1' };
    const keyed = await exec(first.sae, appId, once);
    await finished(first.sae, appId, keyed);
    const move = ['move', '--to', url, '--data', dataDir];
    await refused(t, move, /another server \(pid \d+\)/);
    await refused(t, [...move, '--dry-run'], /^$/, /PROBLEM: another server/);
    await first.stop();

    const plan = JSON.parse(
      await longshore(t, dataDir, ['move', '--to', url, '--dry-run', '--json']),
    ) as {
      problems: string[];
      tables: { name: string; rows: number; bytes: number }[];
    };
    assert.deepEqual(plan.problems, []);
    const runs = plan.tables.find(({ name }) => name === 'runs');
    assert.ok(runs !== undefined && runs.rows === 3 && runs.bytes > 0);
    assert.deepEqual(await tablesIn(url), [], 'a dry run writes nothing');
    assert.match(await longshore(t, dataDir, ['move', '--to', url]), /runs +3 +[0-9a-f]{16}/);

    const second = await startSaeServer(t, { dataDir, key, env: { LONGSHORE_STORE_URL: url } });
    assert.equal((await status(second.sae, appId, doneId)).State, '1');
    assert.equal(await exec(second.sae, appId, once), keyed, 'the key is known');
    await writeFile(gate, '');
    assert.equal((await finished(second.sae, appId, longId)).State, '1');
    await assert.rejects(stdout(second, longId, 0, 2), { code: 'ENOENT' }, 'adopted, not repeated');
    const next = await exec(second.sae, appId);
    assert.equal((await finished(second.sae, appId, next)).State, '1');
    const { rows } = (await second.cli('runs', 'list')) as { rows: { id: string }[] };
    assert.deepEqual(
      rows.map(({ id }) => id),
      [next, keyed, longId, doneId],
    );
    await second.stop();

    const up = ['up', '--data', dataDir, '--port', '0'];
    await refused(t, up, /was moved to .*moving.*store\.url.*move --undo/);
    await longshore(t, dataDir, ['move', '--undo']);
    const back = await startSaeServer(t, { dataDir, key });
    assert.equal((await status(back.sae, appId, doneId)).State, '1');
  });

  test('kill -9 in the middle of a table: the same move again goes on and ends complete', async (t) => {
    const url = await postgres.database('interrupted');
    const server = await startSaeServer(t);
    const { dataDir, key } = server;
    const { appId, doneId } = await twoRuns(t, server);
    await server.stop();
    const EVENTS = 5_000;
    const db = new Sqlite(join(dataDir, 'longshore.db'));
    db.prepare(
      `with recursive numbers(i) as (select 100 union all select i + 1 from numbers where i < ?)
       insert into events (run_n, seq, at, subject, from_state, to_state, reason)
       select 1, i, i, '#0.1', 'running', 'running', 'line ' || i from numbers`,
    ).run(EVENTS + 99);
    const total = db.prepare('select count(*) from events').pluck().get() as number;
    db.close();

    // The schema is made beforehand, so that a row of ours can stand in the way: the copy then
    // waits in the middle of the table.
    const empty = createPostgresStore({ url });
    await empty.open();
    await empty.close();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    t.after(() => client.end());
    await client.query('begin');
    await client.query(`insert into events values (1, ${EVENTS - 500}, 0, '', null, '', '')`);
    const move = ['move', '--to', url, '--data', dataDir];
    const cut = startProgram(t, main, move);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    t.after(() => other.end());
    await until('the copy waits for our row', async () => {
      const { rows } = await other.query(
        `select 1 from pg_stat_activity where application_name = 'longshore transfer' and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    cut.kill('SIGKILL');
    assert.equal((await cut.ended()).signal, 'SIGKILL');
    await client.query('rollback');
    const part = (await other.query<{ n: string }>('select count(*) as n from events')).rows[0]?.n;
    assert.ok(Number(part) > 0 && Number(part) < total, `${part} of ${total} events`);

    const half = { LONGSHORE_STORE_URL: url };
    const up = ['up', '--data', dataDir, '--port', '0'];
    await refused(t, up, /holds a part of .* only/, /^$/, half);
    const plan = await longshore(t, dataDir, ['move', '--to', url, '--dry-run']);
    assert.match(plan, new RegExp(`events +${total} .* ${part}\\n`));
    const report = JSON.parse(await longshore(t, dataDir, ['move', '--to', url, '--json'])) as {
      resumed: boolean;
      tables: { name: string; rows: number }[];
    };
    assert.equal(report.resumed, true);
    assert.equal(report.tables.find(({ name }) => name === 'events')?.rows, total);
    const whole = await other.query<{ n: string; s: string }>(
      `select count(*) as n, sum(seq) as s from events where run_n = 1 and seq >= 100`,
    );
    const sum = (EVENTS * (100 + EVENTS + 99)) / 2;
    assert.deepEqual([Number(whole.rows[0]?.n), Number(whole.rows[0]?.s)], [EVENTS, sum]);
    const next = await startSaeServer(t, { dataDir, key, env: half });
    assert.equal((await status(next.sae, appId, doneId)).State, '1');
  });

  async function tablesIn(url: string): Promise<readonly string[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<{ tablename: string }>(
        `select tablename from pg_tables where schemaname = 'public'`,
      );
      return rows.map(({ tablename }) => tablename);
    } finally {
      await client.end();
    }
  }
});

/** A run that has ended, and one that goes on until the file `gate` is there. */
async function twoRuns(
  t: TestContext,
  { sae, dataDir }: SaeServer,
): Promise<{ appId: string; doneId: string; longId: string; gate: string }> {
  let gate = '';
  // Whatever happens to the test, nothing of it runs on; before the gate's folder goes.
  t.after(() => writeFile(gate, '').catch(() => undefined));
  const folder = await dataFolder(t);
  await chmod(folder, 0o777);
  gate = join(folder, 'gate');
  const script = `if [ "$LONG" = yes ]; then echo began; while [ -d ${folder} ] && ! [ -e ${gate} ]; do sleep 0.05; done; else echo short; fi`;
  const appId = await createTemplate(sae, ['sh', '-c', script], { BackoffLimit: '1' });
  const doneId = await exec(sae, appId);
  await finished(sae, appId, doneId);
  const longId = await exec(sae, appId, {
    Envs: JSON.stringify([{ name: 'LONG', value: 'yes' }]),
  });
  await until('the long one has begun', async () =>
    (await stdout({ dataDir }, longId)).includes('began'),
  );
  return { appId, doneId, longId, gate };
}

async function hostId({ dataDir }: { readonly dataDir: string }): Promise<string> {
  return readFile(join(dataDir, 'host-id'), 'utf8');
}

/** Runs a command that must fail with 1 and these words. */
async function refused(
  t: TestContext,
  args: readonly string[],
  stderr: RegExp,
  output = /^$/,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const program = startProgram(t, main, args, { env });
  const { code } = await program.ended();
  assert.equal(code, 1, program.stderr());
  assert.match(program.stderr(), stderr);
  assert.match(program.lines.join('\n'), output);
}
