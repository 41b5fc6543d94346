import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type ScheduleDefinition,
  scheduleDefaults,
  type Timing,
} from '../../../src/domain/schedule/definition.ts';
import type { FireResult } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, t0 } from './fixtures.ts';

const minuteMs = 60_000;
const everyMinute: Timing = { kind: 'fixed-rate', everyMs: minuteMs, anchorMs: t0 };

/** Firing schedules: one run per firing, and a ledger of all of them (invariant 2). */
export function schedulesContract(adapter: StoreAdapter): void {
  describe('schedules', () => {
    test('a firing makes one run, and its line in the ledger', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      assert.deepEqual(await bench.store.schedule(id), {
        nextAtMs: t0 + minuteMs,
        lastAtMs: null,
        note: '',
      });
      const early = await fire(bench, t0 + minuteMs - 1);
      assert.deepEqual([early.created, early.decided, early.nextFiringMs], [[], 0, t0 + minuteMs]);

      const result = await fire(bench, t0 + minuteMs + 3);
      assert.deepEqual([result.decided, result.nextFiringMs], [1, t0 + 2 * minuteMs]);
      const [run] = result.created;
      assert.ok(run);
      assert.deepEqual(
        [run.trigger, run.scheduledAtMs, run.templateId, run.state, run.createdAtMs],
        ['schedule', t0 + minuteMs, id, 'queued', t0 + minuteMs + 3],
      );
      assert.deepEqual(await bench.get(run.id), { ...(await bench.get(run.id)), ...run });
      assert.equal((await fire(bench, t0 + minuteMs + 4)).decided, 0, 'decided once');
      const { rows, total } = await bench.store.firings(id, 0, 10);
      assert.equal(total, 1);
      assert.deepEqual(
        rows.map((row) => [row.nominalMs, row.outcome, row.runId, row.decidedAtMs, row.count]),
        [[t0 + minuteMs, 'fired', run.id, t0 + minuteMs + 3, 1]],
      );
      const [accepted] = await bench.store.events(run.id);
      assert.match(accepted?.reason ?? '', /schedule/);
    });

    test('what cannot run is in the ledger with the reason', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute, { concurrency: 'forbid' });
      await fire(bench, t0 + minuteMs);
      const second = await fire(bench, t0 + 2 * minuteMs);
      assert.deepEqual([second.created, second.decided], [[], 1]);
      const { rows } = await bench.store.firings(id, 0, 1);
      assert.deepEqual(
        rows.map((row) => [row.nominalMs, row.outcome, row.rule, row.runId]),
        [[t0 + 2 * minuteMs, 'refused', 'concurrency-forbidden', null]],
      );
      assert.equal(second.nextFiringMs, t0 + 3 * minuteMs);
    });

    test('a replacing firing names what has to stop', async (t) => {
      const bench = await Bench.open(adapter, t);
      await scheduled(bench, everyMinute, { concurrency: 'replace' });
      await fire(bench, t0 + minuteMs);
      const { attempts } = await bench.claim(t0 + minuteMs);
      const { stop, created } = await fire(bench, t0 + 2 * minuteMs);
      assert.equal(created.length, 1);
      assert.deepEqual(
        stop.map(({ attemptId, fence }) => [attemptId, fence]),
        attempts.map(({ attemptId, fence }) => [attemptId, fence]),
      );
    });

    test('many come due together; the limit splits them', async (t) => {
      const bench = await Bench.open(adapter, t);
      for (let i = 0; i < 5; i += 1) await scheduled(bench, everyMinute);
      const first = await fire(bench, t0 + minuteMs, 3);
      assert.deepEqual([first.decided, first.nextFiringMs], [3, t0 + minuteMs]);
      const second = await fire(bench, t0 + minuteMs, 3);
      assert.deepEqual([second.decided, second.nextFiringMs], [2, t0 + 2 * minuteMs]);
      assert.equal((await fire(bench, t0 + minuteMs, 3)).decided, 0);
    });

    test('asked from many sides at once, every firing happens once', async (t) => {
      const bench = await Bench.open(adapter, t);
      for (let i = 0; i < 20; i += 1) await scheduled(bench, everyMinute);
      const results = await Promise.all(
        Array.from({ length: 10 }, () => fire(bench, t0 + minuteMs, 50)),
      );
      const created = results.flatMap((result) => result.created);
      assert.equal(created.length, 20);
      assert.equal(new Set(created.map((run) => run.templateId)).size, 20);
    });

    test('a suspended template does not fire; what it missed is written down', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      await bench.store.setSuspended(id, 'sae', true, bench.context(t0 + 1));
      const paused = await fire(bench, t0 + 3 * minuteMs);
      assert.deepEqual([paused.decided, paused.nextFiringMs], [0, null]);
      assert.match((await bench.store.schedule(id))?.note ?? '', /suspended/);
      await bench.store.setSuspended(id, 'sae', false, bench.context(t0 + 3.5 * minuteMs));
      const { rows } = await bench.store.firings(id, 0, 10);
      assert.deepEqual(
        rows.map((row) => [row.nominalMs, row.untilMs, row.count, row.outcome, row.rule]),
        [[t0 + minuteMs, t0 + 3 * minuteMs, 3, 'skipped', 'suspended']],
      );
      assert.equal((await bench.store.schedule(id))?.nextAtMs, t0 + 4 * minuteMs);
      assert.equal((await fire(bench, t0 + 4 * minuteMs)).created.length, 1);
    });

    test('a fixed delay counts from the end of its run', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, { kind: 'fixed-delay', delayMs: 10_000 });
      const first = await fire(bench, t0 + 10_000);
      assert.deepEqual([first.created.length, first.nextFiringMs, first.waiting], [1, null, true]);
      const [attempt] = (await bench.claim(t0 + 10_000)).attempts;
      assert.ok(attempt);
      await bench.report([exited(attempt, 0, t0 + 25_000)], t0 + 25_000);
      assert.equal((await bench.store.schedule(id))?.nextAtMs, t0 + 35_000);
      assert.equal((await fire(bench, t0 + 34_999)).decided, 0);
      const second = await fire(bench, t0 + 35_000);
      assert.deepEqual([second.created.length, second.waiting], [1, true]);
    });

    test('a fixed delay whose firing is refused tries again after the delay', async (t) => {
      const bench = await Bench.open(adapter, t);
      const timing: Timing = { kind: 'fixed-delay', delayMs: 10_000 };
      const { id } = await scheduled(bench, timing, { concurrency: 'forbid' });
      await bench.run(id);
      const result = await fire(bench, t0 + 10_500);
      assert.deepEqual([result.created, result.nextFiringMs], [[], t0 + 20_500]);
    });

    test('one time is one time', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, { kind: 'one-time', atMs: t0 + 5_000 });
      const result = await fire(bench, t0 + 5_000);
      assert.deepEqual([result.created.length, result.nextFiringMs], [1, null]);
      const state = await bench.store.schedule(id);
      assert.deepEqual([state?.nextAtMs, state?.lastAtMs], [null, t0 + 5_000]);
      assert.notEqual(state?.note, '');
    });

    test('a change of the template leaves its schedule alone, a change of the schedule counts from then', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id, schedule } = await scheduled(bench, everyMinute);
      const change = (next: ScheduleDefinition | null, atMs: number) =>
        bench.store.updateTemplate(
          id,
          'sae',
          ({ spec, document, notActedOn, refersTo }) => ({
            spec,
            document,
            notActedOn,
            refersTo,
            schedule: next,
          }),
          bench.context(atMs),
        );
      const same = await change(schedule, t0 + minuteMs + 5);
      assert.deepEqual(same.schedule, schedule);
      assert.equal((await bench.store.schedule(id))?.nextAtMs, t0 + minuteMs, 'still due');
      const due = await change(
        definition({ kind: 'one-time', atMs: t0 + 10 * minuteMs }),
        t0 + minuteMs + 6,
      );
      assert.equal(due.schedule?.timing.kind, 'one-time');
      const result = await fire(bench, t0 + minuteMs + 7);
      assert.equal(result.created[0]?.scheduledAtMs, t0 + minuteMs, 'what was due still fires');
      assert.equal((await bench.store.schedule(id))?.nextAtMs, t0 + 10 * minuteMs);
      await change(null, t0 + 2 * minuteMs);
      assert.equal(await bench.store.schedule(id), null);
      assert.equal((await fire(bench, t0 + 20 * minuteMs)).decided, 0);
    });

    test('a clock that went back does not fire again', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      await fire(bench, t0 + 5 * minuteMs);
      const next = (await bench.store.schedule(id))?.nextAtMs;
      await bench.store.setSuspended(id, 'sae', true, bench.context(t0 + 2 * minuteMs));
      await bench.store.setSuspended(id, 'sae', false, bench.context(t0 + 2 * minuteMs));
      assert.equal((await bench.store.schedule(id))?.nextAtMs, next);
      const changed = definition({ kind: 'fixed-rate', everyMs: minuteMs / 2, anchorMs: t0 });
      await bench.store.updateTemplate(
        id,
        'sae',
        (current) => ({ ...current, schedule: changed }),
        bench.context(t0 + 2 * minuteMs),
      );
      assert.equal((await fire(bench, t0 + 5 * minuteMs)).decided, 0);
      assert.ok(((await bench.store.schedule(id))?.nextAtMs ?? 0) > t0 + 5 * minuteMs);
    });

    test('a schedule that is taken away and set again decides nothing twice', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id, schedule } = await scheduled(bench, everyMinute);
      await fire(bench, t0 + minuteMs);
      for (const next of [null, schedule]) {
        const change = bench.context(t0 + 1);
        await bench.store.updateTemplate(id, 'sae', (now) => ({ ...now, schedule: next }), change);
      }
      const state = await bench.store.schedule(id);
      assert.equal(state?.nextAtMs, t0 + 2 * minuteMs, 'the clock went back, the ledger did not');
    });

    test('deleting the template ends its schedule and takes the ledger along', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      await fire(bench, t0 + minuteMs);
      await bench.store.deleteTemplate(id, 'sae', bench.context(t0 + minuteMs));
      const result = await fire(bench, t0 + 2 * minuteMs);
      assert.deepEqual([result.decided, result.nextFiringMs], [0, null]);
      assert.equal((await bench.store.firings(id, 0, 10)).total, 0);
    });

    test('everything is still there after a restart', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      await fire(bench, t0 + minuteMs);
      await bench.reopen();
      assert.equal((await bench.store.firings(id, 0, 10)).total, 1);
      const result = await fire(bench, t0 + 2 * minuteMs);
      assert.equal(result.created[0]?.scheduledAtMs, t0 + 2 * minuteMs);
    });
  });
}

function definition(timing: Timing): ScheduleDefinition {
  return { ...scheduleDefaults, timing };
}

async function scheduled(
  bench: Bench,
  timing: Timing,
  spec: Parameters<Bench['template']>[0] = {},
) {
  const schedule = definition(timing);
  const { id } = await bench.template(spec, { schedule });
  return { id, schedule };
}

function fire(bench: Bench, nowMs: number, limit = 100): Promise<FireResult> {
  return bench.store.fire({ nowMs, limit, newRunId: () => bench.id('schedule') });
}
