import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, rejectsWith, t0 } from './fixtures.ts';

/** A person's judgement on a run after its end. */
export function verdictsContract(adapter: StoreAdapter): void {
  describe('verdicts', () => {
    test('a failed and a canceled run are judged, once, and the story tells who', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const failed = await bench.running(id);
      await bench.report(failed.attempts.map((attempt) => exited(attempt, 7)));
      const canceled = await bench.run(id);
      await bench.store.stopRun(canceled.id, 'user', 'stopped by alice', t0 + 1);
      for (const [runId, state] of [
        [failed.run.id, 'failed'],
        [canceled.id, 'canceled'],
      ] as const) {
        const before = await bench.get(runId);
        const told = await bench.store.events(runId);
        assert.deepEqual([before.state, before.verdict], [state, null]);
        const judged = await bench.store.judgeRun(runId, 'succeeded', 'bob', t0 + 5);
        const { spec, document, notActedOn, templateName, traceparent, ...run } = {
          ...(await bench.store.run(runId)),
        };
        assert.ok(spec && document && notActedOn && templateName && traceparent === null);
        assert.deepEqual(judged, run, 'the answer is what is stored');
        assert.deepEqual(
          await bench.get(runId),
          { ...before, verdict: 'succeeded' },
          'nothing else changes',
        );
        const lines = (await bench.store.events(runId)).slice(told.length);
        assert.deepEqual(
          lines.map(({ subject, from, to, atMs }) => [subject, from, to, atMs]),
          [['run', state, state, t0 + 5]],
        );
        assert.match(lines[0]?.reason ?? '', /succeeded.*bob/);
      }
      const story = await bench.store.events(failed.run.id);
      const again = await bench.store.judgeRun(failed.run.id, 'succeeded', 'carol', t0 + 9);
      assert.equal(again.verdict, 'succeeded');
      assert.deepEqual(await bench.store.events(failed.run.id), story, 'repeated in silence');
      await bench.reopen();
      assert.equal((await bench.get(failed.run.id)).verdict, 'succeeded');
    });

    test('judged at the same time by many, it is told once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id);
      await bench.store.stopRun(run.id, 'user', 'stopped', t0 + 1);
      const before = (await bench.store.events(run.id)).length;
      await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          bench.store.judgeRun(run.id, 'succeeded', `user-${n}`, t0 + 2),
        ),
      );
      assert.equal((await bench.store.events(run.id)).length, before + 1);
    });

    test('what is under way, has succeeded, or is gone cannot be judged', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const judge = (runId: string) => bench.store.judgeRun(runId, 'succeeded', 'bob', t0 + 5);
      const { run, attempts } = await bench.running(id);
      const queued = await bench.run(id, { notBeforeMs: t0 + 60_000 });
      await rejectsWith(judge(queued.id), 'invalid-argument');
      await rejectsWith(judge(run.id), 'invalid-argument');
      await bench.store.stopRun(run.id, 'user', 'stopped', t0);
      await rejectsWith(judge(run.id), 'invalid-argument');
      await bench.report(attempts.map((attempt) => exited(attempt, 1)));
      assert.equal((await judge(run.id)).verdict, 'succeeded');
      const good = await bench.running(id);
      await bench.report(good.attempts.map((attempt) => exited(attempt, 0)));
      await rejectsWith(judge(good.run.id), 'invalid-argument');
      await rejectsWith(judge('manual-unknown'), 'run-not-found');
      await bench.store.deleteRun(run.id, t0 + 6);
      await rejectsWith(judge(run.id), 'run-not-found');
      await bench.store.stopRun(queued.id, 'user', 'stopped', t0 + 6);
      await bench.store.deleteTemplate(id, 'sae', bench.context());
      await rejectsWith(judge(queued.id), 'run-not-found');
    });
  });
}
