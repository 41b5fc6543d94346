import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttemptReport } from '../../../src/ports/executor.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, ids, killed, lost, refused, started, t0 } from './fixtures.ts';

const retry = { limit: 2, backoffMs: 10_000, backoffMaxMs: 15_000 };

/** What executors tell, and which of it counts (invariants 4 and 5). */
export function reportsContract(adapter: StoreAdapter): void {
  describe('reports', () => {
    test('started, then ended with success', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const run = await bench.run(id);
      const [a, b] = (await bench.claim(t0)).attempts;
      assert.ok(a && b);
      const first = await bench.report([started(a, t0 + 10, 77), started(b, t0 + 11, 78)], t0 + 12);
      assert.deepEqual(first, { stale: 0, stop: [], finished: [], wake: false });
      const stored = await bench.store.attempt(a.attemptId);
      assert.equal(stored?.state, 'running');
      assert.equal(stored?.pid, 77);
      assert.equal(stored?.startedAtMs, t0 + 10);

      await bench.report([exited(a, 0, t0 + 20)], t0 + 21);
      const half = await bench.get(run.id);
      assert.deepEqual(
        [half.state, half.active, half.succeeded, half.failed],
        ['running', 1, 1, 0],
      );
      const last = await bench.report([exited(b, 0, t0 + 30)], t0 + 31);
      assert.deepEqual(last.finished, [run.id]);
      const done = await bench.get(run.id);
      assert.deepEqual([done.state, done.active, done.succeeded], ['succeeded', 0, 2]);
      assert.deepEqual([done.message, done.stopCause, done.deadlineAtMs], ['', null, null]);
      assert.ok(done.endedAtMs !== null && done.endedAtMs >= t0 + 30);
      const ended = await bench.store.attempt(b.attemptId);
      assert.deepEqual([ended?.state, ended?.exitCode, ended?.signal], ['succeeded', 0, null]);
      assert.equal(ended?.endedAtMs, t0 + 30);
    });

    test('start and end may arrive together, and the end without the start', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const run = await bench.run(id);
      const [a, b] = (await bench.claim()).attempts;
      assert.ok(a && b);
      const result = await bench.report([started(a), exited(a, 0), exited(b, 0)]);
      assert.deepEqual(result.finished, [run.id]);
      assert.equal((await bench.get(run.id)).state, 'succeeded');
    });

    test('an attempt that was given back is tried again at once, without a retry', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ retry: { ...retry, limit: 0 } });
      const run = await bench.run(id);
      const [first] = (await bench.claim(t0)).attempts;
      assert.ok(first);
      const why = 'every slot was taken';
      const { attemptId, fence } = first;
      const report = { kind: 'refused', attemptId, fence, atMs: t0 + 5, message: why } as const;
      const result = await bench.report([{ ...report, again: true }], t0 + 5);
      assert.deepEqual(result, { stale: 0, stop: [], finished: [], wake: true });
      const waiting = await bench.get(run.id);
      assert.deepEqual([waiting.state, waiting.active, waiting.failed], ['running', 0, 0]);
      const [instance] = await bench.store.instances(run.id);
      assert.equal(instance?.state, 'pending');

      const [second] = (await bench.claim(t0 + 5)).attempts;
      assert.equal(second?.number, 2);
      assert.ok(second);
      await bench.report([started(second, t0 + 6), exited(second, 0, t0 + 7)], t0 + 8);
      assert.equal((await bench.get(run.id)).state, 'succeeded');
      const told = (await bench.store.events(run.id)).map(({ subject, to }) => `${subject} ${to}`);
      assert.deepEqual(told, [
        'run queued',
        'run running',
        '#0.1 claimed',
        '#0.1 lost',
        '#0.2 claimed',
        '#0.2 running',
        '#0.2 succeeded',
        'run succeeded',
      ]);
      const [ended] = await bench.store.instances(run.id);
      assert.deepEqual(
        [ended?.state, ended?.attempts.map(({ state }) => state)],
        ['succeeded', ['lost', 'succeeded']],
      );
    });

    test('what was noted at the start is kept on the attempt and told in its event', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const run = await bench.run(id);
      const [a, b] = (await bench.claim()).attempts;
      assert.ok(a && b);
      const note = 'Open JDK 8 is run by OpenJDK 17';
      await bench.report([
        { ...started(a), note } as AttemptReport,
        { ...started(a), note: 'again' } as AttemptReport,
        { ...started(b, t0, 78), note: '' } as AttemptReport,
      ]);
      const messageOf = async ({ attemptId }: { attemptId: string }): Promise<unknown> =>
        (await bench.store.attempt(attemptId))?.message;
      assert.deepEqual([await messageOf(a), await messageOf(b)], [note, '']);
      await bench.report([exited(a, 0), exited(b, 0)]);
      assert.deepEqual(
        [await messageOf(a), await messageOf(b)],
        [`exited with code 0; ${note}`, 'exited with code 0'],
      );
      const reasons = (await bench.store.events(run.id))
        .filter(({ to }) => to === 'running')
        .map(({ subject, reason }) => [subject, reason]);
      assert.deepEqual(
        reasons.filter(([subject]) => subject?.startsWith('#')),
        [
          ['#0.1', `started as process 4242; ${note}`],
          ['#1.1', 'started as process 78'],
        ],
      );
    });

    test('a failure without a retry budget is final, and tells the exit code', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { run, attempts } = await bench.running(id);
      const result = await bench.report(
        attempts.map((attempt) => exited(attempt, 3, t0 + 9)),
        t0 + 9,
      );
      assert.deepEqual(result.finished, [run.id]);
      const failed = await bench.get(run.id);
      assert.deepEqual([failed.state, failed.active, failed.failed], ['failed', 0, 1]);
      assert.match(failed.message, /\b3\b/);
      const [instance] = await bench.store.instances(run.id);
      assert.equal(instance?.state, 'failed');
      assert.deepEqual(
        [instance?.attempts[0]?.state, instance?.attempts[0]?.exitCode],
        ['failed', 3],
      );
    });

    test('an end by a signal names it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { run, attempts } = await bench.running(id);
      const [attempt] = attempts;
      assert.ok(attempt);
      const oom: AttemptReport = {
        kind: 'ended',
        attemptId: attempt.attemptId,
        fence: attempt.fence,
        atMs: t0,
        exitCode: null,
        signal: 'SIGKILL',
        stopped: false,
        message: 'PostStart failed',
      };
      await bench.report([oom]);
      const failed = await bench.get(run.id);
      assert.equal(failed.state, 'failed');
      assert.match(failed.message, /SIGKILL/);
      assert.match(failed.message, /PostStart failed/);
      const stored = await bench.store.attempt(attempt.attemptId);
      assert.deepEqual([stored?.exitCode, stored?.signal], [null, 'SIGKILL']);
    });

    test('a retry takes the same index again after its wait, and counts the failure', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2, retry });
      const { run, attempts } = await bench.running(id);
      const [a, b] = attempts;
      assert.ok(a && b);
      const result = await bench.report([exited(b, 1, t0 + 100)], t0 + 100);
      assert.deepEqual([result.finished, result.stop], [[], []]);
      assert.equal(result.wake, true);
      const waiting = await bench.get(run.id);
      assert.deepEqual([waiting.state, waiting.active, waiting.failed], ['running', 1, 1]);
      assert.equal((await bench.store.instances(run.id))[1]?.state, 'pending');

      const early = await bench.claim(t0 + 10_099);
      assert.deepEqual(early.attempts, []);
      assert.equal(early.nextDueMs, t0 + 10_100);
      const [again] = (await bench.claim(t0 + 10_100)).attempts;
      assert.ok(again);
      assert.deepEqual([again.attemptId, again.index, again.number], [`${run.id}.1.2`, 1, 2]);
      // The second wait would be 20 s; the policy's longest is 15 s.
      await bench.report([exited(again, 1, t0 + 20_000)], t0 + 20_000);
      assert.equal((await bench.claim(t0 + 34_999)).nextDueMs, t0 + 35_000);
      const [last] = (await bench.claim(t0 + 35_000)).attempts;
      assert.ok(last);
      await bench.report([exited(last, 0), exited(a, 0)], t0 + 36_000);
      const done = await bench.get(run.id);
      assert.deepEqual([done.state, done.succeeded, done.failed], ['succeeded', 2, 2]);
      const [, instance] = await bench.store.instances(run.id);
      assert.deepEqual(
        instance?.attempts.map(({ number, state }) => [number, state]),
        [
          [1, 'failed'],
          [2, 'failed'],
          [3, 'succeeded'],
        ],
      );
    });

    test('a used-up budget stops the other instances before the run fails', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 4, retry: { ...retry, limit: 1 } });
      const run = await bench.run(id);
      const [a, b, c] = (await bench.claim(t0, { limit: 3 })).attempts;
      assert.ok(a && b && c);
      await bench.report([started(a), started(b), started(c), exited(a, 1)], t0 + 1);
      const over = await bench.report([exited(b, 2)], t0 + 2);
      assert.deepEqual(ids(over.stop), [c.attemptId]);
      assert.deepEqual(over.finished, []);
      const stopping = await bench.get(run.id);
      assert.deepEqual([stopping.state, stopping.stopCause], ['stopping', 'budget']);
      assert.deepEqual((await bench.claim(t0 + 60_000)).attempts, [], 'no retries any more');
      const end = await bench.report([killed(c)], t0 + 3);
      assert.deepEqual(end.finished, [run.id]);
      const failed = await bench.get(run.id);
      assert.equal(failed.state, 'failed');
      assert.equal(failed.failed, 2, 'an attempt stopped by us is not a failed one');
      const states = (await bench.store.instances(run.id)).map(({ state }) => state);
      assert.deepEqual(states, ['stopped', 'failed', 'stopped', 'stopped']);
    });

    test('lost and refused attempts count as failed ones', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ retry });
      const { run, attempts } = await bench.running(id);
      const [first] = attempts;
      assert.ok(first);
      await bench.report([lost(first, 'the host was restarted')], t0 + 1);
      assert.equal((await bench.store.attempt(first.attemptId))?.state, 'lost');
      const [second] = (await bench.claim(t0 + 60_000)).attempts;
      assert.ok(second);
      await bench.report([refused(second, 'no such program: ech')], t0 + 60_000);
      const waiting = await bench.get(run.id);
      assert.deepEqual([waiting.state, waiting.failed], ['running', 2]);
      assert.match((await bench.store.attempt(second.attemptId))?.message ?? '', /no such program/);
      const [third] = (await bench.claim(t0 + 120_000)).attempts;
      assert.ok(third);
      const last = await bench.report([lost(third, 'its folder is gone')], t0 + 120_001);
      assert.deepEqual(last.finished, [run.id]);
      const failed = await bench.get(run.id);
      assert.deepEqual([failed.state, failed.failed], ['failed', 3]);
      assert.match(failed.message, /its folder is gone/);
    });

    test('another fence, an unknown attempt and repeated reports change nothing', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2, retry });
      const { run, attempts } = await bench.running(id);
      const [a, b] = attempts;
      assert.ok(a && b);
      const before = [await bench.store.run(run.id), await bench.store.instances(run.id)];
      const wrong = [
        exited({ ...a, fence: a.fence - 1 }, 0),
        exited({ ...a, fence: a.fence + 1 }, 1),
        exited({ attemptId: `${run.id}.0.2`, fence: a.fence }, 0),
        exited({ attemptId: `${run.id}.7.1`, fence: a.fence }, 0),
        exited({ attemptId: 'manual-unknown.0.1', fence: a.fence }, 0),
        exited({ attemptId: 'nonsense', fence: a.fence }, 0),
      ];
      const result = await bench.report(wrong);
      assert.equal(result.stale, wrong.length);
      assert.deepEqual([result.stop, result.finished, result.wake], [[], [], false]);
      const after = [await bench.store.run(run.id), await bench.store.instances(run.id)];
      assert.deepEqual(after, before);

      await bench.report([exited(a, 1)]);
      const repeated = await bench.report([
        exited(a, 1),
        exited(a, 0),
        lost(a, 'again'),
        started(a),
      ]);
      assert.equal(repeated.stale, 4);
      assert.equal((await bench.get(run.id)).failed, 1);
    });

    test('a stale report spares the good ones beside it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { run, attempts } = await bench.running(id);
      const [attempt] = attempts;
      assert.ok(attempt);
      const result = await bench.report([
        exited({ ...attempt, fence: attempt.fence + 9 }, 1),
        exited(attempt, 0),
        exited(attempt, 1),
      ]);
      assert.equal(result.stale, 2);
      assert.deepEqual(result.finished, [run.id]);
      assert.equal((await bench.get(run.id)).state, 'succeeded');
    });

    test('final states are final', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ timeoutMs: 1 });
      const { run, attempts } = await bench.running(id);
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      const done = await bench.store.run(run.id);
      const [attempt] = attempts;
      assert.ok(attempt);
      assert.equal((await bench.report([lost(attempt, 'late'), killed(attempt)])).stale, 2);
      const stop = await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0 + 5);
      assert.deepEqual([stop.finished, stop.stop], [true, []]);
      assert.equal(stop.run.state, 'succeeded');
      const overdue = await bench.store.stopOverdue(t0 + 60_000);
      assert.deepEqual(overdue, { stop: [], finished: [], nextDeadlineMs: null });
      assert.deepEqual((await bench.claim(t0 + 60_000)).attempts, []);
      assert.deepEqual(await bench.store.run(run.id), done);
    });
  });
}
