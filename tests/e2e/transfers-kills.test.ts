/** A load under `kill -9`: TRANSFER_KILLS says how often, 20 when it does not. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { TransferDefinition } from '../../src/domain/transfer/definition.ts';
import { missingPostgres, type TestPostgres, testPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import {
  definition,
  fromFiles,
  fromTable,
  postgresLink,
  queryPostgres,
  toFiles,
  toTable,
  type TransferServer,
  transferServer,
} from './transfers/harness.ts';

const kills = Number(process.env['TRANSFER_KILLS'] ?? 20);
/** Those of loads of files, whose parts are larger. */
const fileKills = Math.ceil(kills / 5);
const rows = Number(process.env['TRANSFER_ROWS'] ?? 2_000_000);
const deadlineMs = 60_000 + kills * 10_000;
/** Every so many rows one that the target refuses. */
const dirtyEvery = 40_000;

describe('a load that is killed again and again', { skip: missingPostgres() ?? false }, () => {
  let postgres: TestPostgres;
  let url = '';
  before(async () => {
    postgres = await testPostgres();
    url = await postgres.database('transfer_kills');
    await query(`
      drop table if exists source; drop table if exists target;
      create table source (id bigint primary key, a int, b numeric(12,2), c varchar(40), d timestamp, e bigint);
      insert into source select i, case when i % ${dirtyEvery} = 0 then -1 else i % 1000 end,
        (i % 100000) / 100.0, 'row ' || i, timestamp '2026-01-01' + i * interval '1 second',
        case when i % 5 = 0 then null else 9223372036854775807 - i end from generate_series(1, ${rows}) i;
      analyze source;
      create table target (id bigint primary key, a int check (a >= 0), b numeric(12,2), c varchar(40), d timestamp, e bigint);
    `);
  });
  after(async () => postgres.stop());

  const query = (sql: string): Promise<readonly Record<string, unknown>[]> =>
    queryPostgres(url, sql);

  /** Runs a job and kills servers and workers while it loads, at random times up to `everyMs` apart. */
  async function killed(
    server: TransferServer,
    job: TransferDefinition,
    times: number,
    everyMs: number,
  ): Promise<{ readonly id: string; readonly victims: readonly string[] }> {
    const id = await server.call('submit', { definition: job });
    const victims: string[] = [];
    while (victims.length < times) {
      await pause(Math.random() * everyMs);
      if (!(await isLoading(server, id))) break;
      const victim = ['worker', 'server', 'all'][Math.floor(Math.random() * 3)] ?? 'worker';
      const pids = await server.workers(id);
      if (victim !== 'server' && pids.length === 0) continue;
      const [one] = pids.toSorted(() => Math.random() - 0.5);
      for (const pid of victim === 'all' ? pids : victim === 'worker' && one ? [one] : []) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended in this moment.
        }
      }
      if (victim !== 'worker') {
        await server.kill();
        await server.start();
      }
      victims.push(victim);
    }
    const run = await server.over(id, deadlineMs);
    assert.equal(run.state, 'succeeded', await server.story(id));
    assert.equal(victims.length, times, `the load was over after ${victims.length} kills`);
    return { id, victims };
  }

  test(`${kills} kills of servers and workers lose nothing and double nothing`, async (t) => {
    const server = await transferServer(t);
    await server.link('pg', postgresLink(url));
    const job = definition({
      from: fromTable('pg', 'source', { partitionColumn: 'id' }),
      to: toTable('pg', 'target', { preparation: 'none' }),
      extractors: 2,
      // Slow enough that all kills find it at work, on a machine where servers start slowly too:
      // workers go on meanwhile.
      throttle: { bytesPerSecond: null, rowsPerSecond: Math.ceil(rows / 40) },
      dirtyRows: { tolerate: true, maxPerShard: 1_000_000, maxPercent: null, copyTo: null },
    });
    const { id, victims } = await killed(server, job, kills, 900);
    const dirty = Math.floor(rows / dirtyEvery);
    const [found] = await query(`
      select (select count(*) from target) as n,
        (select count(*) from (select * from source where a >= 0 except all select * from target) x) as missing,
        (select count(*) from (select * from target except all select * from source) x) as strange`);
    assert.deepEqual(found, { n: String(rows - dirty), missing: '0', strange: '0' });
    const report = await server.report(id);
    assert.equal(report.counters.rowsRejected, dirty);
    assert.equal(report.counters.rowsRead, rows);
    assert.equal(report.counters.rowsWritten, rows - dirty);
    // What was added up by workers that are no more is proved as well.
    assert.equal(report.proof?.outcome, 'match', JSON.stringify(report.proof));
    assert.match(report.proof.tables[0]?.method ?? '', /as they were read.* rows were rejected/);
    const { rows: kept, total } = await server.call('quarantine', { id, after: 0, limit: 1_000 });
    assert.equal(total, dirty);
    const ids = kept.map(({ fields }) => Number(fields[0])).toSorted((a, b) => a - b);
    assert.deepEqual(
      ids,
      Array.from({ length: dirty }, (_, place) => (place + 1) * dirtyEvery),
    );
    t.diagnostic(`${victims.join(' ')}; ${report.resumes.length} parts were taken up again`);
  });

  test(`${fileKills} kills of a load into a table with rows: the proof looks at what came in`, async (t) => {
    await query(`drop table if exists ledger; create table ledger (like source including all);
      insert into ledger select -i, i, i, 'before', null, i from generate_series(1, 1000) i`);
    const server = await transferServer(t);
    await server.link('pg', postgresLink(url));
    const some = Math.ceil(rows / 10);
    const job = definition({
      from: fromTable('pg', 'source', { partitionColumn: 'id', where: `id <= ${some}` }),
      to: toTable('pg', 'ledger', { preparation: 'none' }),
      extractors: 2,
      throttle: { bytesPerSecond: null, rowsPerSecond: Math.ceil(some / 15) },
    });
    const { id, victims } = await killed(server, job, fileKills, 900);
    const { proof, resumes } = await server.report(id);
    assert.equal(proof?.outcome, 'match', JSON.stringify(proof));
    const [table] = proof.tables;
    assert.equal(table?.targetRows, some);
    assert.match(table.method, /source checksum of rows as they were read/);
    assert.match(table.method, /target rows as each commit was read back; 1000 rows were there/);
    const [found] = await query(`select
      (select count(*) from (select * from source where id <= ${some} except all select * from ledger) x) as missing,
      (select count(*) from ledger) as n`);
    assert.deepEqual(found, { missing: '0', n: String(some + 1_000) });
    t.diagnostic(`${victims.join(' ')}; ${resumes.length} parts were taken up again`);
  });

  test('files that are written and read under kills are whole', async (t) => {
    const server = await transferServer(t);
    await server.link('pg', postgresLink(url));
    await server.link('files', { kind: 'local', share: 'files' });
    // Few enough that kills, not rows, take the time.
    const some = Math.ceil(rows / 6);
    const throttle = { bytesPerSecond: null, rowsPerSecond: Math.ceil(some / 20) };
    const out = definition({
      from: fromTable('pg', 'source', { partitionColumn: 'id', where: `id <= ${some}` }),
      to: toFiles('files', 'out'),
      extractors: 2,
      throttle,
    });
    const written = await killed(server, out, fileKills, 1_500);
    const files = readdirSync(join(server.files, 'out'));
    const lines = files.flatMap((name) =>
      readFileSync(join(server.files, 'out', name), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    assert.equal(lines.length, some);
    assert.equal(new Set(lines.map((line) => line.slice(0, line.indexOf(',')))).size, some);
    const { counters } = await server.report(written.id);
    assert.equal(counters.rowsWritten, some);

    await query('drop table if exists loaded; create table loaded (like source including all)');
    const into = definition({
      from: fromFiles('files', 'out'),
      to: toTable('pg', 'loaded', { preparation: 'none' }),
      extractors: 2,
      throttle,
    });
    const read = await killed(server, into, fileKills, 1_500);
    const [found] = await query(`
      select (select count(*) from loaded) as n,
        (select count(*) from (select * from source where id <= ${some} except all select * from loaded) x) as missing`);
    assert.deepEqual(found, { n: String(some), missing: '0' });
    t.diagnostic(`${written.victims.join(' ')}; ${read.victims.join(' ')}`);
  });

  async function isLoading(server: TransferServer, id: string): Promise<boolean> {
    return until('it loads, or is over', async () => {
      const run = await server.call('run', id);
      if (run.state !== 'running' && run.state !== 'queued') return 'over';
      return (await server.workers(id)).length > 0 ? 'loading' : null;
    }).then((state) => state === 'loading');
  }
});
