import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maxRunsAtOnce } from '../../../src/ports/run-details.ts';
import type { RunQuery } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { baseSpec, Bench, exited, killed, t0 } from './fixtures.ts';

/** Several runs in one go tell what each tells alone. */
export function runDetailsContract(adapter: StoreAdapter): void {
  describe('several runs at once', () => {
    test('tell what each tells alone, whatever state it is in', async (t) => {
      const bench = await Bench.open(adapter, t);
      const ids = await lives(bench);
      await equalSingleReads(bench, ids);
      await bench.reopen();
      await equalSingleReads(bench, ids.toReversed());
    });

    test('those that are hidden or were never there are left out, each is told once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const template = await bench.template();
      const gone = await bench.template();
      const [one, two, hidden] = [
        await bench.run(template.id),
        await bench.run(template.id),
        await bench.run(template.id),
      ];
      const ofGone = await bench.run(gone.id);
      await bench.store.deleteRun(hidden.id, t0);
      await bench.store.deleteTemplate(gone.id, 'sae', bench.context());
      const asked = [two.id, 'manual-unknown', hidden.id, one.id, ofGone.id, two.id, "'; --", ''];
      assert.deepEqual((await bench.store.knownRuns(asked)).toSorted(), [one.id, two.id]);
      const read = await bench.store.runsWithInstances(asked);
      assert.deepEqual(read.map(({ run }) => run.id).toSorted(), [one.id, two.id]);
      assert.deepEqual(await bench.store.knownRuns([]), []);
      assert.deepEqual(await bench.store.runsWithInstances([]), []);
    });

    test('as many as a call may name are read, more are refused', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id);
      const most = [
        ...Array.from({ length: maxRunsAtOnce - 1 }, (_, index) => `manual-none-${index}`),
        run.id,
      ];
      assert.deepEqual(await bench.store.knownRuns(most), [run.id]);
      assert.equal((await bench.store.runsWithInstances(most)).length, 1);
      const more = [...most, 'manual-one-more'];
      await assert.rejects(bench.store.knownRuns(more), RangeError);
      await assert.rejects(bench.store.runsWithInstances(more), RangeError);
    });

    test('rows alone are those of the page with its total', async (t) => {
      const bench = await Bench.open(adapter, t);
      const ids = await lives(bench);
      const first = await bench.get(ids[0] ?? '');
      const queries: Partial<RunQuery>[] = [
        {},
        { limit: 3 },
        { offset: 2, limit: 2 },
        { offset: 99 },
        { limit: 0 },
        { dialect: 'sae', namespace: 'cn-hangzhou', templateId: first.templateId },
        { dialect: 'cdm' },
        { states: ['failed', 'canceled'] },
        { states: ['failed', 'canceled'], verdict: null },
        { verdict: 'succeeded' },
        { states: [] },
        { createdFromMs: t0 + 1, createdUntilMs: t0 + 60_000 },
      ];
      const sizes = new Set<number>();
      for (const query of queries) {
        const whole: RunQuery = { offset: 0, limit: 10, ...query };
        const { rows } = await bench.store.runs(whole);
        assert.deepEqual(await bench.store.runRows(whole), rows, JSON.stringify(query));
        sizes.add(rows.length);
      }
      assert.ok(sizes.size > 3, 'the queries tell rows apart');
    });
  });
}

/** Runs that wait, run, succeeded, failed, were retried, stopped and judged; by revision or override. */
async function lives(bench: Bench): Promise<readonly string[]> {
  const { store } = bench;
  const retry = { limit: 2, backoffMs: 1_000, backoffMaxMs: 1_000 };
  const many = await bench.template({ replicas: 3, retry }, { document: { kind: 'many' } });
  const one = await bench.template({}, { name: 'one', document: { kind: 'one' } });

  const mixed = await bench.running(many.id);
  const [a, b, c] = mixed.attempts;
  assert.ok(a && b && c);
  await bench.report([exited(a, 0, t0 + 1), exited(b, 1, t0 + 2)], t0 + 2);
  const [again] = (await bench.claim(t0 + 1_002)).attempts;
  assert.ok(again !== undefined && again.number === 2);

  const pending = await bench.running(many.id, t0 + 2_000);
  const [failing] = pending.attempts;
  assert.ok(failing);

  const stopped = await bench.running(many.id, t0 + 3_000);
  await store.stopRun(stopped.run.id, 'user', 'stopped by alice', t0 + 3_001);
  await bench.report(
    stopped.attempts.map((attempt) => killed(attempt, t0 + 3_002)),
    t0 + 3_002,
  );

  const failed = await bench.running(one.id, t0 + 4_000);
  await bench.report(
    failed.attempts.map((attempt) => exited(attempt, 3, t0 + 4_001)),
    t0 + 4_001,
  );
  await store.judgeRun(failed.run.id, 'succeeded', 'bob', t0 + 4_002);

  const succeeded = await bench.running(one.id, t0 + 5_000);
  await bench.report(
    succeeded.attempts.map((attempt) => ({
      ...exited(attempt, 0, t0 + 5_001),
      result: 'the “answer”\n\\ 42',
    })),
    t0 + 5_001,
  );

  const overridden = await bench.run(one.id, {
    nowMs: t0 + 6_000,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    override: () => ({
      spec: { ...baseSpec, replicas: 2 },
      document: { kind: 'over', text: '夜' },
      notActedOn: ['Region'],
    }),
  });
  const revised = await store.updateTemplate(
    one.id,
    'sae',
    () => ({ ...bench.newTemplate(), document: { kind: 'revised' } }),
    bench.context(t0 + 6_500),
  );
  // Nothing is claimed from here on: this one waits for its next try.
  await bench.report([exited(failing, 1, t0 + 6_600)], t0 + 6_600);
  const later = await bench.run(revised.id, { nowMs: t0 + 7_000, notBeforeMs: t0 + 9e6 });
  return [
    ...[mixed, pending, stopped, failed, succeeded].map(({ run }) => run.id),
    overridden.id,
    later.id,
  ];
}

async function equalSingleReads(bench: Bench, ids: readonly string[]): Promise<void> {
  const read = await bench.store.runsWithInstances(ids);
  assert.equal(read.length, ids.length);
  const byId = new Map(read.map((each) => [each.run.id, each]));
  for (const id of ids) {
    const expected = {
      run: await bench.store.run(id),
      instances: await bench.store.instances(id),
    };
    assert.deepEqual(byId.get(id), expected);
    // Also in one call alone.
    assert.deepEqual(await bench.store.runsWithInstances([id]), [expected]);
  }
  assert.deepEqual((await bench.store.knownRuns(ids)).toSorted(), ids.toSorted());
  const instances = read.flatMap((each) => each.instances);
  const states = new Set(instances.map(({ state }) => state));
  assert.deepEqual([...states].toSorted(), ['active', 'failed', 'pending', 'stopped', 'succeeded']);
  assert.ok(
    instances.some(({ attempts }) => attempts.length === 2),
    'one was tried again',
  );
}
