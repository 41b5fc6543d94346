import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConcurrencyPolicy } from '../../../src/domain/policies.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, ids, killed, started, t0 } from './fixtures.ts';

/** Taking what is due, each attempt once (invariant 4). */
export function claimsContract(adapter: StoreAdapter): void {
  describe('claims', () => {
    test('a claimed attempt carries all that a start needs', async (t) => {
      const bench = await Bench.open(adapter, t);
      const shards = [{ SHARD: 'a' }, { SHARD: 'b' }];
      const template = await bench.template({ replicas: 2, shards });
      const run = await bench.run(template.id);
      const { attempts, stop, finished } = await bench.claim(t0 + 5);
      assert.deepEqual(ids(attempts), [`${run.id}.0.1`, `${run.id}.1.1`]);
      assert.deepEqual([stop, finished], [[], []]);
      for (const [index, attempt] of attempts.entries()) {
        assert.equal(attempt.index, index);
        assert.equal(attempt.number, 1);
        assert.equal(attempt.executor, 'process');
        assert.equal(attempt.fence, bench.fence);
        assert.equal(attempt.run.templateName, template.name);
        assert.deepEqual(attempt.run.spec.shards, shards);
      }
      assert.equal((await bench.get(run.id)).active, 2);
      const stored = await bench.store.attempt(`${run.id}.1.1`);
      assert.deepEqual(stored, {
        id: `${run.id}.1.1`,
        runId: run.id,
        number: 1,
        state: 'claimed',
        executor: 'process',
        fence: bench.fence,
        pid: null,
        exitCode: null,
        signal: null,
        message: '',
        worker: '',
        result: '',
        progress: '',
        claimedAtMs: t0 + 5,
        startedAtMs: null,
        endedAtMs: null,
      });
    });

    test('concurrent claims share the attempts out, each once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 3 });
      const runs = await Promise.all(Array.from({ length: 20 }, () => bench.run(id)));
      const claims = await Promise.all(
        Array.from({ length: 10 }, () => bench.claim(t0, { limit: 7 })),
      );
      const taken = claims.flatMap(({ attempts }) => attempts.map(({ attemptId }) => attemptId));
      assert.ok(claims.every(({ attempts }) => attempts.length <= 7));
      assert.equal(taken.length, 60);
      assert.equal(new Set(taken).size, runs.length * 3);
      assert.deepEqual((await bench.claim()).attempts, []);
    });

    test('a limit smaller than a run starts the rest of it later, oldest run first', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 3 });
      const first = await bench.run(id, { nowMs: t0 });
      const second = await bench.run(id, { nowMs: t0 + 1 });
      const take = async (limit: number): Promise<readonly string[]> =>
        ids((await bench.claim(t0 + 2, { limit })).attempts);
      assert.deepEqual(await take(2), [`${first.id}.0.1`, `${first.id}.1.1`]);
      assert.equal((await bench.get(first.id)).active, 2);
      assert.deepEqual(await take(2), [`${first.id}.2.1`, `${second.id}.0.1`]);
      assert.deepEqual(await take(2), [`${second.id}.1.1`, `${second.id}.2.1`]);
      assert.deepEqual(await take(2), []);
      assert.equal((await bench.get(second.id)).active, 3);
    });

    test('a run that nothing can run fails with the words of the route', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({
        replicas: 2,
        retry: { limit: 3, backoffMs: 1, backoffMaxMs: 1 },
      });
      const run = await bench.run(id);
      const other = await bench.template({ replicas: 1 });
      const fine = await bench.run(other.id, { nowMs: t0 + 1 });
      const result = await bench.claim(t0 + 2, {
        limit: 1,
        route: (spec) =>
          spec.replicas === 2 ? { refusal: 'no executor runs images' } : { executor: 'process' },
      });
      assert.deepEqual(result.finished, [run.id]);
      assert.deepEqual(ids(result.attempts), [`${fine.id}.0.1`], 'a refused run takes no room');
      const failed = await bench.get(run.id);
      assert.equal(failed.state, 'failed');
      assert.equal(failed.message, 'no executor runs images');
      assert.equal(failed.endedAtMs, t0 + 2);
      assert.deepEqual((await bench.claim(t0 + 3)).attempts, []);
    });

    test('a route that closes under a half-started run ends it once, and stops what runs', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 3 });
      const run = await bench.run(id);
      const [attempt] = (await bench.claim(t0, { limit: 1 })).attempts;
      assert.ok(attempt);
      const closed = await bench.claim(t0 + 1, { route: () => ({ refusal: 'docker is gone' }) });
      assert.deepEqual(closed.attempts, []);
      assert.deepEqual(ids(closed.stop), [attempt.attemptId]);
      assert.deepEqual(closed.finished, [], 'it ends when its attempt has ended');
      assert.equal((await bench.get(run.id)).state, 'stopping');
      assert.deepEqual((await bench.report([killed(attempt)])).finished, [run.id]);
      const failed = await bench.get(run.id);
      assert.equal(failed.state, 'failed');
      assert.match(failed.message, /docker is gone/);
    });

    test('a delayed run waits for its time', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id, { notBeforeMs: t0 + 60_000 });
      assert.equal(run.state, 'queued');
      assert.equal(run.notBeforeMs, t0 + 60_000);
      const early = await bench.claim(t0 + 59_999);
      assert.deepEqual(early.attempts, []);
      assert.equal(early.nextDueMs, t0 + 60_000);
      const due = await bench.claim(t0 + 60_000);
      assert.deepEqual(ids(due.attempts), [`${run.id}.0.1`]);
      assert.equal(due.nextDueMs, null);
    });

    test('a start wanted in the past is a start now', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id, { notBeforeMs: t0 - 60_000 });
      assert.ok(run.notBeforeMs <= t0);
      assert.equal((await bench.claim(t0)).attempts.length, 1);
    });

    test('the time limit runs from the start, not from the delay', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ timeoutMs: 5_000 });
      const run = await bench.run(id, { notBeforeMs: t0 + 60_000 });
      assert.equal(run.deadlineAtMs, null);
      const { attempts } = await bench.claim(t0 + 61_000);
      await bench.report(attempts.map((attempt) => started(attempt, t0 + 61_000)));
      const running = await bench.get(run.id);
      assert.equal(running.state, 'running');
      assert.equal(running.startedAtMs, t0 + 61_000);
      assert.equal(running.deadlineAtMs, t0 + 66_000);
    });

    test('a delayed run of a template suspended meanwhile is held until it is resumed', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id, { notBeforeMs: t0 + 1_000 });
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      const held = await bench.claim(t0 + 1_000);
      assert.deepEqual(held.attempts, []);
      assert.equal(held.nextDueMs, null, 'nothing waits for time alone');
      assert.equal((await bench.get(run.id)).hold, 'suspended');
      assert.equal((await bench.get(run.id)).state, 'queued');
      await bench.reopen();
      assert.deepEqual((await bench.claim(t0 + 2_000)).attempts, []);
      const { wake } = await bench.store.setSuspended(id, 'sae', false, bench.context());
      assert.equal(wake, true);
      assert.equal((await bench.get(run.id)).hold, null);
      assert.deepEqual(ids((await bench.claim(t0 + 3_000)).attempts), [`${run.id}.0.1`]);
    });

    test('suspending leaves running runs alone', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { run, attempts } = await bench.running(id);
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      assert.equal((await bench.get(run.id)).state, 'running');
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      assert.equal((await bench.get(run.id)).state, 'succeeded');
    });

    test('a delayed Forbid run that finds another at its time fails and says why', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { templateId, delayed } = await delayedRun(bench, 'forbid');
      const { run: running } = await bench.running(templateId);
      const result = await bench.claim(t0 + 1_000);
      assert.deepEqual(result.attempts, []);
      assert.deepEqual(result.finished, [delayed]);
      assert.deepEqual(result.stop, []);
      const failed = await bench.get(delayed);
      assert.equal(failed.state, 'failed');
      assert.match(failed.message, /forbid/i);
      assert.equal((await bench.get(running.id)).state, 'running');
    });

    test('a delayed Replace run replaces at its time', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { templateId, delayed } = await delayedRun(bench, 'replace');
      const { run: old, attempts } = await bench.running(templateId);
      assert.equal(
        (await bench.get(old.id)).state,
        'running',
        'nothing is replaced before its time',
      );
      const due = await bench.claim(t0 + 1_000);
      assert.deepEqual(due.attempts, []);
      assert.deepEqual(ids(due.stop), ids(attempts));
      assert.equal((await bench.get(delayed)).hold, 'replacing');
      assert.equal((await bench.get(old.id)).stopCause, 'replaced');
      const ended = await bench.report(
        attempts.map((attempt) => killed(attempt)),
        t0 + 1_500,
      );
      assert.equal(ended.wake, true);
      assert.deepEqual(ids((await bench.claim(t0 + 1_500)).attempts), [`${delayed}.0.1`]);
    });

    test('a delayed run alone at its time starts whatever the policy', async (t) => {
      for (const policy of ['forbid', 'replace'] as const) {
        const bench = await Bench.open(adapter, t);
        const { delayed } = await delayedRun(bench, policy);
        assert.deepEqual(ids((await bench.claim(t0 + 1_000)).attempts), [`${delayed}.0.1`]);
      }
    });

    test('claims survive a restart: what was taken is not taken again', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      await bench.run(id);
      assert.equal((await bench.claim(t0, { limit: 1 })).attempts.length, 1);
      await bench.reopen();
      const rest = await bench.claim(t0);
      assert.equal(rest.attempts.length, 1);
      assert.equal(rest.attempts[0]?.index, 1);
      assert.equal(rest.attempts[0]?.fence, bench.fence);
    });

    test('claims and reports that cross leave no instance behind', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 10 });
      for (let n = 0; n < 10; n += 1) await bench.run(id);
      const claimed = new Set<string>();
      let live = (await bench.claim(t0, { limit: 4 })).attempts;
      for (let turn = 0; claimed.size < 100; turn += 1) {
        assert.ok(turn < 1_000, `${claimed.size} of 100 after ${turn} turns`);
        for (const { attemptId } of live) claimed.add(attemptId);
        const reports = live.map((attempt) => exited(attempt, 0));
        const [next, told] = await Promise.all([
          bench.claim(t0, { limit: 4 }),
          bench.report(reports),
        ]);
        live = next.attempts;
        // What the claim passed over, because the report held it, the report asks to claim.
        if (live.length === 0 && told.wake) live = (await bench.claim(t0, { limit: 4 })).attempts;
        if (live.length === 0) break;
      }
      assert.equal(claimed.size, 100);
    });
  });
}

/** A run due one second after `t0` on a template whose policy was Allow when it was accepted. */
async function delayedRun(
  bench: Bench,
  concurrency: ConcurrencyPolicy,
): Promise<{ templateId: string; delayed: string }> {
  const { id: templateId } = await bench.template({ concurrency: 'allow' });
  const { id: delayed } = await bench.run(templateId, {
    notBeforeMs: t0 + 1_000,
    override: ({ spec, document, notActedOn }) => ({
      spec: { ...spec, concurrency },
      document,
      notActedOn,
    }),
  });
  return { templateId, delayed };
}
