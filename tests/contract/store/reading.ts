import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunQuery, TemplateQuery } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, killed, started, t0 } from './fixtures.ts';

/** Lists, filters, orders, counts, and the story of a run. */
export function readingContract(adapter: StoreAdapter): void {
  describe('reading templates', () => {
    test('filters narrow, pages cut, the newest comes first', async (t) => {
      const bench = await Bench.open(adapter, t);
      const make = (name: string, other: object, atMs: number): Promise<{ id: string }> =>
        bench.template({}, { name, ...other }, atMs);
      const a = await make('nightly-report', {}, t0);
      const b = await make('Nightly-import', { namespace: 'cn-hangzhou:test' }, t0 + 1);
      const c = await make('100%_done', {}, t0 + 2);
      const d = await make('nightly-report', { dialect: 'cdm' }, t0 + 3);
      const list = async (query: Partial<TemplateQuery>): Promise<readonly string[]> => {
        const page = await bench.store.templates({ offset: 0, limit: 10, ...query });
        assert.equal(page.total, page.rows.length);
        return page.rows.map(({ id }) => id);
      };
      assert.deepEqual(await list({}), [d.id, c.id, b.id, a.id]);
      assert.deepEqual(await list({ ascending: true }), [a.id, b.id, c.id, d.id]);
      assert.deepEqual(await list({ dialect: 'sae' }), [c.id, b.id, a.id]);
      assert.deepEqual(await list({ namespace: 'cn-hangzhou:test' }), [b.id]);
      assert.deepEqual(await list({ nameContains: 'report' }), [d.id, a.id]);
      assert.deepEqual(await list({ nameContains: '%_' }), [c.id], 'no pattern characters');
      assert.deepEqual(await list({ ids: [a.id, c.id, 'unknown'] }), [c.id, a.id]);
      assert.deepEqual(await list({ ids: [] }), []);
      assert.deepEqual(await list({ ids: [a.id], dialect: 'cdm' }), []);

      const page = await bench.store.templates({ offset: 1, limit: 2 });
      assert.deepEqual([page.total, page.rows.map(({ id }) => id)], [4, [c.id, b.id]]);
      const none = await bench.store.templates({ offset: 0, limit: 0 });
      assert.deepEqual([none.total, none.rows], [4, []]);
      const beyond = await bench.store.templates({ offset: 9, limit: 5 });
      assert.deepEqual([beyond.total, beyond.rows], [4, []]);
    });

    test('a list shows the newest run and the newest change', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const fresh = (await bench.store.templates({ offset: 0, limit: 1 })).rows[0];
      assert.equal(fresh?.latestRun, null);
      assert.equal(fresh?.latestChange?.kind, 'create');
      await bench.run(id);
      const newest = await bench.run(id, { nowMs: t0 });
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      const [row] = (await bench.store.templates({ offset: 0, limit: 1 })).rows;
      assert.deepEqual(row?.latestRun, newest);
      assert.equal(row?.latestChange?.kind, 'suspend');
      assert.equal(row?.suspended, true);
      assert.deepEqual(await bench.store.latestRun(id), newest);
    });

    test('lists are ordered by running and by wanted instances', async (t) => {
      const bench = await Bench.open(adapter, t);
      const idle = await bench.template({ replicas: 9 });
      const two = await bench.template({ replicas: 2 });
      const four = await bench.template({ replicas: 4 });
      for (const { id } of [two, four]) await bench.run(id);
      await bench.claim();
      const order = async (query: Partial<TemplateQuery>): Promise<readonly string[]> =>
        (await bench.store.templates({ offset: 0, limit: 10, ...query })).rows.map(({ id }) => id);
      assert.deepEqual(await order({ orderBy: 'active' }), [four.id, two.id, idle.id]);
      assert.deepEqual(await order({ orderBy: 'active', ascending: true }), [
        idle.id,
        two.id,
        four.id,
      ]);
      assert.deepEqual(await order({ orderBy: 'replicas' }), [idle.id, four.id, two.id]);
      assert.deepEqual(await order({ orderBy: 'replicas', ascending: true }), [
        two.id,
        four.id,
        idle.id,
      ]);
    });
  });

  describe('reading runs', () => {
    test('filters narrow, pages cut, the newest comes first', async (t) => {
      const bench = await Bench.open(adapter, t);
      const a = await bench.template();
      const b = await bench.template({}, { dialect: 'cdm', namespace: 'elsewhere' });
      const done = await bench.running(a.id);
      await bench.report(done.attempts.map((attempt) => exited(attempt, 0)));
      const failed = await bench.running(a.id);
      await bench.report(failed.attempts.map((attempt) => exited(attempt, 1)));
      const waiting = await bench.run(a.id);
      const foreign = await bench.run(b.id, { dialect: 'cdm' });
      const list = async (query: object): Promise<readonly string[]> => {
        const page = await bench.store.runs({ offset: 0, limit: 10, ...query });
        assert.equal(page.total, page.rows.length);
        return page.rows.map(({ id }) => id);
      };
      assert.deepEqual(await list({}), [foreign.id, waiting.id, failed.run.id, done.run.id]);
      assert.deepEqual(await list({ dialect: 'cdm' }), [foreign.id]);
      assert.deepEqual(await list({ namespace: 'elsewhere' }), [foreign.id]);
      assert.deepEqual(await list({ namespace: 'elsewhere', dialect: 'sae' }), []);
      assert.deepEqual(await list({ templateId: a.id }), [waiting.id, failed.run.id, done.run.id]);
      assert.deepEqual(await list({ templateId: 'unknown' }), []);
      assert.deepEqual(await list({ states: ['succeeded', 'failed'] }), [
        failed.run.id,
        done.run.id,
      ]);
      assert.deepEqual(await list({ templateId: b.id, states: ['failed'] }), []);
      const page = await bench.store.runs({ offset: 1, limit: 2 });
      assert.deepEqual(
        [page.total, page.rows.map(({ id }) => id)],
        [4, [waiting.id, failed.run.id]],
      );
      assert.deepEqual((await bench.store.runs({ offset: 0, limit: 0 })).rows, []);
    });

    test('what is unknown is null or empty', async (t) => {
      const { store } = await Bench.open(adapter, t);
      assert.equal(await store.run('manual-unknown'), null);
      assert.equal(await store.latestRun('template-unknown'), null);
      assert.equal(await store.attempt('manual-unknown.0.1'), null);
      assert.equal(await store.attempt('nonsense'), null);
      assert.deepEqual(await store.instances('manual-unknown'), []);
      assert.deepEqual(await store.events('manual-unknown'), []);
      assert.deepEqual(await store.templateChanges('template-unknown', 0, 5), {
        rows: [],
        total: 0,
      });
    });

    test('runs are found by verdict and by when they were created', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const made = [];
      for (const atMs of [t0, t0 + 10, t0 + 10, t0 + 20]) {
        made.push((await bench.run(id, { nowMs: atMs })).id);
      }
      const [first = '', second = '', third = '', last = ''] = made;
      await bench.store.stopRun(second, 'user', 'stopped', t0 + 30);
      await bench.store.judgeRun(second, 'succeeded', 'alice', t0 + 31);
      const list = async (query: Partial<RunQuery>): Promise<readonly string[]> => {
        const page = await bench.store.runs({ templateId: id, offset: 0, limit: 10, ...query });
        assert.equal(page.total, page.rows.length);
        return page.rows.map((run) => run.id);
      };
      assert.deepEqual(await list({ verdict: 'succeeded' }), [second]);
      assert.deepEqual(await list({ verdict: null }), [last, third, first]);
      assert.deepEqual(await list({ states: ['canceled'], verdict: null }), []);
      assert.deepEqual(await list({ createdFromMs: t0 + 10 }), [last, third, second]);
      assert.deepEqual(await list({ createdUntilMs: t0 + 10 }), [first]);
      assert.deepEqual(await list({ createdFromMs: t0 + 10, createdUntilMs: t0 + 20 }), [
        third,
        second,
      ]);
      assert.deepEqual(await list({ createdFromMs: t0 + 21 }), []);
    });

    test('counts follow what is queued and running', async (t) => {
      const bench = await Bench.open(adapter, t);
      const counts = async (): Promise<readonly number[]> => {
        const { queued, running, activeAttempts } = await bench.store.counts();
        return [queued, running, activeAttempts];
      };
      assert.deepEqual(await counts(), [0, 0, 0]);
      const { id } = await bench.template({ replicas: 2 });
      const run = await bench.run(id);
      await bench.run(id, { notBeforeMs: t0 + 60_000 });
      assert.deepEqual(await counts(), [2, 0, 0]);
      const { attempts } = await bench.claim();
      assert.deepEqual(await counts(), [1, 1, 2]);
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      assert.equal((await bench.get(run.id)).state, 'succeeded');
      assert.deepEqual(await counts(), [1, 0, 0]);
    });

    test('the instances of a queued run are not there or pending, never made up', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const run = await bench.run(id);
      for (const instance of await bench.store.instances(run.id)) {
        assert.equal(instance.state, 'pending');
        assert.deepEqual(instance.attempts, []);
      }
      await bench.claim();
      const instances = await bench.store.instances(run.id);
      assert.deepEqual(
        instances.map(({ index, state, runId }) => [index, state, runId]),
        [
          [0, 'active', run.id],
          [1, 'active', run.id],
        ],
      );
      assert.equal(new Set(instances.map((instance) => instance.id)).size, 2);
    });
  });

  describe('events', () => {
    test('every change of state has a line with its reason', async (t) => {
      const bench = await Bench.open(adapter, t);
      const retry = { limit: 1, backoffMs: 1_000, backoffMaxMs: 1_000 };
      const { id } = await bench.template({ replicas: 2, retry });
      const { run, attempts } = await bench.running(id);
      const [a, b] = attempts;
      assert.ok(a && b);
      await bench.report([exited(a, 3, t0 + 1)], t0 + 1);
      const [again] = (await bench.claim(t0 + 1_001)).attempts;
      assert.ok(again);
      await bench.report([started(again, t0 + 1_002)], t0 + 1_002);
      await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0 + 1_003);
      await bench.report([killed(b, t0 + 1_004), killed(again, t0 + 1_005)], t0 + 1_005);

      const events = await bench.store.events(run.id);
      const last = new Map<string, string>();
      let seq = -1;
      for (const event of events) {
        assert.equal(event.runId, run.id);
        assert.ok(event.seq > seq, 'numbered in order');
        seq = event.seq;
        assert.notEqual(event.reason, '', `${event.subject} ${event.from} -> ${event.to}`);
        const before = last.get(event.subject);
        // The first line of a subject may begin at nothing or at its first state.
        if (before !== undefined) assert.equal(event.from, before, `story of ${event.subject}`);
        last.set(event.subject, event.to);
      }
      assert.equal(last.get('run'), 'canceled');
      assert.equal(last.get('#0.1'), 'failed');
      assert.equal(last.get('#0.2'), 'stopped');
      assert.equal(last.get('#1.1'), 'stopped');
      const told = (subject: string, to: string): string =>
        events.find((event) => event.subject === subject && event.to === to)?.reason ?? '';
      assert.match(told('#0.1', 'failed'), /code 3.*retry 1 of 1 in 1 s/);
      assert.match(told('run', 'stopping'), /stopped by alice/);
      assert.match(told('#1.1', 'stopped'), /SIGTERM/);
    });

    test('the lines tell why a run waits', async (t) => {
      const bench = await Bench.open(adapter, t);
      const replaced = await bench.template({ concurrency: 'replace' });
      await bench.running(replaced.id);
      const waiting = await bench.run(replaced.id);
      const why = (await bench.store.events(waiting.id)).map(({ reason }) => reason).join('\n');
      assert.match(why, /replaces/);

      const suspended = await bench.template();
      const delayed = await bench.run(suspended.id, { notBeforeMs: t0 + 10 });
      await bench.store.setSuspended(suspended.id, 'sae', true, bench.context());
      await bench.claim(t0 + 10);
      await bench.store.setSuspended(suspended.id, 'sae', false, bench.context(t0 + 20));
      const reasons = (await bench.store.events(delayed.id)).map(({ reason }) => reason).join('\n');
      assert.match(reasons, /suspended/);
      assert.match(reasons, /resumed/);
    });

    test('a run that was stopped in the queue tells by what', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id);
      await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0 + 1);
      const last = (await bench.store.events(run.id)).at(-1);
      assert.deepEqual([last?.from, last?.to], ['queued', 'canceled']);
      assert.match(last?.reason ?? '', /stopped by alice/);
      assert.equal(last?.atMs, t0 + 1);
    });
  });
}
