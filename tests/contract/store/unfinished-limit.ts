import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scheduleDefaults } from '../../../src/domain/schedule/definition.ts';
import type { StoreAdapter } from './adapter.ts';
import { assertRefused, Bench, exited, t0 } from './fixtures.ts';

/** The limit that a template sets to its own unfinished runs. */
export function unfinishedLimitContract(adapter: StoreAdapter): void {
  describe('the limit of unfinished runs of a template', () => {
    test('is exact under any race, names itself, and looks at its own template only', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ maxUnfinished: 3 });
      const other = await bench.template();
      const results = await Promise.all(
        Array.from({ length: 12 }, () => Promise.all([bench.admit(id), bench.admit(other.id)])),
      );
      const refused = results.flatMap(([own]) => (own.kind === 'refused' ? [own] : []));
      assert.equal(refused.length, 9);
      for (const result of refused) {
        const error = assertRefused(result, 'concurrency-forbidden');
        assert.equal(error.details['limit'], 3);
        assert.match(error.message, /3 unfinished runs/);
      }
      assert.ok(results.every(([, free]) => free.kind === 'created'));
      const [refusal] = await bench.store.refusals(id, 1);
      assert.equal(refusal?.code, 'concurrency-forbidden');
    });

    test('counts queued, delayed, running and stopping runs, and lets go of ended ones', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ maxUnfinished: 2 });
      const { run, attempts } = await bench.running(id);
      await bench.run(id, { notBeforeMs: t0 + 60_000 });
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
      await bench.store.stopRun(run.id, 'user', 'stopped', t0 + 1);
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
      await bench.reopen();
      await bench.store.takeOver(bench.fence, []);
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
      const mine = attempts.map((attempt) => exited({ ...attempt, fence: bench.fence }, 1));
      assert.equal((await bench.report(mine)).stale, 0);
      assert.equal((await bench.admit(id)).kind, 'created');
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
    });

    test('is read from what the request made of the definition', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await Promise.all([bench.run(id), bench.run(id), bench.run(id)]);
      const limited = (maxUnfinished: number) =>
        bench.admit(id, {
          override: ({ spec, document, notActedOn }) => ({
            spec: { ...spec, maxUnfinished },
            document,
            notActedOn,
          }),
        });
      // At the same time, so that a store which gathers them decides one by the other.
      const kinds = (await Promise.all([limited(4), limited(3), limited(5), limited(1)])).map(
        ({ kind }) => kind,
      );
      assert.deepEqual(kinds, ['created', 'refused', 'created', 'refused']);
    });

    test('stands beside the policies', async (t) => {
      const bench = await Bench.open(adapter, t);
      const forbid = await bench.template({ concurrency: 'forbid', maxUnfinished: 2 });
      await bench.run(forbid.id);
      assertRefused(await bench.admit(forbid.id), 'concurrency-forbidden');

      const replace = await bench.template({ concurrency: 'replace', maxUnfinished: 2 });
      const first = await bench.run(replace.id);
      const second = await bench.run(replace.id);
      assert.equal((await bench.get(first.id)).stopCause, 'replaced');
      assert.equal(second.hold, null);
      await bench.claim();
      const third = await bench.run(replace.id);
      assert.equal(third.hold, 'replacing');
      assertRefused(await bench.admit(replace.id), 'concurrency-forbidden');
    });

    test('a run that replaces makes room for the one after it, at the same time, too', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'replace', maxUnfinished: 2 });
      await bench.run(id);
      const results = await Promise.all([
        bench.admit(id),
        bench.admit(id, { notBeforeMs: t0 + 60_000 }),
        bench.admit(id, { notBeforeMs: t0 + 60_000 }),
      ]);
      assert.deepEqual(
        results.map(({ kind }) => kind),
        ['created', 'created', 'refused'],
      );
    });

    test('a schedule is held to it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const timing = { kind: 'fixed-rate', everyMs: 60_000, anchorMs: t0 } as const;
      const { id } = await bench.template(
        { maxUnfinished: 1 },
        { schedule: { ...scheduleDefaults, timing } },
      );
      const fire = (nowMs: number) =>
        bench.store.fire({ nowMs, limit: 10, newRunId: () => bench.id('schedule') });
      const [run] = (await fire(t0 + 60_000)).created;
      assert.ok(run);
      assert.deepEqual((await fire(t0 + 120_000)).created, []);
      const { rows } = await bench.store.firings(id, 0, 1);
      assert.deepEqual(
        rows.map(({ outcome, rule, runId }) => [outcome, rule, runId]),
        [['refused', 'concurrency-forbidden', null]],
      );
      await bench.store.stopRun(run.id, 'user', 'stopped', t0 + 130_000);
      assert.equal((await fire(t0 + 180_000)).created.length, 1);
    });
  });
}
