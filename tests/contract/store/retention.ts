import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  defaultRetention,
  nextRound,
  outputRemoved,
  type RetentionCursor,
  type RetentionPolicy,
  thoroughRound,
} from '../../../src/domain/retention.ts';
import { scheduleDefaults } from '../../../src/domain/schedule/definition.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, ids, started, t0 } from './fixtures.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const MAX_STEPS = 1_000;

/** Nothing goes by itself; a test sets the bound it is about. */
const keepAll: RetentionPolicy = {
  runs: { maxAgeMs: null, maxPerTemplate: null, maxTotal: 1_000_000, minKeyAgeMs: dayMs },
  output: { maxAgeMs: null, maxBytes: 1_000_000 },
  firings: { maxAgeMs: null, maxPerTemplate: 1_000_000 },
  leftovers: { maxAgeMs: 10_000 * dayMs },
};

const runsPolicy = (runs: Partial<RetentionPolicy['runs']>): RetentionPolicy => ({
  ...keepAll,
  runs: { ...keepAll.runs, ...runs },
});

/** Letting go of what is over, a bounded part at a time. */
export function retentionContract(adapter: StoreAdapter): void {
  describe('retention of runs', () => {
    test('beyond the count of a template the oldest finished runs go, with everything of them', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const other = await bench.template();
      const runs = await finishedRuns(bench, id, 7);
      await finishedRuns(bench, other.id, 2);
      const did = await round(bench, runsPolicy({ maxPerTemplate: 3 }), { limit: 2 });
      assert.equal(did.runs, 4);
      assert.ok(did.steps > 2, 'the limit splits the work');
      assert.deepEqual(await runIds(bench, id), runs.slice(4).toReversed());
      assert.equal((await runIds(bench, other.id)).length, 2);
      const [gone] = runs;
      assert.ok(gone !== undefined);
      assert.equal(await bench.store.run(gone), null);
      assert.deepEqual(await bench.store.instances(gone), []);
      assert.deepEqual(await bench.store.events(gone), []);
      assert.equal(await bench.store.attempt(`${gone}.0.1`), null);
      assert.deepEqual(
        ids(await bench.store.removals(bench.fence, '', 99)),
        runs.slice(0, 4).map((run) => `${run}.0.1`),
      );
    });

    test('a later round looks at what is new since the one before', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const policy = runsPolicy({ maxPerTemplate: 2, maxAgeMs: dayMs });
      await finishedRuns(bench, id, 4);
      const { attempts } = await bench.running(id);
      const nowMs = t0 + minuteMs;
      const first = await round(bench, policy, { nowMs });
      assert.equal(first.runs, 2);
      const next = async (last: Round, atMs: number): Promise<Round> =>
        round(bench, policy, { nowMs: atMs, cursor: nextRound(last.cursor, atMs) });
      const second = await next(first, nowMs + 1);
      assert.equal(second.runs, 0);
      await bench.report(
        attempts.map((one) => exited(one, 0, nowMs + 1)),
        nowMs + 1,
      );
      const third = await next(second, nowMs + 2);
      assert.equal(third.runs, 1, 'what ran through the rounds before');
      await finishedRuns(bench, id, 3, nowMs + 3);
      assert.equal((await next(third, nowMs + 4)).runs, 3);
      assert.equal((await runIds(bench, id)).length, 2);
    });

    test('unfinished runs are neither erased nor counted', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const queued = await bench.run(id, { notBeforeMs: t0 + 99 * dayMs });
      const { run } = await bench.running(id);
      const finished = await finishedRuns(bench, id, 3);
      const policy = runsPolicy({ maxPerTemplate: 2, maxTotal: 2, maxAgeMs: null });
      assert.equal((await round(bench, policy, { nowMs: t0 + 50 * dayMs })).runs, 1);
      assert.deepEqual(await runIds(bench, id), [
        ...finished.slice(1).toReversed(),
        run.id,
        queued.id,
      ]);
    });

    test('beyond the total the first to end go; the newest run of each template stays', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [a, b, c] = [await bench.template(), await bench.template(), await bench.template()];
      const [old] = await finishedRuns(bench, a.id, 1, t0);
      const more = await finishedRuns(bench, b.id, 4, t0 + minuteMs);
      const last = await finishedRuns(bench, c.id, 4, t0 + 2 * minuteMs);
      const did = await round(bench, runsPolicy({ maxTotal: 3 }), { limit: 2 });
      assert.equal(did.runs, 4, 'three of b, one of c');
      assert.deepEqual(await runIds(bench, a.id), [old]);
      assert.deepEqual(await runIds(bench, b.id), more.slice(3));
      assert.deepEqual(await runIds(bench, c.id), last.slice(1).toReversed());
    });

    test('by age, counted from the end; what stayed as the newest goes once there is a newer one', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const old = await finishedRuns(bench, id, 2, t0);
      const { run, attempts } = await bench.running(id, t0);
      const policy = runsPolicy({ maxAgeMs: dayMs });
      const nowMs = t0 + 2 * dayMs;
      const first = await round(bench, policy, { nowMs });
      assert.equal(first.runs, 2);
      await bench.report(
        attempts.map((one) => exited(one, 0, nowMs)),
        nowMs,
      );
      const later = await round(bench, policy, { nowMs: nowMs + dayMs + 1 });
      assert.equal(later.runs, 0, 'it is the newest of its template');
      const [next] = await finishedRuns(bench, id, 1, nowMs + dayMs);
      const cursor = thoroughRound(nowMs);
      assert.equal((await round(bench, policy, { nowMs: nowMs + dayMs + 2, cursor })).runs, 1);
      assert.deepEqual(await runIds(bench, id), [next]);
      assert.equal(await bench.store.run(run.id), null);
      assert.equal(await bench.store.run(old[0] ?? ''), null);
    });

    test('a key is remembered for its time, whatever the other bounds say', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const keyed = await bench.run(id, { idempotencyKey: 'once' });
      await finishAll(bench, t0);
      await finishedRuns(bench, id, 3, t0 + 1);
      const policy = runsPolicy({ maxPerTemplate: 1, maxTotal: 1, maxAgeMs: 0 });
      const nowMs = t0 + dayMs;
      const first = await round(bench, policy, { nowMs });
      assert.equal(first.runs, 2);
      const again = await bench.admit(id, { idempotencyKey: 'once', nowMs });
      assert.equal(again.kind === 'existing' ? again.run.id : again.kind, keyed.id);
      const cursor = thoroughRound(nowMs);
      assert.equal((await round(bench, policy, { nowMs: nowMs + 1, cursor })).runs, 1);
      const anew = await bench.admit(id, { idempotencyKey: 'once', nowMs: nowMs + 1 });
      assert.equal(anew.kind, 'created');
    });

    test('a large run goes by itself, however small the limit', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 5 });
      const [large] = await finishedRuns(bench, id, 2);
      const did = await round(bench, runsPolicy({ maxPerTemplate: 1 }), { limit: 1 });
      assert.equal(did.runs, 1);
      assert.equal((await bench.store.removals(bench.fence, '', 99)).length, 5);
      assert.equal(await bench.store.run(large ?? ''), null);
    });

    test('the defaults leave a small history alone', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await finishedRuns(bench, id, 3);
      const did = await round(bench, defaultRetention, { nowMs: t0 + dayMs });
      assert.deepEqual([did.runs, did.firings, did.leftovers], [0, 0, 0]);
    });
  });

  describe('retention of the rest', () => {
    test('the ledger is kept by count and by age', async (t) => {
      const bench = await Bench.open(adapter, t);
      const schedule = {
        ...scheduleDefaults,
        timing: { kind: 'fixed-rate', everyMs: minuteMs, anchorMs: t0 } as const,
      };
      const { id } = await bench.template({}, { schedule });
      for (let n = 1; n <= 8; n += 1) {
        const newRunId = (): string => bench.id('schedule');
        await bench.store.fire({ nowMs: t0 + n * minuteMs, limit: 10, newRunId });
      }
      const count = async (): Promise<number> => (await bench.store.firings(id, 0, 99)).total;
      assert.equal(await count(), 8);
      const byCount = { ...keepAll, firings: { maxAgeMs: null, maxPerTemplate: 5 } };
      const first = await round(bench, byCount, { limit: 2 });
      assert.deepEqual([first.firings, await count()], [3, 5]);
      const byAge = { ...keepAll, firings: { maxAgeMs: dayMs, maxPerTemplate: 100 } };
      const nowMs = t0 + dayMs + 7 * minuteMs;
      assert.equal((await round(bench, byAge, { nowMs, limit: 2 })).firings, 3);
      const { rows } = await bench.store.firings(id, 0, 99);
      assert.deepEqual(
        rows.map((row) => row.nominalMs),
        [t0 + 8 * minuteMs, t0 + 7 * minuteMs],
      );
    });

    test('changes of deleted templates go by age, those of others stay', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const kept = await bench.template();
      for (const at of [1, 2, 3]) {
        await bench.store.setSuspended(id, 'sae', at % 2 === 1, bench.context(t0 + at));
      }
      await bench.store.deleteTemplate(id, 'sae', bench.context(t0 + 4));
      await bench.store.purgeDeleted(10);
      const policy = { ...keepAll, leftovers: { maxAgeMs: dayMs } };
      const total = async (of: string): Promise<number> =>
        (await bench.store.templateChanges(of, 0, 99)).total;
      assert.equal((await round(bench, policy, { nowMs: t0 + dayMs })).leftovers, 0);
      assert.equal(await total(id), 5);
      assert.ok((await round(bench, policy, { nowMs: t0 + dayMs + 5, limit: 2 })).leftovers >= 5);
      assert.deepEqual([await total(id), await total(kept.id)], [0, 1]);
    });

    test('servers that ended go when no attempt refers to them; what is left of hosts that are gone, too', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const policy = { ...keepAll, leftovers: { maxAgeMs: 0 } };
      // Servers are timed by the database's clock, where it has one.
      const nowMs = Date.now() + dayMs;
      const join = async (host: string): Promise<number> =>
        (await bench.store.join({ host, leaseTtlMs: minuteMs }, t0)).fence;
      await join('host-b');
      const working = await join('host-b');
      await finishedRuns(bench, id, 2, t0, working);
      const idle = await join('host-b');
      await bench.store.leave(idle, t0);
      await round(bench, { ...policy, runs: { ...policy.runs, maxPerTemplate: 1 } }, { nowMs: t0 });
      assert.equal((await bench.store.removals(working, '', 9)).length, 1);

      await round(bench, policy, { nowMs });
      assert.deepEqual(await bench.store.removals(working, '', 9), [], 'its host is gone');
      // One attempt is left, and its owner with it: its output can be let go.
      const release = { fence: working, endedBeforeMs: null, limit: 9, reason: 'old', nowMs };
      assert.equal((await bench.store.releaseOutput(release)).attempts, 1);
      // The other life is unknown by now, so it owns no host's removals any more.
      assert.deepEqual(await bench.store.removals(idle, '', 9), []);
      assert.equal((await bench.store.removals(working, '', 9)).length, 1);
      assert.equal((await bench.store.renew(bench.fence, minuteMs, t0)).held, true);
    });
  });

  describe('removals', () => {
    test('each host removes its own, and forgets what is done', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const other = await bench.store.join({ host: 'host-b', leaseTtlMs: minuteMs }, t0);
      const ours = await finishedRuns(bench, id, 3);
      const theirs = await finishedRuns(bench, id, 2, t0, other.fence);
      await bench.store.deleteTemplate(id, 'sae', bench.context());
      await bench.store.purgeDeleted(100);
      const attempts = ours.map((run) => `${run}.0.1`);
      const listed = await bench.store.removals(bench.fence, '', 2);
      assert.deepEqual(
        listed,
        attempts.slice(0, 2).map((attemptId) => ({ attemptId, executor: 'process' })),
      );
      assert.deepEqual(ids(await bench.store.removals(bench.fence, attempts[1] ?? '', 9)), [
        attempts[2],
      ]);
      assert.deepEqual(
        ids(await bench.store.removals(other.fence, '', 9)),
        theirs.map((run) => `${run}.0.1`),
      );
      await bench.store.removed(bench.fence, [...attempts, `${theirs[0] ?? ''}.0.1`]);
      await bench.reopen();
      assert.deepEqual(await bench.store.removals(bench.fence, '', 9), []);
      assert.equal((await bench.store.removals(other.fence, '', 9)).length, 2);
    });

    test('the next life of a host finds what an earlier one had to remove', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await finishedRuns(bench, id, 3);
      await round(bench, runsPolicy({ maxPerTemplate: 1 }));
      await bench.reopen();
      assert.equal((await bench.store.removals(bench.fence, '', 9)).length, 2);
    });

    test('output is let go by the end of its run, and the story says so; the run stays', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const other = await bench.store.join({ host: 'host-b', leaseTtlMs: minuteMs }, t0);
      const runs: string[] = [];
      for (const n of [1, 2, 3]) {
        runs.push(...(await finishedRuns(bench, id, 1, t0 + n * minuteMs)));
      }
      await finishedRuns(bench, id, 1, t0, other.fence);
      const { attempts } = await bench.running(id, t0);
      const release = (endedBeforeMs: number | null, limit: number) =>
        bench.store.releaseOutput({
          fence: bench.fence,
          endedBeforeMs,
          limit,
          reason: 'too old',
          nowMs: t0 + dayMs,
        });
      const waiting = async (): Promise<readonly string[]> =>
        ids(await bench.store.removals(bench.fence, '', 99));
      // The first to end was the other host's; of it nothing lies here.
      assert.deepEqual(await release(t0 + 1, 9), { attempts: 0, left: true });
      assert.deepEqual(await release(t0 + minuteMs, 9), { attempts: 0, left: false });
      assert.deepEqual(await release(t0 + minuteMs + 1, 9), { attempts: 2, left: true });
      assert.deepEqual(await waiting(), [`${runs[0] ?? ''}.0.1`, `${runs[0] ?? ''}.1.1`]);
      await bench.reopen();
      assert.deepEqual(await release(null, 2), { attempts: 2, left: true }, 'one run at a time');
      assert.deepEqual(await release(null, 9), { attempts: 2, left: true });
      assert.deepEqual(await release(null, 9), { attempts: 0, left: false });
      assert.equal((await waiting()).length, 6);
      assert.ok(!(await waiting()).includes(attempts[0]?.attemptId ?? ''), 'not what still runs');

      const [first] = runs;
      assert.ok(first !== undefined);
      assert.equal((await bench.get(first)).state, 'succeeded');
      const lines = (await bench.store.events(first)).filter(({ to }) => to === outputRemoved);
      assert.deepEqual(
        lines.map(({ subject, reason, atMs }) => [subject, reason, atMs]),
        [
          ['#0.1', 'too old', t0 + dayMs],
          ['#1.1', 'too old', t0 + dayMs],
        ],
      );
    });

    test('attempts without a run are told from those with one', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const { attempts } = await bench.running(id);
      const [known] = ids(attempts);
      assert.ok(known !== undefined);
      const unknown = [known.replace(/1$/, '2'), 'manual-gone.0.1', 'no attempt at all'];
      const told = await bench.store.forgotten(bench.fence, [known, ...unknown]);
      assert.deepEqual(told.attemptIds, unknown);
      await bench.reopen();
      const { sinceMs } = await bench.store.forgotten(bench.fence, []);
      assert.equal(sinceMs, told.sinceMs, 'since the first life of the host');
      assert.ok(sinceMs <= Date.now());
      const nobody = await bench.store.forgotten(9_999, [known]);
      assert.deepEqual(nobody, { attemptIds: [], sinceMs: Number.MAX_SAFE_INTEGER });
    });
  });
}

interface Round {
  readonly runs: number;
  readonly firings: number;
  readonly leftovers: number;
  readonly steps: number;
  readonly cursor: RetentionCursor;
}

/** A whole round, step by step. */
async function round(
  bench: Bench,
  policy: RetentionPolicy,
  options: {
    readonly nowMs?: number;
    readonly limit?: number;
    readonly cursor?: RetentionCursor;
  } = {},
): Promise<Round> {
  const { nowMs = t0 + minuteMs, limit = 100 } = options;
  let cursor = options.cursor ?? thoroughRound(nowMs);
  const looked = new Set<number>();
  const sum = { runs: 0, firings: 0, leftovers: 0 };
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const { stage } = cursor;
    if (stage === 'over') return { ...sum, steps, cursor };
    const result = await bench.store.retain({ policy, nowMs, limit, cursor, looked });
    assert.equal(result.busy, false);
    assert.ok(result.erased.runs <= limit && result.erased.firings <= limit);
    sum.runs += result.erased.runs;
    sum.firings += result.erased.firings;
    sum.leftovers += result.erased.leftovers;
    cursor = result.cursor;
    if (cursor.stage !== stage) looked.clear();
    for (const template of result.looked) looked.add(template);
  }
  assert.fail('the round never came to an end');
}

/** Runs that have succeeded; ids in the order they were made. */
async function finishedRuns(
  bench: Bench,
  templateId: string,
  count: number,
  atMs = t0,
  fence = bench.fence,
): Promise<string[]> {
  const runs: string[] = [];
  for (let n = 0; n < count; n += 1) {
    runs.push((await bench.run(templateId, { nowMs: atMs })).id);
    await finishAll(bench, atMs, fence);
  }
  return runs;
}

/** Claims what is due and lets it succeed. */
async function finishAll(bench: Bench, atMs: number, fence = bench.fence): Promise<void> {
  const { attempts } = await bench.claim(atMs, { fence });
  const reports = attempts.flatMap((one) => [started(one, atMs), exited(one, 0, atMs)]);
  await bench.report(reports, atMs);
}

/** Ids of a template's runs, newest first. */
async function runIds(bench: Bench, templateId: string): Promise<readonly string[]> {
  const { rows } = await bench.store.runs({ templateId, offset: 0, limit: 99 });
  return rows.map(({ id }) => id);
}
