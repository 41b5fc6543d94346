import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttemptReport } from '../../../src/ports/executor.ts';
import type { ClaimedAttempt } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, lost, started, t0 } from './fixtures.ts';

/** What executors tell of an attempt beside its state: its worker, how far it is, its result. */
export function attemptFactsContract(adapter: StoreAdapter): void {
  describe('worker, progress and result', () => {
    test('are kept on the attempt, over a restart', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      await bench.run(id);
      const [a, b] = (await bench.claim()).attempts;
      assert.ok(a && b);
      assert.deepEqual(await factsOf(bench, a), ['', '', '']);
      await bench.report([at(a, '10.0.0.7:8080'), started(b)]);
      await bench.report([progress(a, '{"done":1}')]);
      await bench.report([ended(a, 'the “answer”\n42'), exited(b, 1)]);
      await bench.reopen();
      assert.deepEqual(await factsOf(bench, a), [
        '10.0.0.7:8080',
        '{"done":1}',
        'the “answer”\n42',
      ]);
      assert.deepEqual(await factsOf(bench, b), ['', '', '']);
      const { attempts = [] } = (await bench.store.instances(a.run.id))[0] ?? {};
      assert.equal(attempts[0]?.result, 'the “answer”\n42', 'lists tell the same');
    });

    test('a result is cut after the last character that fits into 1,000 bytes', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 5 });
      await bench.run(id);
      const { attempts } = await bench.claim();
      const results = ['x'.repeat(1_000), 'x'.repeat(1_001), 'é'.repeat(501), '日'.repeat(400)];
      const emoji = `x${'😀'.repeat(250)}`;
      const all = [...results, emoji];
      await bench.report(
        attempts.map((attempt, index) => ended(attempt, all[index] ?? '')),
        t0,
      );
      const kept: string[] = [];
      for (const attempt of attempts) {
        kept.push((await bench.store.attempt(attempt.attemptId))?.result ?? '');
      }
      assert.deepEqual(kept, [
        'x'.repeat(1_000),
        'x'.repeat(1_000),
        'é'.repeat(500),
        '日'.repeat(333),
        `x${'😀'.repeat(249)}`,
      ]);
    });

    test('of progress the latest counts; it changes nothing else and tells no event', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { run, attempts } = await bench.running(id);
      const [attempt] = attempts;
      assert.ok(attempt);
      const before = [await bench.get(run.id), await bench.store.events(run.id)];
      const stored = await bench.store.attempt(attempt.attemptId);
      const result = await bench.report([
        progress(attempt, '10'),
        progress(attempt, '20'),
        progress(attempt, '30'),
      ]);
      assert.deepEqual(result, { stale: 0, stop: [], finished: [], wake: false });
      await bench.report([progress(attempt, '40')]);
      assert.deepEqual(
        [await bench.get(run.id), await bench.store.events(run.id)],
        before,
        'the run is as it was',
      );
      assert.deepEqual(await bench.store.attempt(attempt.attemptId), {
        ...stored,
        progress: '40',
      });
    });

    test('progress may come before the start is confirmed, and before the end of one batch', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await bench.run(id);
      const [attempt] = (await bench.claim()).attempts;
      assert.ok(attempt);
      assert.equal((await bench.report([progress(attempt, 'early')])).stale, 0);
      await bench.report([at(attempt, 'w:1')]);
      assert.deepEqual(await factsOf(bench, attempt), ['w:1', 'early', '']);
      const last = [progress(attempt, 'last'), ended(attempt, 'done'), progress(attempt, 'after')];
      assert.equal((await bench.report(last)).stale, 1, 'after the end it is not heard');
      assert.deepEqual(await factsOf(bench, attempt), ['w:1', 'last', 'done']);
    });

    test('progress of a stranger is refused', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const [a, b] = (await bench.running(id)).attempts;
      assert.ok(a && b);
      await bench.report([progress(a, 'mine')]);
      const stale = await bench.report([
        progress({ ...a, fence: a.fence + 1 }, 'another’s'),
        progress({ ...a, attemptId: 'manual-unknown.0.1' }, 'of nothing'),
        progress({ ...a, attemptId: 'nonsense' }, 'of nonsense'),
        progress({ ...a, attemptId: a.attemptId.replace(/1$/, '2') }, 'of a later try'),
      ]);
      assert.equal(stale.stale, 4);
      await bench.report([lost(b, 'gone')]);
      assert.equal((await bench.report([progress(b, 'late')])).stale, 1);
      await bench.reopen();
      await bench.store.takeOver(bench.fence, []);
      assert.equal((await bench.report([progress(a, 'of an earlier life')])).stale, 1);
      assert.deepEqual(await factsOf(bench, a), ['', 'mine', '']);
      assert.equal(
        (await bench.report([progress({ ...a, fence: bench.fence }, 'goes on')])).stale,
        0,
      );
      assert.deepEqual(await factsOf(bench, a), ['', 'goes on', '']);
    });

    test('texts have bounds: a long progress is left out, a long address is cut', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await bench.run(id);
      const [attempt] = (await bench.claim()).attempts;
      assert.ok(attempt);
      await bench.report([at(attempt, 'w'.repeat(300)), progress(attempt, '{"done":1}')]);
      const long = await bench.report([progress(attempt, 'x'.repeat(65_537))]);
      assert.equal(long.stale, 0);
      assert.deepEqual(await factsOf(bench, attempt), ['w'.repeat(255), '{"done":1}', '']);
    });
  });
}

/** Its worker, progress and result. */
async function factsOf(bench: Bench, { attemptId }: ClaimedAttempt): Promise<readonly unknown[]> {
  const attempt = await bench.store.attempt(attemptId);
  return [attempt?.worker, attempt?.progress, attempt?.result];
}

type About = Pick<ClaimedAttempt, 'attemptId' | 'fence'>;

function at({ attemptId, fence }: About, worker: string): AttemptReport {
  return { kind: 'started', attemptId, fence, atMs: t0, pid: null, worker };
}

function progress({ attemptId, fence }: About, text: string): AttemptReport {
  return { kind: 'progress', attemptId, fence, atMs: t0, progress: text };
}

function ended(attempt: About, result: string): AttemptReport {
  return { ...exited(attempt, 0), result } as AttemptReport;
}
