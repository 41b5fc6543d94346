import { before, after, test } from 'node:test';
import pg from 'pg';
import { readFileSync } from 'node:fs';
import { testPostgres } from '/work/main/tests/support/postgres.ts';
import { definition, fromTable, postgresLink, toTable, toFiles, fromFiles, transferServer } from '/work/main/tests/e2e/transfers/harness.ts';
import { until } from '/work/main/tests/support/until.ts';
const rows = Number(process.env.ROWS ?? 3_000_000);
test('bench', async (t) => {
  const postgres = await testPostgres();
  const url = await postgres.database('bench');
  const client = new pg.Client({ connectionString: url }); await client.connect();
  await client.query(`create table source (id bigint primary key, a int, b numeric(12,2), c varchar(40), d timestamp, e bigint, f int, g varchar(20))`);
  await client.query(`insert into source select i, i % 1000, (i % 100000) / 100.0, 'row ' || i, timestamp '2026-01-01' + i * interval '1 second', case when i % 5 = 0 then null else 9223372036854775807 - i end, i*7%1000, 'g' || (i%17) from generate_series(1, ${rows}) i`);
  await client.query('alter table source drop constraint source_pkey'); await client.query('create unlogged table whole as select * from source'); await client.query('create unique index on source(id)'); await client.query('vacuum analyze source');await client.query('vacuum analyze whole');
  const server = await transferServer(t);
  await server.link('pg', postgresLink(url));
  await server.link('files', { kind: 'local', share: 'files' });
  const cases = {
    'pg-pg one': { from: fromTable('pg','source'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none' },
    'pg-pg whole': { from: fromTable('pg','whole'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none' },
    'pg-pg keyed2': { from: fromTable('pg','source'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none' },
    'pg-pg whole2': { from: fromTable('pg','whole'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none' },
    'pg-pg keyed3': { from: fromTable('pg','source'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none' },
    'pg-pg whole3': { from: fromTable('pg','whole'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none' },
    'pg-pg two': { from: fromTable('pg','source'), to: toTable('pg','t1',{preparation:'recreate'}), proof: 'none', extractors: 2 },
  };
  for (const [name, job] of Object.entries(cases)) {
    const id = await server.call('submit', { definition: definition({ ...job, queueBytes: 64*1024*1024 } as never) });
    let peak = 0; let cpu = 0;
    await until('over', async () => {
      const run = await server.call('run', id);
      for (const pid of await server.workers(id)) {
        try { const s = readFileSync(`/proc/${pid}/status`,'utf8'); peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(s)?.[1] ?? 0)); const st = readFileSync(`/proc/${pid}/stat`,'utf8').split(') ')[1].split(' '); cpu = Math.max(cpu, (Number(st[11])+Number(st[12]))/100); } catch {}
      }
      return ['succeeded','failed'].includes(run.state);
    }, 300_000);
    const r = await server.report(id);
    const s = (r.endedAtMs! - r.startedAtMs)/1000;
    console.log(name, r.phase, r.error?.message ?? '', `${s}s`, Math.round(rows/s), 'rows/s', 'peak MiB', Math.round(peak/1024), 'cpu s', cpu, 'chunks', r.chunksTotal, r.proof?.outcome, r.proof?.durationMs, r.counters.rowsWritten);
    if (r.error) console.log(await server.story(id));
  }
  const started = Date.now();
  await client.query('truncate t1'); await client.query('insert into t1 select * from source'); console.log('insert select', (Date.now()-started)/1000);
  await client.end();
  t.after(() => postgres.stop());
});
