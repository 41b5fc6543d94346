import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scheduleDefaults, type Timing } from '../../../src/domain/schedule/definition.ts';
import type { FireRequest, FireResult } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, t0 } from './fixtures.ts';

const minuteMs = 60_000;
const everyMinute: Timing = { kind: 'fixed-rate', everyMs: minuteMs, anchorMs: t0 };

/** Idempotency keys of runs that schedules make: one run per key, whatever made it. */
export function runKeysContract(adapter: StoreAdapter): void {
  describe('keys of scheduled runs', () => {
    test('the run carries the key that its dialect gives', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      const other = await bench.template({}, { dialect: 'native', schedule: definition() });
      const asked: (readonly [string, number])[] = [];
      const { created } = await fire(bench, t0 + minuteMs, (dialect, nominalMs) => {
        asked.push([dialect, nominalMs]);
        return dialect === 'sae' ? keyOf(dialect, nominalMs) : null;
      });
      assert.deepEqual(
        new Map(created.map((run) => [run.templateId, run.idempotencyKey])),
        new Map([
          [id, `at ${t0 + minuteMs}`],
          [other.id, null],
        ]),
      );
      assert.ok(asked.every(([, nominalMs]) => nominalMs === t0 + minuteMs));
      const known = await bench.admit(id, { idempotencyKey: `at ${t0 + minuteMs}` });
      assert.equal(known.kind, 'existing');
    });

    test('a firing whose key a run has already is that run’s', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute, { concurrency: 'forbid' });
      const manual = await bench.run(id, { idempotencyKey: `at ${t0 + minuteMs}` });
      const result = await fire(bench, t0 + minuteMs);
      assert.deepEqual([result.created, result.stop, result.decided], [[], [], 1]);
      assert.equal(result.nextFiringMs, t0 + 2 * minuteMs);
      const { rows } = await bench.store.firings(id, 0, 10);
      assert.deepEqual(
        rows.map((row) => [row.nominalMs, row.outcome, row.runId, row.rule]),
        [[t0 + minuteMs, 'fired', manual.id, 'existing']],
      );
      assert.match(rows[0]?.reason ?? '', new RegExp(`${manual.id}.*manual`));
      assert.deepEqual(await bench.store.refusals(id, 10), []);
      assert.equal((await bench.store.runs({ templateId: id, offset: 0, limit: 9 })).total, 1);
    });

    test('asked for and fired at the same time, it is one run', async (t) => {
      const bench = await Bench.open(adapter, t);
      const templates = [];
      for (let n = 0; n < 12; n += 1) templates.push(await scheduled(bench, everyMinute));
      const idempotencyKey = `at ${t0 + minuteMs}`;
      const [, ...admitted] = await Promise.all([
        fire(bench, t0 + minuteMs),
        ...templates.map(({ id }) => bench.admit(id, { idempotencyKey })),
      ]);
      for (const [index, { id }] of templates.entries()) {
        const page = await bench.store.runs({ templateId: id, offset: 0, limit: 9 });
        assert.equal(page.total, 1);
        const result = admitted[index];
        assert.ok(result !== undefined && result.kind !== 'refused');
        assert.equal(result.run.id, page.rows[0]?.id);
        const { rows } = await bench.store.firings(id, 0, 9);
        assert.deepEqual(
          rows.map(({ outcome, runId }) => [outcome, runId]),
          [['fired', page.rows[0]?.id]],
        );
      }
    });

    test('a fixed delay does not wait for the end of a run that it did not make', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, { kind: 'fixed-delay', delayMs: 10_000 });
      await bench.run(id, { idempotencyKey: `at ${t0 + 10_000}` });
      const result = await fire(bench, t0 + 10_000);
      assert.deepEqual([result.created, result.nextFiringMs], [[], t0 + 20_000]);
      const second = await fire(bench, t0 + 20_000);
      assert.deepEqual([second.created.length, second.waiting], [1, true]);
      const attempts = (await bench.claim(t0 + 20_000)).attempts;
      await bench.report(
        attempts.map((attempt) => exited(attempt, 0, t0 + 21_000)),
        t0 + 21_000,
      );
      assert.equal((await bench.store.schedule(id))?.nextAtMs, t0 + 31_000);
    });

    test('two firings of one key are one run', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await scheduled(bench, everyMinute);
      const first = await fire(bench, t0 + minuteMs, () => 'once');
      const second = await fire(bench, t0 + 2 * minuteMs, () => 'once');
      assert.deepEqual([first.created.length, second.created.length], [1, 0]);
      const { rows } = await bench.store.firings(id, 0, 9);
      assert.deepEqual(
        rows.map(({ runId }) => runId),
        [first.created[0]?.id, first.created[0]?.id],
      );
    });
  });
}

type KeyOf = NonNullable<FireRequest['keyOf']>;

const keyOf: KeyOf = (_dialect, nominalMs) => `at ${nominalMs}`;

function definition(timing: Timing = everyMinute) {
  return { ...scheduleDefaults, timing };
}

function scheduled(bench: Bench, timing: Timing, spec: Parameters<Bench['template']>[0] = {}) {
  return bench.template(spec, { schedule: definition(timing) });
}

function fire(bench: Bench, nowMs: number, key: KeyOf = keyOf): Promise<FireResult> {
  return bench.store.fire({ nowMs, limit: 100, newRunId: () => bench.id('schedule'), keyOf: key });
}
