import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JobSpec } from '../../../src/domain/template.ts';
import type { ClaimedAttempt } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, started, t0 } from './fixtures.ts';

const namespace = 'team/app';

/** How many runs of one namespace run at the same time, and who is next. */
export function runLimitsContract(adapter: StoreAdapter): void {
  describe('the limit of running runs of a namespace', () => {
    test('lets so many run and the others wait, oldest first, and says so', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.setRunLimit('sae', namespace, 2);
      const template = await templateIn(bench);
      const runs = [];
      for (let at = 0; at < 5; at += 1) runs.push(await bench.run(template, { nowMs: t0 + at }));
      const free = await bench.run((await bench.template()).id, { nowMs: t0 + 9 });
      const first = await bench.claim(t0 + 10);
      assert.deepEqual(runsOf(first.attempts), [runs[0]?.id, runs[1]?.id, free.id].toSorted());
      assert.equal((await bench.get(runs[2]?.id ?? '')).hold, 'limited');
      assert.equal(first.nextDueMs, null);
      const events = await bench.store.events(runs[2]?.id ?? '');
      assert.match(events.at(-1)?.reason ?? '', /\(2\) are running/);
      assert.deepEqual((await bench.claim(t0 + 11)).attempts, []);
      let running = first.attempts.filter(({ run }) => run.id !== free.id);
      for (const next of runs.slice(2)) {
        const [one, ...others] = running;
        assert.ok(one !== undefined);
        assert.equal((await bench.report([exited(one, 0)], t0 + 20)).wake, true);
        const { attempts } = await bench.claim(t0 + 21);
        assert.deepEqual(runsOf(attempts), [next.id]);
        assert.equal((await bench.get(next.id)).hold, null);
        running = [...others, ...attempts];
      }
      await bench.report(running.map((attempt) => exited(attempt, 0)));
      assert.deepEqual((await bench.store.counts()).queued, 0);
    });

    test('gives a place to the greater priority, then to the older', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.setRunLimit('sae', namespace, 1);
      const low = await templateIn(bench, { priority: 1 });
      const high = await templateIn(bench, { priority: 15 });
      const none = await templateIn(bench);
      const order = [none, low, high, low, high].map((id, at) => bench.run(id, { nowMs: t0 + at }));
      const [a, b, c, d, e] = await Promise.all(order);
      const begun: string[] = [];
      let { attempts } = await bench.claim(t0 + 10);
      // One that comes later and goes before them.
      const late = await bench.run(high, { nowMs: t0 + 11 });
      for (let turn = 0; turn < 6; turn += 1) {
        assert.equal(attempts.length, 1);
        begun.push(...runsOf(attempts));
        await bench.report(attempts.map((attempt) => exited(attempt, 0)));
        ({ attempts } = await bench.claim(t0 + 20));
      }
      assert.deepEqual(
        begun,
        [c, e, late, b, d, a].map((run) => run?.id),
      );
    });

    test('counts from the claim to the end: a run that waits for its retry keeps its place', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.setRunLimit('sae', namespace, 1);
      const retry = { limit: 1, backoffMs: 1_000, backoffMaxMs: 1_000 };
      const template = await templateIn(bench, { retry, replicas: 2 });
      const { run, attempts } = await bench.running(template);
      assert.equal(attempts.length, 2);
      const other = await bench.run(template);
      await bench.report([exited(attempts[0] as ClaimedAttempt, 1)]);
      assert.deepEqual((await bench.claim(t0 + 1)).attempts, []);
      const again = (await bench.claim(t0 + 5_000)).attempts;
      assert.deepEqual(runsOf(again), [run.id]);
      const left = [attempts[1] as ClaimedAttempt, ...again];
      await bench.report(left.map((attempt) => exited(attempt, 0)));
      assert.deepEqual(runsOf((await bench.claim(t0 + 6_000)).attempts), [other.id, other.id]);
    });

    test('a limit set, raised, lowered and lifted counts at once; what runs goes on', async (t) => {
      const bench = await Bench.open(adapter, t);
      const template = await templateIn(bench);
      const { attempts: before } = await bench.running(template);
      assert.deepEqual(await bench.store.setRunLimit('sae', namespace, 1), { wake: false });
      const [b, c, d, e] = [
        await bench.run(template),
        await bench.run(template),
        await bench.run(template),
        await bench.run(template),
      ];
      assert.deepEqual((await bench.claim(t0 + 1)).attempts, []);
      assert.deepEqual(await bench.store.setRunLimit('sae', namespace, 3), { wake: true });
      const more = (await bench.claim(t0 + 2)).attempts;
      assert.deepEqual(runsOf(more), [b.id, c.id].toSorted());
      assert.deepEqual(await bench.store.setRunLimit('sae', namespace, 1), { wake: false });
      await bench.report([...before, ...more].slice(0, 2).map((attempt) => exited(attempt, 0)));
      assert.deepEqual((await bench.claim(t0 + 3)).attempts, [], 'one runs still');
      assert.deepEqual(await bench.store.setRunLimit('sae', namespace, null), { wake: true });
      assert.deepEqual(runsOf((await bench.claim(t0 + 4)).attempts), [d.id, e.id].toSorted());
      assert.deepEqual(await bench.store.setRunLimit('sae', namespace, null), { wake: false });
      assert.deepEqual(await bench.store.setRunLimit('sae', 'elsewhere', 1), { wake: false });
    });

    test('a place is never forgotten: stops, failures, suspension, a small room', async (t) => {
      const bench = await Bench.open(adapter, t);
      await bench.store.setRunLimit('sae', namespace, 1);
      const template = await templateIn(bench);
      const asleep = await templateIn(bench, { priority: 9 });
      const { attempts } = await bench.running(template);
      const broken = await templateIn(bench, { priority: 8, graceMs: 13 });
      const sleeper = await bench.run(asleep);
      const unfit = await bench.run(broken);
      const [stopped, b, c] = [
        await bench.run(template),
        await bench.run(template),
        await bench.run(template),
      ];
      const route = ({ graceMs }: JobSpec) =>
        graceMs === 13 ? { refusal: 'no such thing' } : { executor: 'process' };
      const claim = (limit = 10) => bench.claim(t0 + 5, { route, limit });
      assert.deepEqual((await claim()).attempts, []);
      await bench.store.setSuspended(asleep, 'sae', true, bench.context());
      await bench.store.stopRun(stopped.id, 'user', 'stopped', t0 + 1);
      // The end makes the sleeper due, which sleeps; then the unfit, which fails.
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      const next = await claim(1);
      assert.deepEqual([runsOf(next.attempts), next.finished], [[b.id], [unfit.id]]);
      assert.equal((await bench.get(sleeper.id)).hold, 'suspended');
      // A run that was made due and is stopped before it begins passes its place on.
      await bench.report(next.attempts.map((attempt) => exited(attempt, 0)));
      assert.equal((await bench.get(c.id)).hold, null);
      const last = await bench.run(template);
      await bench.store.stopRun(c.id, 'user', 'stopped', t0 + 2);
      assert.deepEqual(runsOf((await claim(1)).attempts), [last.id]);
      await bench.store.setSuspended(asleep, 'sae', false, bench.context());
      assert.deepEqual((await claim()).attempts, []);
      await bench.reopen();
      const taken = await bench.store.takeOver(bench.fence, []);
      const ends = taken.map((ref) => exited(ref, 0));
      assert.equal((await bench.report(ends)).stale, 0);
      assert.deepEqual(runsOf((await claim()).attempts), [sleeper.id]);
    });

    test('is never exceeded and leaves nothing behind, whatever comes at the same time', async (t) => {
      const bench = await Bench.open(adapter, t);
      const max = 3;
      await bench.store.setRunLimit('sae', namespace, max);
      const templates = [
        await templateIn(bench),
        await templateIn(bench, { priority: 5 }),
        await templateIn(bench, { priority: 1 }),
      ];
      const running = new Map<string, ClaimedAttempt>();
      const all = new Set<string>();
      const ended = new Set<string>();
      const claim = async (limit: number): Promise<void> => {
        for (const attempt of (await bench.claim(t0 + 100, { limit })).attempts) {
          running.set(attempt.attemptId, attempt);
        }
      };
      let turn = 0;
      const begin = async (): Promise<void> => {
        turn += 1;
        const run = await bench.run(templates[turn % templates.length] ?? '');
        all.add(run.id);
        if (turn % 7 === 0) {
          // One that runs already would end by its attempt.
          const stop = await bench.store.stopRun(run.id, 'user', 'stopped', t0);
          if (stop.finished) ended.add(run.id);
        }
      };
      const end = async (): Promise<void> => {
        const [attempt] = running.values();
        if (attempt === undefined) return;
        running.delete(attempt.attemptId);
        await bench.report([started(attempt), exited(attempt, 0)]);
        ended.add(attempt.run.id);
      };
      for (let round = 0; round < 25; round += 1) {
        await Promise.all([begin(), claim(round % 4), begin(), end(), begin(), claim(2), end()]);
        const { running: count } = await bench.store.counts();
        assert.ok(count <= max, `${count} run at the same time`);
      }
      for (let round = 0; round < 200 && ended.size < all.size; round += 1) {
        await claim(1 + (round % 2));
        assert.ok(running.size > 0, `${all.size - ended.size} runs were forgotten`);
        await Promise.all([end(), end()]);
      }
      assert.deepEqual(ended, all);
    });
  });
}

async function templateIn(bench: Bench, spec: Partial<JobSpec> = {}): Promise<string> {
  return (await bench.template(spec, { namespace })).id;
}

function runsOf(attempts: readonly ClaimedAttempt[]): readonly string[] {
  return attempts.map(({ run }) => run.id).toSorted();
}
