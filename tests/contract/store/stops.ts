import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttemptHandle } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, ids, killed, rejectsWith, started, t0 } from './fixtures.ts';

/** Stopping, deadlines, and erasing what was deleted. */
export function stopsContract(adapter: StoreAdapter): void {
  describe('stops', () => {
    test('a queued run ends at once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id);
      const result = await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0 + 4);
      assert.deepEqual([result.finished, result.stop], [true, []]);
      assert.equal(result.run.state, 'canceled');
      assert.equal(result.run.stopCause, 'user');
      assert.equal(result.run.message, 'stopped by alice');
      assert.equal(result.run.endedAtMs, t0 + 4);
      assert.equal((await bench.get(run.id)).state, 'canceled');
      assert.deepEqual((await bench.claim(t0 + 5)).attempts, []);
    });

    test('a running run ends when its last attempt has ended', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({
        replicas: 3,
        retry: { limit: 5, backoffMs: 1, backoffMaxMs: 1 },
      });
      const run = await bench.run(id);
      const [a, b] = (await bench.claim(t0, { limit: 2 })).attempts;
      assert.ok(a && b);
      await bench.report([started(a), exited(a, 0)]);
      const stop = await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0 + 1);
      assert.equal(stop.finished, false);
      assert.deepEqual(ids(stop.stop), [b.attemptId], 'claimed counts as alive');
      assert.deepEqual([stop.run.state, stop.run.stopCause], ['stopping', 'user']);
      assert.equal((await bench.store.attempt(b.attemptId))?.state, 'stopping');
      assert.deepEqual((await bench.claim(t0 + 2)).attempts, [], 'the third replica never starts');

      const again = await bench.store.stopRun(run.id, 'timeout', 'another cause', t0 + 3);
      assert.deepEqual([again.run.stopCause, again.run.message], ['user', 'stopped by alice']);
      const end = await bench.report([started(b), killed(b, t0 + 4)], t0 + 4);
      assert.deepEqual([end.stale, end.finished], [0, [run.id]]);
      const done = await bench.get(run.id);
      assert.deepEqual([done.state, done.active, done.succeeded], ['canceled', 0, 1]);
      assert.equal(done.endedAtMs, t0 + 4);
      const states = (await bench.store.instances(run.id)).map(({ state }) => state);
      assert.deepEqual(states, ['succeeded', 'stopped', 'stopped']);
    });

    test('a run between two attempts ends at once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({
        retry: { limit: 5, backoffMs: 60_000, backoffMaxMs: 60_000 },
      });
      const { run, attempts } = await bench.running(id);
      await bench.report(attempts.map((attempt) => exited(attempt, 1)));
      const stop = await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0 + 1);
      assert.deepEqual([stop.finished, stop.stop, stop.run.state], [true, [], 'canceled']);
      assert.deepEqual((await bench.claim(t0 + 120_000)).attempts, []);
    });

    test('a failure while stopping is not retried', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ retry: { limit: 5, backoffMs: 1, backoffMaxMs: 1 } });
      const { run, attempts } = await bench.running(id);
      await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0);
      const end = await bench.report(attempts.map((attempt) => exited(attempt, 1)));
      assert.deepEqual(end.finished, [run.id]);
      assert.equal((await bench.get(run.id)).state, 'canceled');
      assert.deepEqual((await bench.claim(t0 + 60_000)).attempts, []);
    });

    test('an unknown run cannot be stopped', async (t) => {
      const bench = await Bench.open(adapter, t);
      const stop = bench.store.stopRun('manual-unknown', 'user', 'stopped by alice', t0);
      await rejectsWith(stop, 'run-not-found');
    });

    test('runs past their deadline are stopped, the others tell when they are due', async (t) => {
      const bench = await Bench.open(adapter, t);
      const short = await bench.template({ timeoutMs: 5_000, replicas: 2 });
      const long = await bench.template({ timeoutMs: 60_000 });
      const endless = await bench.template();
      const { run, attempts } = await bench.running(short.id);
      await bench.running(long.id);
      await bench.running(endless.id);
      const early = await bench.store.stopOverdue(t0 + 4_999);
      assert.deepEqual(early, { stop: [], finished: [], nextDeadlineMs: t0 + 5_000 });
      const due = await bench.store.stopOverdue(t0 + 5_000);
      assert.deepEqual(ids(due.stop), ids(attempts));
      assert.equal(due.nextDeadlineMs, t0 + 60_000);
      assert.equal((await bench.get(run.id)).stopCause, 'timeout');
      assert.deepEqual((await bench.store.stopOverdue(t0 + 5_001)).stop, [], 'stopped once');
      await bench.report(attempts.map((attempt) => killed(attempt)));
      const failed = await bench.get(run.id);
      assert.equal(failed.state, 'failed');
      assert.match(failed.message, /timeout|deadline/i);
      assert.match(failed.message, /\b5\b/, 'the message names the limit');
    });

    test('a deadline strikes between two attempts too', async (t) => {
      const bench = await Bench.open(adapter, t);
      const retry = { limit: 5, backoffMs: 60_000, backoffMaxMs: 60_000 };
      const { id } = await bench.template({ timeoutMs: 5_000, retry });
      const { run, attempts } = await bench.running(id);
      await bench.report(attempts.map((attempt) => exited(attempt, 1)));
      const due = await bench.store.stopOverdue(t0 + 5_000);
      assert.deepEqual(due, { stop: [], finished: [run.id], nextDeadlineMs: null });
      assert.equal((await bench.get(run.id)).state, 'failed');
    });

    test('very many overdue runs are all stopped in the end, each once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ timeoutMs: 1 });
      const total = 250;
      await Promise.all(Array.from({ length: total }, () => bench.run(id)));
      assert.equal((await bench.claim()).attempts.length, total);
      const stopped = new Set<string>();
      for (let round = 0; round < total && stopped.size < total; round += 1) {
        const { stop } = await bench.store.stopOverdue(t0 + 10);
        assert.ok(stop.length > 0, 'each round makes progress');
        for (const { attemptId } of stop) {
          assert.ok(!stopped.has(attemptId));
          stopped.add(attemptId);
        }
      }
      assert.equal(stopped.size, total);
    });
  });

  describe('deletion', () => {
    test('a deleted run is gone at once and erased when it has ended', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { run, attempts } = await bench.running(id);
      const other = await bench.run(id);
      const { stop } = await bench.store.deleteRun(run.id, t0 + 1);
      assert.deepEqual(ids(stop), ids(attempts));
      await assertGone(bench, run.id);
      assert.equal((await bench.store.runs({ templateId: id, offset: 0, limit: 9 })).total, 1);
      assert.equal((await bench.store.latestRun(id))?.id, other.id);
      assert.deepEqual(
        await bench.store.purgeDeleted(10),
        { ...nothing, left: true },
        'its attempt still runs',
      );

      const end = await bench.report(attempts.map((attempt) => killed(attempt)));
      assert.deepEqual([end.stale, end.finished], [0, [run.id]]);
      const purged = await bench.store.purgeDeleted(10);
      assert.deepEqual([purged.erased, ids(purged.attempts)], [1, ids(attempts)]);
      assert.deepEqual(await bench.store.purgeDeleted(10), nothing);
      assert.equal((await bench.get(other.id)).state, 'queued');
      await rejectsWith(bench.store.deleteRun(run.id, t0), 'run-not-found');
    });

    test('a run is deleted once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id);
      assert.deepEqual((await bench.store.deleteRun(run.id, t0)).stop, []);
      await rejectsWith(bench.store.deleteRun(run.id, t0), 'run-not-found');
      await rejectsWith(bench.store.deleteRun('manual-unknown', t0), 'run-not-found');
      assert.deepEqual((await bench.claim(t0 + 1)).attempts, [], 'a deleted run never starts');
    });

    test('a deleted template takes its runs along', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const keep = await bench.template();
      const kept = await bench.run(keep.id, { nowMs: t0 + 99 });
      const { run, attempts } = await bench.running(id);
      const queued = await bench.run(id, { notBeforeMs: t0 + 60_000 });
      const { stop } = await bench.store.deleteTemplate(id, 'sae', bench.context(t0 + 1));
      assert.deepEqual(ids(stop), ids(attempts));
      assert.equal(await bench.store.template(id), null);
      assert.equal((await bench.store.templates({ offset: 0, limit: 9 })).total, 1);
      await assertGone(bench, run.id);
      await assertGone(bench, queued.id);
      assert.equal(await bench.store.latestRun(id), null);
      assert.equal((await bench.store.runs({ offset: 0, limit: 9 })).total, 1);
      await rejectsWith(
        bench.store.deleteTemplate(id, 'sae', bench.context()),
        'template-not-found',
      );
      await bench.report(attempts.map((attempt) => killed(attempt)));
      assert.deepEqual(ids(await purgeAll(bench)), ids(attempts));
      assert.equal((await bench.get(kept.id)).state, 'queued');
      assert.equal((await bench.store.template(keep.id))?.id, keep.id);
    });

    test('erasing goes on over restarts, a bounded number at a time', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await Promise.all(Array.from({ length: 25 }, () => bench.run(id)));
      const { attempts } = await bench.claim();
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      await bench.store.deleteTemplate(id, 'sae', bench.context());
      const first = await bench.store.purgeDeleted(10);
      assert.equal(first.erased, 10);
      await bench.reopen();
      const rest = await purgeAll(bench);
      assert.deepEqual(ids([...first.attempts, ...rest]), ids(attempts));
    });
  });
}

const MAX_PURGE_ROUNDS = 100;
const nothing = { erased: 0, attempts: [], left: false };

async function purgeAll(bench: Bench): Promise<readonly AttemptHandle[]> {
  const gone: AttemptHandle[] = [];
  for (let round = 0; round < MAX_PURGE_ROUNDS; round += 1) {
    const { erased, attempts } = await bench.store.purgeDeleted(10);
    gone.push(...attempts);
    if (erased === 0) return gone;
  }
  assert.fail('erasing never came to an end');
}

async function assertGone(bench: Bench, runId: string): Promise<void> {
  assert.equal(await bench.store.run(runId), null);
  assert.deepEqual(await bench.store.instances(runId), []);
  assert.deepEqual(await bench.store.events(runId), []);
  assert.equal(await bench.store.attempt(`${runId}.0.1`), null);
}
