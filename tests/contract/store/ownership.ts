import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, ids, killed, refused, started, t0 } from './fixtures.ts';

/** One owner after the other, and attempts that outlive their server (invariant 4). */
export function ownershipContract(adapter: StoreAdapter): void {
  describe('ownership', () => {
    test('every opening gives a greater fencing number', async (t) => {
      const bench = await Bench.open(adapter, t);
      const seen = [bench.fence];
      for (let life = 0; life < 3; life += 1) {
        await bench.reopen();
        seen.push(bench.fence);
      }
      assert.deepEqual(
        seen.toSorted((a, b) => a - b),
        seen,
      );
      assert.equal(new Set(seen).size, seen.length);
    });

    test('attempts without an end are taken over, and only the new owner is heard', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 3 });
      const { run, attempts } = await bench.running(id);
      const [a, b, c] = attempts;
      assert.ok(a && b && c);
      await bench.report([exited(a, 0)]);
      const claimedOnly = await bench.template();
      const second = await bench.run(claimedOnly.id);
      await bench.claim();
      const stopped = await bench.template();
      const { run: third, attempts: thirdAttempts } = await bench.running(stopped.id);
      await bench.store.stopRun(third.id, 'user', 'stopped by alice', t0);

      await bench.reopen();
      const adopted = await bench.store.takeOver(bench.fence, []);
      const brief = adopted
        .map(({ attemptId, started: confirmed, stopping }) => [attemptId, confirmed, stopping])
        .toSorted();
      assert.deepEqual(
        brief,
        [
          [`${run.id}.1.1`, true, false],
          [`${run.id}.2.1`, true, false],
          [`${second.id}.0.1`, false, false],
          [thirdAttempts[0]?.attemptId, true, true],
        ].toSorted(),
      );
      for (const { fence, executor } of adopted) {
        assert.equal(fence, bench.fence);
        assert.equal(executor, 'process');
      }
      assert.deepEqual((await bench.claim(t0 + 1)).attempts, [], 'adopted, not started again');

      assert.equal((await bench.report([exited(b, 1)])).stale, 1, 'the old life is not heard');
      const { fence } = bench;
      const end = await bench.report([exited({ ...b, fence }, 0), exited({ ...c, fence }, 0)]);
      assert.deepEqual([end.stale, end.finished], [0, [run.id]]);
      assert.equal((await bench.get(run.id)).state, 'succeeded');
      const last = thirdAttempts[0];
      assert.ok(last);
      assert.deepEqual((await bench.report([killed({ ...last, fence })])).finished, [third.id]);
      assert.equal((await bench.get(third.id)).state, 'canceled');
    });

    test('taking over twice gives the same attempts', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const { attempts } = await bench.running(id);
      for (let life = 0; life < 2; life += 1) {
        await bench.reopen();
        assert.deepEqual(ids(await bench.store.takeOver(bench.fence, [])), ids(attempts));
      }
    });

    test('a start that never happened is made up for without using the retry budget', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id);
      await bench.claim();
      await bench.reopen();
      const [adopted] = await bench.store.takeOver(bench.fence, []);
      assert.ok(adopted);
      const result = await bench.report([refused(adopted, 'its folder is empty')], t0 + 1);
      assert.equal(result.wake, true);
      assert.equal((await bench.get(run.id)).failed, 0);
      const [again] = (await bench.claim(t0 + 1)).attempts;
      assert.equal(again?.attemptId, `${run.id}.0.2`, 'an attempt id is used once');
      await bench.report([started(again), exited(again, 0)]);
      assert.equal((await bench.get(run.id)).state, 'succeeded');
    });

    test('everything waiting is still there after a restart', async (t) => {
      const bench = await Bench.open(adapter, t);
      const retry = { limit: 3, backoffMs: 10_000, backoffMaxMs: 10_000 };
      const { id } = await bench.template({ retry, timeoutMs: 300_000 });
      const { run, attempts } = await bench.running(id);
      await bench.report(
        attempts.map((attempt) => exited(attempt, 1, t0 + 5)),
        t0 + 5,
      );
      const delayed = await bench.run(id, { notBeforeMs: t0 + 60_000 });
      await bench.reopen();
      assert.deepEqual(await bench.store.takeOver(bench.fence, []), []);
      assert.equal((await bench.claim(t0 + 6)).nextDueMs, t0 + 10_005);
      assert.deepEqual(ids((await bench.claim(t0 + 10_005)).attempts), [`${run.id}.0.2`]);
      assert.deepEqual(ids((await bench.claim(t0 + 60_000)).attempts), [`${delayed.id}.0.1`]);
      assert.equal((await bench.store.stopOverdue(t0 + 1)).nextDeadlineMs, t0 + 300_000);
    });

    test('closing lets finish what was asked before', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const asked = Array.from({ length: 20 }, () => bench.admit(id));
      await bench.reopen();
      const results = await Promise.all(asked);
      assert.ok(results.every((result) => result.kind === 'created'));
      assert.equal((await bench.store.runs({ offset: 0, limit: 1 })).total, 20);
    });

    test('an open store answers, a closed one says that it does not', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.ping();
      await bench.store.close();
      await assert.rejects(bench.store.ping());
      await bench.store.close();
    });
  });
}
