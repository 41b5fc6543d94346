import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../support/until.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, ids, rejectsWith, t0 } from './fixtures.ts';

/** A lease that has run out by the time anybody looks. */
const briefMs = 1;
const longMs = 600_000;

/** Several servers on one store: fences, leases, and attempts of a server that is gone. */
export function serversContract(adapter: StoreAdapter): void {
  describe('servers', () => {
    test('a live server renews and expects nothing of its peers', async (t) => {
      const bench = await Bench.open(adapter, t);
      const other = await bench.store.join({ host: 'host-b', leaseTtlMs: longMs }, t0);
      assert.ok(other.fence > bench.fence);
      assert.deepEqual(await bench.store.renew(bench.fence, longMs, t0), {
        held: true,
        expired: [],
      });
      const early = await bench.store.giveUp(other.fence, t0);
      assert.deepEqual(early, { stale: 0, stop: [], finished: [], wake: false });
      assert.equal((await bench.store.renew(other.fence, longMs, t0)).held, true);
    });

    test('the next life of a host ends the one before', async (t) => {
      const bench = await Bench.open(adapter, t);
      const before = bench.fence;
      const next = await bench.store.join({ host: 'host-a', leaseTtlMs: longMs }, t0);
      assert.equal((await bench.store.renew(before, longMs, t0)).held, false);
      await rejectsWith(bench.claim(), 'stale-owner');
      assert.equal((await bench.store.renew(next.fence, longMs, t0)).held, true);
    });

    test('one that has left may not claim', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.leave(bench.fence, t0);
      await rejectsWith(bench.claim(), 'stale-owner');
      await rejectsWith(bench.claim(t0, { fence: 999_999 }), 'stale-owner');
    });

    test('attempts of a server that is gone are lost, retried within the budget, and late reports refused', async (t) => {
      const bench = await Bench.open(adapter, t);
      const retry = { limit: 1, backoffMs: 0, backoffMaxMs: 0 };
      const { id } = await bench.template({ retry });
      const budget = await bench.template();
      const gone = await bench.store.join({ host: 'host-b', leaseTtlMs: briefMs }, t0);
      const run = await bench.run(id);
      const second = await bench.run(budget.id);
      const { attempts } = await bench.claim(t0, { fence: gone.fence });
      assert.equal(attempts.length, 2);
      const expired = await until('the lease runs out', async () => {
        const lease = await bench.store.renew(bench.fence, longMs, t0 + 10_000);
        return lease.expired.length > 0 ? lease.expired : null;
      });
      assert.deepEqual(expired, [gone.fence]);
      const result = await bench.store.giveUp(gone.fence, t0 + 10_000);
      assert.deepEqual([result.stale, result.wake], [0, true]);
      assert.deepEqual(result.finished, [second.id]);
      assert.equal((await bench.get(second.id)).state, 'failed');
      assert.match((await bench.get(second.id)).message, /lease/);
      const [instance] = await bench.store.instances(run.id);
      assert.deepEqual(
        [instance?.state, instance?.attempts.map((attempt) => attempt.state)],
        ['pending', ['lost']],
      );
      const late = await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      assert.equal(late.stale, 2, 'nobody listens to an owner that was given up');
      assert.equal((await bench.store.renew(gone.fence, longMs, t0 + 10_000)).held, false);
      await rejectsWith(bench.claim(t0 + 10_000, { fence: gone.fence }), 'stale-owner');
      assert.deepEqual((await bench.store.giveUp(gone.fence, t0 + 20_000)).finished, []);

      const [again] = (await bench.claim(t0 + 10_000)).attempts;
      assert.equal(again?.attemptId, `${run.id}.0.2`);
      assert.ok(again);
      assert.deepEqual((await bench.report([exited(again, 0)])).finished, [run.id]);
    });

    test('a host takes over its own attempts only, and those it knows stay as they are', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const other = await bench.store.join({ host: 'host-b', leaseTtlMs: longMs }, t0);
      await bench.run(id);
      const theirs = (await bench.claim(t0, { fence: other.fence })).attempts;
      await bench.run(id);
      const ours = (await bench.claim()).attempts;
      const [known, unknown] = ours;
      assert.ok(known && unknown);
      assert.deepEqual(ids(await bench.store.takeOver(bench.fence, [known.attemptId])), [
        unknown.attemptId,
      ]);
      assert.deepEqual(ids(await bench.store.takeOver(bench.fence, [])), ids(ours));
      assert.deepEqual(ids(await bench.store.takeOver(other.fence, [])), ids(theirs));
    });

    test('a late call of a dead server takes nothing back', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await bench.running(id);
      const before = bench.fence;
      const next = await bench.store.join({ host: 'host-a', leaseTtlMs: longMs }, t0);
      assert.equal((await bench.store.takeOver(next.fence, [])).length, 1);
      await rejectsWith(bench.store.takeOver(before, []), 'stale-owner');
      const [attempt] = await bench.store.takeOver(next.fence, []);
      assert.equal(attempt?.fence, next.fence);
    });

    test('a stop that another server asked for is found by the owner', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const { run, attempts } = await bench.running(id);
      assert.deepEqual(await bench.store.stopping(bench.fence), []);
      const { stop } = await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0);
      assert.deepEqual(
        stop.map(({ fence }) => fence),
        [bench.fence, bench.fence],
      );
      assert.deepEqual(ids(await bench.store.stopping(bench.fence)), ids(attempts));
      assert.deepEqual(await bench.store.stopping(bench.fence + 1), []);
    });
  });
}
