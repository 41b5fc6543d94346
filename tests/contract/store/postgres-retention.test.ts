import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { defaultRetention, thoroughRound } from '../../../src/domain/retention.ts';
import { missingPostgres } from '../../support/postgres.ts';
import { Bench, exited, t0 } from './fixtures.ts';

const missing = missingPostgres();

test(
  'one server at a time erases what is over; the others do not wait',
  { skip: missing ?? false },
  async (t) => {
    const { adapter, server } = await import('./postgres-adapter.ts');
    const bench = await Bench.open(adapter, t);
    const { id } = await bench.template();
    for (let n = 0; n < 2; n += 1) {
      await bench.run(id);
      const { attempts } = await bench.claim();
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
    }
    const policy = { ...defaultRetention, runs: { ...defaultRetention.runs, maxPerTemplate: 1 } };
    const cursor = thoroughRound(t0);
    const step = { policy, nowMs: t0, limit: 10, cursor, looked: new Set<number>() };

    const other = new pg.Client({
      connectionString: server.url(basename(bench.place).toLowerCase()),
    });
    await other.connect();
    try {
      await other.query('begin');
      const held = await other.query('select pg_try_advisory_xact_lock(1819243877, 1) as alone');
      assert.deepEqual(held.rows, [{ alone: true }]);
      const busy = await bench.store.retain(step);
      assert.deepEqual([busy.busy, busy.erased.runs, busy.cursor], [true, 0, cursor]);
      await other.query('rollback');
      const alone = await bench.store.retain(step);
      assert.deepEqual([alone.busy, alone.erased.runs], [false, 1]);

      // Two at once on the same rows: each is erased once, whoever of them does it.
      await bench.run(id);
      const { attempts } = await bench.claim();
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      const both = await Promise.all([bench.store.retain(step), bench.store.retain(step)]);
      assert.equal(both[0].erased.runs + both[1].erased.runs, 1);
    } finally {
      await other.end();
    }
  },
);
