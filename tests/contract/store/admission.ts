import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../../../src/domain/errors.ts';
import type { Template } from '../../../src/domain/template.ts';
import type { RunOverride } from '../../../src/ports/store.ts';
import type { StoreAdapter } from './adapter.ts';
import { assertRefused, Bench, exited, ids, killed, rejectsWith, t0 } from './fixtures.ts';

const RACERS = 50;

/** What one transaction decides before a run exists (invariants 3 and 6). */
export function admissionContract(adapter: StoreAdapter): void {
  describe('admission', () => {
    test('an accepted run is queued with a snapshot of its template', async (t) => {
      const bench = await Bench.open(adapter, t);
      const template = await bench.template(
        { replicas: 4 },
        { document: { Envs: '[]' }, notActedOn: ['NasId'], name: 'nightly' },
      );
      const run = await bench.run(template.id, { trigger: 'schedule', nowMs: t0 + 3 });
      assert.deepEqual(run, {
        id: run.id,
        templateId: template.id,
        templateRevision: 1,
        dialect: 'sae',
        namespace: 'cn-hangzhou',
        trigger: 'schedule',
        idempotencyKey: null,
        state: 'queued',
        hold: null,
        stopCause: null,
        replicas: 4,
        active: 0,
        succeeded: 0,
        failed: 0,
        message: '',
        verdict: null,
        createdAtMs: t0 + 3,
        notBeforeMs: t0 + 3,
        scheduledAtMs: null,
        startedAtMs: null,
        endedAtMs: null,
        deadlineAtMs: null,
      });
      assert.deepEqual(await bench.store.run(run.id), {
        ...run,
        spec: template.spec,
        document: template.document,
        notActedOn: ['NasId'],
        templateName: 'nightly',
        traceparent: null,
      });
    });

    test('an unknown, foreign or deleted template has no runs', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const override = (): RunOverride => assert.fail('there is nothing to override');
      assertRefused(await bench.admit('template-unknown', { override }), 'template-not-found');
      assertRefused(await bench.admit(id, { dialect: 'cdm', override }), 'template-not-found');
      await bench.store.deleteTemplate(id, 'sae', bench.context());
      assertRefused(await bench.admit(id, { override }), 'template-not-found');
    });

    test('a suspended template refuses, delayed starts too', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      assertRefused(await bench.admit(id), 'template-suspended');
      assertRefused(await bench.admit(id, { notBeforeMs: t0 + 9_000 }), 'template-suspended');
      assert.equal(await bench.store.latestRun(id), null);
      await bench.store.setSuspended(id, 'sae', false, bench.context());
      await bench.run(id);
    });

    test('Forbid refuses while a run is queued, running or stopping', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'forbid' });
      const { id: runId } = await bench.run(id);
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
      const [attempt] = (await bench.claim()).attempts;
      assert.ok(attempt);
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
      await bench.store.stopRun(runId, 'user', 'stopped by alice', t0);
      assertRefused(await bench.admit(id), 'concurrency-forbidden');
      await bench.report([killed(attempt)]);
      await bench.run(id);
    });

    test('Forbid looks at its own template only, and Allow at none', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [a, b] = [
        await bench.template({ concurrency: 'forbid' }),
        await bench.template({ concurrency: 'forbid' }),
      ];
      await bench.run(a.id);
      await bench.run(b.id);
      const free = await bench.template();
      await bench.run(free.id);
      await bench.run(free.id);
    });

    test('of many racing calls Forbid lets one through', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'forbid' });
      const results = await Promise.all(Array.from({ length: RACERS }, () => bench.admit(id)));
      assert.equal(results.filter((result) => result.kind === 'created').length, 1);
      assert.equal((await bench.store.runs({ templateId: id, offset: 0, limit: 100 })).total, 1);
    });

    test('Replace ends a queued run at once and starts', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'replace' });
      const old = await bench.run(id);
      const result = await bench.admit(id, { nowMs: t0 + 1 });
      assert.equal(result.kind, 'created');
      assert.ok(result.kind === 'created');
      assert.deepEqual(result.stop, []);
      assert.equal(result.run.hold, null);
      const ended = await bench.get(old.id);
      assert.ok(ended.state === 'failed' || ended.state === 'canceled', ended.state);
      assert.equal(ended.stopCause, 'replaced');
      assert.equal(ended.endedAtMs, t0 + 1);
      assert.match(ended.message, new RegExp(result.run.id));
      const claimed = await bench.claim(t0 + 1);
      assert.deepEqual(ids(claimed.attempts), [`${result.run.id}.0.1`]);
    });

    test('Replace waits until what runs has stopped', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'replace', replicas: 2 });
      const { run: old, attempts } = await bench.running(id);
      const result = await bench.admit(id);
      assert.ok(result.kind === 'created');
      assert.deepEqual(ids(result.stop), ids(attempts));
      assert.equal(result.stop[0]?.executor, 'process');
      assert.equal(result.run.hold, 'replacing');
      assert.equal((await bench.get(old.id)).state, 'stopping');
      assert.deepEqual((await bench.claim(t0 + 1)).attempts, []);

      const [first, second] = attempts;
      assert.ok(first && second);
      assert.equal((await bench.report([killed(first)])).wake, false);
      assert.deepEqual((await bench.claim(t0 + 2)).attempts, [], 'one replica still runs');
      const last = await bench.report([killed(second)], t0 + 3);
      assert.deepEqual(last.finished, [old.id]);
      assert.equal(last.wake, true);
      assert.equal((await bench.get(result.run.id)).hold, null);
      assert.equal((await bench.claim(t0 + 3)).attempts.length, 2);
    });

    test('of two Replace runs only the newest survives', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'replace' });
      const { run: first, attempts } = await bench.running(id);
      const second = await bench.run(id, { nowMs: t0 + 1 });
      const third = await bench.run(id, { nowMs: t0 + 2 });
      assert.equal((await bench.get(second.id)).stopCause, 'replaced');
      assert.deepEqual((await bench.claim(t0 + 2)).attempts, []);
      const result = await bench.report(
        attempts.map((attempt) => killed(attempt)),
        t0 + 3,
      );
      assert.deepEqual(result.finished, [first.id]);
      assert.deepEqual(ids((await bench.claim(t0 + 3)).attempts), [`${third.id}.0.1`]);
    });

    test('quotas name their limit', async (t) => {
      const limits = { replicasPerTemplate: 5, replicasPerAccount: 4, unfinishedRuns: 2 };
      const bench = await Bench.open(adapter, t, limits);
      const many = await bench.template({ replicas: 6 });
      const perTemplate = assertRefused(await bench.admit(many.id), 'replicas-quota-exceeded');
      assert.equal(perTemplate.details['limit'], 5);
      const some = await bench.template({ replicas: 5 });
      const perAccount = assertRefused(await bench.admit(some.id), 'account-quota-exceeded');
      assert.equal(perAccount.details['limit'], 4);

      const { id } = await bench.template();
      const results = await Promise.all(Array.from({ length: 6 }, () => bench.admit(id)));
      assert.equal(results.filter((result) => result.kind === 'created').length, 2);
      for (const result of results.filter(({ kind }) => kind !== 'created')) {
        assertRefused(result, 'queue-full');
      }
    });

    test('the bound on unfinished runs counts what is unfinished, over restarts', async (t) => {
      const bench = await Bench.open(adapter, t, { unfinishedRuns: 2 });
      const { id } = await bench.template();
      const { attempts } = await bench.running(id);
      const queued = await bench.run(id);
      await bench.reopen();
      assertRefused(await bench.admit(id), 'queue-full');
      await bench.store.stopRun(queued.id, 'user', 'stopped by alice', t0);
      await bench.run(id);
      assertRefused(await bench.admit(id), 'queue-full');
      await bench.report(attempts.map((attempt) => exited(attempt, 0)));
      await bench.run(id);
      assertRefused(await bench.admit(id), 'queue-full');
    });

    test('one idempotency key gives one run under any race', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'forbid' });
      const idempotencyKey = 'event-1';
      const results = await Promise.all(
        Array.from({ length: RACERS }, () => bench.admit(id, { idempotencyKey })),
      );
      const runs = results.map((result) => {
        if (result.kind === 'refused') throw result.error;
        return result.run.id;
      });
      assert.equal(new Set(runs).size, 1);
      assert.equal(results.filter((result) => result.kind === 'created').length, 1);
      assert.equal((await bench.store.runs({ templateId: id, offset: 0, limit: 10 })).total, 1);
      assert.equal((await bench.get(runs[0] ?? '')).idempotencyKey, idempotencyKey);
    });

    test('a key is known after the run ended, after a restart, and on its own template only', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [a, b] = [await bench.template(), await bench.template()];
      const run = await bench.run(a.id, { idempotencyKey: 'k' });
      await bench.store.stopRun(run.id, 'user', 'stopped by alice', t0);
      await bench.reopen();
      const again = await bench.admit(a.id, { idempotencyKey: 'k' });
      assert.ok(again.kind === 'existing');
      assert.equal(again.run.id, run.id);
      assert.equal(again.run.state, 'canceled');
      assert.notEqual((await bench.run(b.id, { idempotencyKey: 'k' })).id, run.id);
    });

    test('a known key is answered before overrides, suspension and policies', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ concurrency: 'forbid' });
      const run = await bench.run(id, { idempotencyKey: 'k' });
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      const override = (): RunOverride => assert.fail('the override is not looked at');
      const again = await bench.admit(id, { idempotencyKey: 'k', override });
      assert.ok(again.kind === 'existing');
      assert.equal(again.run.id, run.id);
    });

    test('a deleted run frees its key', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const run = await bench.run(id, { idempotencyKey: 'k' });
      await bench.store.deleteRun(run.id, t0);
      assert.notEqual((await bench.run(id, { idempotencyKey: 'k' })).id, run.id);
    });

    test('an override sees the template, changes the run, and leaves the template', async (t) => {
      const bench = await Bench.open(adapter, t);
      const template = await bench.template({ replicas: 1 });
      const override = (current: Template): RunOverride => {
        assert.deepEqual(current, template);
        return {
          spec: { ...current.spec, replicas: 3 },
          document: { Replicas: '3' },
          notActedOn: ['JarStartOptions'],
        };
      };
      const run = await bench.run(template.id, { override });
      assert.equal(run.replicas, 3);
      const detail = await bench.store.run(run.id);
      assert.equal(detail?.spec.replicas, 3);
      assert.deepEqual(detail?.document, { Replicas: '3' });
      assert.deepEqual(detail?.notActedOn, ['JarStartOptions']);
      assert.deepEqual(await bench.store.template(template.id), template);
      const { attempts } = await bench.claim();
      assert.equal(attempts.length, 3);
      assert.equal(attempts[0]?.run.spec.replicas, 3);
    });

    test('a bad override is told before suspension, and quotas count what it made', async (t) => {
      const bench = await Bench.open(adapter, t, { replicasPerTemplate: 2 });
      const { id } = await bench.template();
      const tooMany = await bench.admit(id, {
        override: ({ spec, document, notActedOn }) => ({
          spec: { ...spec, replicas: 3 },
          document,
          notActedOn,
        }),
      });
      assertRefused(tooMany, 'replicas-quota-exceeded');
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      const wrong = new DomainError('invalid-argument', 'Replicas is not a number');
      const own = new TypeError('an error of the dialect');
      for (const error of [wrong, own]) {
        const refused = await bench.admit(id, {
          override: () => {
            throw error;
          },
        });
        assert.ok(refused.kind === 'refused');
        assert.equal(refused.error, error);
      }
    });

    test('a refusal spares the calls that shared its transaction', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [good, bad] = [await bench.template(), await bench.template()];
      await bench.store.setSuspended(bad.id, 'sae', true, bench.context());
      const [ok, no, gone, also] = await Promise.allSettled([
        bench.admit(good.id),
        bench.admit(bad.id),
        bench.store.stopRun('manual-unknown', 'user', 'stopped by alice', t0),
        bench.admit(good.id),
      ]);
      assert.equal(ok.status === 'fulfilled' && ok.value.kind, 'created');
      assert.equal(no.status === 'fulfilled' && no.value.kind, 'refused');
      assert.equal(gone.status, 'rejected');
      assert.equal(also.status === 'fulfilled' && also.value.kind, 'created');
      assert.equal((await bench.store.runs({ offset: 0, limit: 10 })).total, 2);
      await rejectsWith(
        bench.store.stopRun('manual-unknown', 'user', 'stopped by alice', t0),
        'run-not-found',
      );
    });

    test('refused triggers are remembered with their reason', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      await bench.store.setSuspended(id, 'sae', true, bench.context());
      await bench.admit(id, { nowMs: t0 + 1, by: 'bob' });
      const refusal = {
        templateId: id,
        atMs: t0 + 2,
        trigger: 'webhook',
        by: 'webhook',
        code: 'template-suspended',
        reason: 'told by a test',
      } as const;
      await bench.store.recordRefusal(refusal);
      const [newest, older, ...none] = await bench.store.refusals(id, 10);
      assert.deepEqual(newest, refusal);
      assert.equal(older?.code, 'template-suspended');
      assert.equal(older?.by, 'bob');
      assert.equal(older?.atMs, t0 + 1);
      assert.notEqual(older?.reason, '');
      assert.deepEqual(none, []);
      assert.equal((await bench.store.refusals(id, 1)).length, 1);
      assert.deepEqual(await bench.store.refusals('template-unknown', 10), []);
    });

    test('only a bounded number of refusals is kept, the newest', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const total = 1_500;
      await Promise.all(
        Array.from({ length: total }, (_, n) =>
          bench.store.recordRefusal({
            templateId: id,
            atMs: t0 + n,
            trigger: 'schedule',
            by: 'schedule',
            code: 'concurrency-forbidden',
            reason: 'still running',
          }),
        ),
      );
      const kept = await bench.store.refusals(id, total);
      assert.ok(kept.length > 0 && kept.length < total, `${kept.length} are kept`);
      assert.equal(kept[0]?.atMs, t0 + total - 1);
    });
  });
}
