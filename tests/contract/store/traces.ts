import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scheduleDefaults } from '../../../src/domain/schedule/definition.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, t0 } from './fixtures.ts';

const place = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const everyMinute = {
  ...scheduleDefaults,
  timing: { kind: 'fixed-rate', everyMs: 60_000, anchorMs: t0 },
} as const;

/** Runs keep their place in a trace, so that whoever claims them goes on with it. */
export function tracesContract(adapter: StoreAdapter): void {
  describe('traces', () => {
    test('a run keeps the place of its request, for whoever claims it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({});
      const traced = await bench.run(id, { nowMs: t0, traceparent: place });
      const plain = await bench.run(id, { nowMs: t0 });
      await bench.reopen();
      assert.equal((await bench.store.run(traced.id))?.traceparent, place);
      assert.equal((await bench.store.run(plain.id))?.traceparent, null);
      const { attempts } = await bench.claim(t0);
      assert.deepEqual(
        new Map(attempts.map(({ run }) => [run.id, run.traceparent])),
        new Map([
          [traced.id, place],
          [plain.id, null],
        ]),
      );
    });

    test('a firing gives its run the place that is made for it', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.template({}, { schedule: everyMinute });
      const asked: string[] = [];
      const { created } = await bench.store.fire({
        nowMs: t0 + 60_000,
        limit: 10,
        newRunId: () => bench.id('schedule'),
        traceparentOf(runId) {
          asked.push(runId);
          return place;
        },
      });
      assert.equal(created.length, 1);
      const [run] = created;
      assert.ok(run !== undefined && asked.includes(run.id));
      assert.equal((await bench.store.run(run.id))?.traceparent, place);
    });
  });
}
