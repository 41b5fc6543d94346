import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { backUp } from '../../../src/app/backup.ts';
import { type MoveOptions, moveStore } from '../../../src/app/move.ts';
import { planMove } from '../../../src/app/move-plan.ts';
import { restore } from '../../../src/app/restore.ts';
import { defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import { PostgresSide } from '../../../src/stores/transfer/postgres-side.ts';
import { TransferRefusedError } from '../../../src/stores/transfer/refused.ts';
import { SqliteSide } from '../../../src/stores/transfer/sqlite-side.ts';
import { checkTables } from '../../../src/stores/transfer/tables.ts';
import { liveSmallLife, snapshot } from '../../fixtures/schema/life.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { StoreAdapter } from './adapter.ts';
import { configMap, limits } from './catalog-fixtures.ts';
import { assertRefused, Bench, t0 } from './fixtures.ts';
import { adapter as sqlite } from './sqlite-adapter.ts';

/** More than one batch of events. */
const MANY_RUNS = 600;
const MIB = 1024 * 1024;
/** Far more than one pass over the database takes. */
const MOST_STEPS = 100;
const quiet = { onProgress: () => undefined, nowMs: () => t0 };

test('sqlite: every table is copied or has a reason not to be', async (t) => {
  const bench = await Bench.open(sqlite, t);
  await bench.store.close();
  const side = new SqliteSide(join(bench.place, 'longshore.db'));
  t.after(() => side.close());
  checkTables('sqlite', await side.tables());
  side.db.exec('create table forgotten (n integer primary key)');
  const tables = await side.tables();
  assert.throws(() => checkTables('sqlite', tables), /does not know how to copy: forgotten/);
});

test('a backup beside a writer that never pauses comes to an end, and is of one moment', async (t) => {
  const bench = await Bench.open(sqlite, t);
  // Several steps' worth, so that something is written between each two of them.
  for (let i = 0; i < 48; i += 1) {
    await bench.template({}, { document: { text: 'x'.repeat(MIB / 4) } });
  }
  const to = join(await temporaryFolder(t), 'backup');
  const writer = new Sqlite(join(bench.place, 'longshore.db'));
  t.after(() => writer.close());
  const write = writer.prepare(`insert into meta (key, value) values (?, 'written meanwhile')`);
  let steps = 0;
  const onProgress = ({ step }: { step: string }): void => {
    if (!step.startsWith('copying the database')) return;
    steps += 1;
    assert.ok(steps < MOST_STEPS, 'the backup begins anew with every write');
    write.run(`late-${steps}`);
  };
  const { manifest } = await backUp({ ...quiet, ...backupOf(bench.place), to, onProgress });
  assert.ok(steps > 2, `it took ${steps} steps`);
  assert.equal(manifest.tables['templates'], 48);
  const copy = new Sqlite(join(to, 'longshore.db'), { readonly: true });
  t.after(() => copy.close());
  const late = `select count(*) from meta where key like 'late-%'`;
  assert.equal(copy.prepare(late).pluck().get(), 0);
  assert.equal(writer.prepare(late).pluck().get(), steps);
});

test('a restored store is another host’s: what ran is given up, with retries', async (t) => {
  const bench = await Bench.open(sqlite, t);
  await liveSmallLife(bench);
  const left = await bench.store.run('manual-0021');
  // In good order: its attempts would wait for the host's next life.
  await bench.store.leave(bench.fence, t0);
  const folder = await temporaryFolder(t);
  const to = join(folder, 'backup');
  await backUp({ ...quiet, ...backupOf(bench.place), to });
  const dataDir = join(folder, 'data');
  const report = await restore({ ...quiet, from: to, dataDir, force: false });
  assert.ok(report.lostAttempts >= 5);

  const again = new Bench(sqlite, dataDir, defaultAdmissionLimits);
  t.after(() => again.store.close());
  await again.store.open();
  const { fence } = await again.store.join({ host: 'host-new', leaseTtlMs: 60_000 }, t0 + 90_000);
  assert.ok(fence > bench.fence);
  assert.deepEqual(await again.store.takeOver(fence, []), [], 'nothing of it is adopted');
  const { expired } = await again.store.renew(fence, 60_000, t0 + 90_000);
  assert.deepEqual(expired, [bench.fence]);
  await again.store.giveUp(bench.fence, t0 + 90_000);
  assert.equal((await again.store.counts()).activeAttempts, 0);
  const given = await again.store.instances(left?.id ?? '');
  assert.ok(given.some(({ attempts }) => attempts.some(({ state }) => state === 'lost')));
  await again.store.close();
});

const missing = missingPostgres();
if (missing !== null) {
  test('moving between stores', { skip: missing }, () => undefined);
} else {
  const server = await testPostgres();
  after(() => server.stop());
  const { adapter: postgres } = await import('./postgres-adapter.ts');

  describe('moving between stores', () => {
    const target = (place: string): Promise<string> =>
      server.database(basename(place).toLowerCase());
    const move = async (
      place: string,
      more: Partial<MoveOptions> = {},
    ): ReturnType<typeof moveStore> =>
      moveStore({ ...quiet, dataDir: place, to: await target(place), restart: false, ...more });

    test('postgres: every table is copied or has a reason not to be', async (t) => {
      const bench = await Bench.open(postgres, t);
      const side = await PostgresSide.connect(await target(bench.place));
      t.after(() => side.close());
      checkTables('postgres', await side.tables());
    });

    test('everything is there afterwards, and numbers go on where they were', async (t) => {
      const bench = await filled(t);
      await bench.store.putKey(
        {
          id: 'Zulu',
          user: 'alice',
          enabled: true,
          createdAtMs: t0,
          securityToken: null,
          expiresAtMs: null,
        },
        Uint8Array.of(0, 1, 255),
      );
      const told = await snapshot(bench);
      await bench.store.close();
      const database = join(bench.place, 'longshore.db');
      // The greatest number is of a row that is gone: it must not be given again.
      const db = new Sqlite(database);
      db.prepare(`update sqlite_sequence set seq = 5000 where name = 'templates'`).run();
      db.close();

      const plan = await planMove(bench.place, await target(bench.place));
      assert.deepEqual(plan.problems, []);
      const report = await move(bench.place);
      const planned = new Map(plan.tables.map(({ name, rows }) => [name, rows]));
      for (const { name, rows } of report.tables) assert.equal(rows, planned.get(name), name);

      const moved = await enter(t, postgres, bench.place);
      assert.deepEqual(await snapshot(moved), told);
      await moved.store.join({ host: 'host-a', leaseTtlMs: 60_000 }, t0);
      const fresh = await moved.store.createTemplate(
        { ...moved.newTemplate(), id: 'fresh' },
        { changeId: 'fresh', atMs: t0, by: 'bob', note: '' },
      );
      const side = await PostgresSide.connect(await target(bench.place));
      t.after(() => side.close());
      assert.equal((await side.sequences()).get('templates'), 5001);
      // The last one of the life before is gone, and its number with it.
      const map = configMap('fresh');
      assert.equal((await moved.store.createConfigMap(map, limits)).id, 3);
      const known = await moved.admit('template-0001', {
        idempotencyKey: 'delayed',
        runId: 'again',
      });
      assert.equal(known.kind, 'existing');

      // The counter of unfinished runs was counted anew: one more fits, and then no other.
      const { rows } = await moved.store.runs({
        states: ['queued', 'running', 'stopping'],
        offset: 0,
        limit: 1_000,
      });
      const hidden = 1;
      const tight = await enter(t, postgres, bench.place, rows.length + hidden + 1);
      const one = await tight.admit(fresh.id, { runId: 'one-more' });
      assert.equal(one.kind, 'created');
      assertRefused(await tight.admit(fresh.id, { runId: 'two-more' }), 'queue-full');
    });

    test('what PostgreSQL cannot keep is replaced, counted and told', async (t) => {
      const bench = await Bench.open(sqlite, t);
      await bench.template({}, { name: 'a\0b' });
      await bench.store.close();
      // The template's name, and the same in the record of its creation.
      assert.equal((await move(bench.place)).alteredValues, 2);
      const moved = await enter(t, postgres, bench.place);
      const { rows } = await moved.store.templates({ offset: 0, limit: 10 });
      assert.deepEqual(
        rows.map(({ name }) => name),
        ['a\ufffdb'],
      );
    });

    test('a database that holds anything is refused, and so is a second move elsewhere', async (t) => {
      const bench = await filled(t);
      await bench.store.close();
      const other = await Bench.open(postgres, t);
      await other.template();
      const full = { to: await target(other.place) };
      await assert.rejects(move(bench.place, full), refusedWith(/is not empty: .*templates/));
      await move(bench.place);
      const empty = await server.database('elsewhere');
      await assert.rejects(
        move(bench.place, { to: empty }),
        refusedWith(/was moved to .* already/),
      );
      assert.deepEqual((await move(bench.place)).tables, [], 'the same again has nothing to do');
      const stranger = await filled(t);
      await stranger.store.close();
      const taken = { to: await target(bench.place), restart: true };
      await assert.rejects(move(stranger.place, taken), refusedWith(/is not empty/));
    });

    test('a server that ran on the source in between makes the copy outdated', async (t) => {
      const bench = await filled(t);
      await bench.store.close();
      const stop = new Error('cut off');
      const cut = {
        onProgress: ({ step }: { step: string }) => {
          if (step === 'copying events') throw stop;
        },
      };
      await assert.rejects(move(bench.place, cut), stop);
      await bench.reopen();
      await bench.store.close();
      await assert.rejects(move(bench.place), refusedWith(/a server has run on .* since/));
      assert.equal((await move(bench.place, { restart: true })).resumed, false);
    });

    test('a copy that differs from its source is found, and nothing is switched over', async (t) => {
      const bench = await filled(t);
      await bench.store.close();
      const to = await target(bench.place);
      const stop = new Error('cut off');
      const cut = {
        onProgress: ({ step }: { step: string }) => {
          if (step === 'comparing meta') throw stop;
        },
      };
      await assert.rejects(move(bench.place, cut), stop);
      const client = new pg.Client({ connectionString: to });
      await client.connect();
      await client.query(`update users set created_at = created_at + 1 where name = 'alice'`);
      await client.end();
      await assert.rejects(
        move(bench.place),
        refusedWith(/differs from its source in users \(2 and 2 rows\)/),
      );
      await bench.reopen();
      assert.equal((await bench.store.users()).length, 2, 'the source is in use as before');
    });

    test('a backup of PostgreSQL restores to an embedded store that tells the same', async (t) => {
      const bench = await Bench.open(postgres, t);
      await liveSmallLife(bench);
      const told = await snapshot(bench);
      const folder = await temporaryFolder(t);
      const to = join(folder, 'backup');
      const storeUrl = await target(bench.place);
      const { manifest } = await backUp({ ...quiet, ...backupOf(folder), to, storeUrl });
      assert.equal(manifest.store, 'postgres');
      await restore({ ...quiet, from: to, dataDir: join(folder, 'data'), force: false });
      const restored = await enter(t, sqlite, join(folder, 'data'));
      assert.deepEqual(await snapshot(restored), told);
      await restored.store.close();
      const { n } = numbersOf(join(folder, 'data'));
      const side = await PostgresSide.connect(storeUrl);
      t.after(() => side.close());
      assert.equal(n, (await side.sequences()).get('runs'));
    });
  });
}

/** An embedded store with a small life and more runs than one batch holds events. */
async function filled(t: TestContext): Promise<Bench> {
  const bench = await Bench.open(sqlite, t);
  await liveSmallLife(bench);
  const { id } = await bench.template({}, { name: 'many' });
  for (let i = 0; i < MANY_RUNS; i += 1) await bench.run(id, { nowMs: t0 + 200_000 });
  await bench.claim(t0 + 200_000);
  return bench;
}

/** Opens what is kept at a place, as no server's life. */
async function enter(
  t: TestContext,
  adapter: StoreAdapter,
  place: string,
  unfinishedRuns = defaultAdmissionLimits.unfinishedRuns,
): Promise<Bench> {
  const bench = new Bench(adapter, place, { ...defaultAdmissionLimits, unfinishedRuns });
  t.after(() => bench.store.close());
  await bench.store.open();
  return bench;
}

function backupOf(
  dataDir: string,
): Omit<Parameters<typeof backUp>[0], 'to' | 'nowMs' | 'onProgress'> {
  return { dataDir, masterKeyFile: null, storeUrl: null, logs: false, configuration: {} };
}

function numbersOf(dataDir: string): { readonly n: number } {
  const db = new Sqlite(join(dataDir, 'longshore.db'), { readonly: true });
  try {
    const n = db.prepare(`select seq from sqlite_sequence where name = 'runs'`).pluck().get();
    return { n: n as number };
  } finally {
    db.close();
  }
}

function refusedWith(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TransferRefusedError, String(error));
    assert.match(error.message, message);
    assert.notEqual(error.fix, '');
    return true;
  };
}
