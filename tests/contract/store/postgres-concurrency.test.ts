import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test, type TestContext } from 'node:test';
import { type AdmissionLimits, defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import { scheduleDefaults, type Timing } from '../../../src/domain/schedule/definition.ts';
import type { JobSpec } from '../../../src/domain/template.ts';
import type { AdmissionRequest, AdmissionResult, ClaimResult } from '../../../src/ports/store.ts';
import { UnknownOutcomeError } from '../../../src/stores/postgres/errors.ts';
import { createPostgresStore, type PostgresStore } from '../../../src/stores/postgres/store.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { until, within } from '../../support/until.ts';
import {
  assertRefused,
  baseSpec,
  exited,
  ids,
  killed,
  rejectsWith,
  started,
  t0,
} from './fixtures.ts';

const RACERS = 50;
const missing = missingPostgres();
const server = missing === null ? await testPostgres() : null;
after(() => server?.stop());

/** A server's view of the store. */
interface Member {
  readonly store: PostgresStore;
  readonly fence: number;
}

/** Several servers on one database. */
class Cluster {
  readonly url: string;
  readonly members: readonly Member[];

  constructor(url: string, members: readonly Member[]) {
    this.url = url;
    this.members = members;
  }

  static async open(
    t: TestContext,
    size: number,
    limits: Partial<AdmissionLimits> = {},
  ): Promise<Cluster> {
    assert.ok(server !== null);
    const url = await server.database(`cluster-${randomUUID()}`);
    // All at once, as servers start after a power cut: they share the migrations.
    const members = await Promise.all(
      Array.from({ length: size }, async (_, index) => {
        const store = createPostgresStore({
          url,
          maxConnections: 4,
          limits: { ...defaultAdmissionLimits, ...limits },
        });
        t.after(() => store.close());
        await store.open();
        const { fence } = await store.join({ host: `host-${index}`, leaseTtlMs: 60_000 }, t0);
        return { store, fence };
      }),
    );
    return new Cluster(url, members);
  }

  get first(): Member {
    return this.of(0);
  }

  of(index: number): Member {
    const member = this.members[index % this.members.length];
    assert.ok(member !== undefined);
    return member;
  }

  async template(spec: Partial<JobSpec> = {}, timing: Timing | null = null): Promise<string> {
    const { id } = await this.first.store.createTemplate(
      {
        id: `template-${randomUUID()}`,
        dialect: 'sae',
        namespace: 'cn-hangzhou',
        name: 'report',
        spec: { ...baseSpec, ...spec },
        document: {},
        notActedOn: [],
        refersTo: null,
        schedule: timing === null ? null : { ...scheduleDefaults, timing },
      },
      this.context(),
    );
    return id;
  }

  context(): { changeId: string; atMs: number; by: string; note: string } {
    return { changeId: randomUUID(), atMs: t0, by: 'alice', note: '' };
  }

  admit(
    index: number,
    templateId: string,
    other: Partial<AdmissionRequest> = {},
  ): Promise<AdmissionResult> {
    return this.of(index).store.admit({
      runId: `manual-${randomUUID()}`,
      templateId,
      dialect: 'sae',
      trigger: 'manual',
      idempotencyKey: null,
      nowMs: t0,
      notBeforeMs: t0,
      scheduledAtMs: null,
      by: 'alice',
      override: null,
      ...other,
    });
  }

  claim(index: number, limit: number, nowMs = t0): Promise<ClaimResult> {
    const { store, fence } = this.of(index);
    return store.claim({ nowMs, fence, limit, route: () => ({ executor: 'process' }) });
  }

  /** `count` admissions at once, spread over the members. */
  race(
    count: number,
    templateId: string,
    other: Partial<AdmissionRequest> = {},
  ): Promise<AdmissionResult[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) => this.admit(index, templateId, other)),
    );
  }
}

describe('postgres: several servers on one database', { skip: missing ?? false }, () => {
  test('of 500 runs each is claimed once, and each report is heard once', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const templateId = await cluster.template();
    const admitted = await cluster.race(500, templateId);
    assert.ok(admitted.every(({ kind }) => kind === 'created'));
    const drain = async (index: number): Promise<string[]> => {
      const { store } = cluster.of(index);
      const mine: string[] = [];
      for (let round = 0; round < 500; round += 1) {
        const { attempts } = await cluster.claim(index, 7);
        if (attempts.length === 0) return mine;
        mine.push(...attempts.map(({ attemptId }) => attemptId));
        const reports = attempts.flatMap((attempt) => [started(attempt), exited(attempt, 0)]);
        const { stale, finished } = await store.report(reports, t0 + 1);
        assert.deepEqual([stale, finished.length], [0, attempts.length]);
      }
      return assert.fail('the queue never ran dry');
    };
    const shares = await Promise.all([0, 1, 0, 1].map(drain));
    // A row that the other server had locked for a moment may have been passed over.
    shares.push(await drain(0));
    const taken = shares.flat();
    assert.equal(taken.length, 500);
    assert.equal(new Set(taken).size, 500);
    const { store } = cluster.first;
    assert.equal((await store.runs({ states: ['succeeded'], offset: 0, limit: 0 })).total, 500);
    assert.deepEqual(await store.counts(), { queued: 0, running: 0, activeAttempts: 0 });
  });

  test('one idempotency key gives one run', async (t) => {
    const cluster = await Cluster.open(t, 2);
    for (const concurrency of ['allow', 'forbid'] as const) {
      const templateId = await cluster.template({ concurrency });
      const results = await cluster.race(RACERS, templateId, { idempotencyKey: 'event-1' });
      const runs = results.map((result) =>
        result.kind === 'refused' ? assert.fail(String(result.error)) : result.run.id,
      );
      assert.equal(new Set(runs).size, 1);
      assert.equal(results.filter(({ kind }) => kind === 'created').length, 1);
      const { total } = await cluster.first.store.runs({ templateId, offset: 0, limit: 0 });
      assert.equal(total, 1);
    }
  });

  test('Forbid lets one through', async (t) => {
    const cluster = await Cluster.open(t, 3);
    const templateId = await cluster.template({ concurrency: 'forbid' });
    const results = await cluster.race(RACERS, templateId);
    assert.equal(results.filter(({ kind }) => kind === 'created').length, 1);
    for (const result of results.filter(({ kind }) => kind !== 'created')) {
      assertRefused(result, 'concurrency-forbidden');
    }
    assert.equal((await cluster.first.store.refusals(templateId, 100)).length, RACERS - 1);
  });

  test('Replace leaves the newest, and never two that run', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const { store } = cluster.first;
    const templateId = await cluster.template({ concurrency: 'replace' });
    await cluster.admit(0, templateId);
    const [attempt] = (await cluster.claim(0, 1)).attempts;
    assert.ok(attempt);
    const results = await cluster.race(20, templateId);
    assert.ok(results.every(({ kind }) => kind === 'created'));
    const states = ['queued', 'running', 'stopping'] as const;
    const unfinished = await store.runs({ templateId, states, offset: 0, limit: 10 });
    assert.deepEqual(
      unfinished.rows.map(({ state, hold }) => [state, hold]),
      [
        ['queued', 'replacing'],
        ['stopping', null],
      ],
    );
    assert.deepEqual((await cluster.claim(1, 10)).attempts, [], 'the old one still runs');
    const end = await store.report([killed(attempt)], t0 + 1);
    assert.equal(end.wake, true);
    const next = await Promise.all([cluster.claim(0, 10, t0 + 1), cluster.claim(1, 10, t0 + 1)]);
    assert.deepEqual(
      next.flatMap(({ attempts }) => attempts.map(({ run }) => run.id)),
      [unfinished.rows[0]?.id],
    );
  });

  test('a waiting run starts when two servers end what it waits for at the same time', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const templateId = await cluster.template({ concurrency: 'allow' });
    for (let round = 0; round < 10; round += 1) {
      const admitted = await cluster.race(2, templateId);
      assert.ok(admitted.every(({ kind }) => kind === 'created'));
      const [a] = (await cluster.claim(0, 1)).attempts;
      const [b] = (await cluster.claim(1, 1)).attempts;
      assert.ok(a && b);
      const waiting = await cluster.admit(0, templateId, {
        override: ({ spec, document, notActedOn }) => ({
          spec: { ...spec, concurrency: 'replace' },
          document,
          notActedOn,
        }),
      });
      assert.ok(waiting.kind === 'created');
      assert.equal(waiting.run.hold, 'replacing');
      assert.deepEqual(ids(waiting.stop), ids([a, b]));
      const ends = await Promise.all([
        cluster.of(0).store.report([killed(a)], t0),
        cluster.of(1).store.report([killed(b)], t0),
      ]);
      assert.equal(ends.filter(({ wake }) => wake).length > 0, true);
      const run = await cluster.first.store.run(waiting.run.id);
      assert.equal(run?.hold, null, 'it is held for ever');
      const [claimed] = (await cluster.claim(0, 1)).attempts;
      assert.ok(claimed);
      await cluster.first.store.report([exited(claimed, 0)], t0);
    }
  });

  test('the bound on unfinished runs holds over servers, and room that came free is used', async (t) => {
    const cluster = await Cluster.open(t, 3, { unfinishedRuns: 30 });
    const templateId = await cluster.template();
    const results = await cluster.race(90, templateId);
    assert.equal(results.filter(({ kind }) => kind === 'created').length, 30);
    for (const result of results.filter(({ kind }) => kind !== 'created')) {
      assertRefused(result, 'queue-full');
    }
    const { attempts } = await cluster.claim(1, 10);
    await cluster.of(1).store.report(
      attempts.map((attempt) => exited(attempt, 0)),
      t0,
    );
    const again = await cluster.race(30, templateId);
    assert.equal(again.filter(({ kind }) => kind === 'created').length, 10);
  });

  test('servers that fire at the same time make one run of each firing', async (t) => {
    const cluster = await Cluster.open(t, 3);
    const everyMs = 1_000;
    const templateIds = await Promise.all(
      Array.from({ length: 40 }, () =>
        cluster.template({}, { kind: 'fixed-rate', everyMs, anchorMs: t0 }),
      ),
    );
    const rounds = 5;
    const created: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const nowMs = t0 + round * everyMs;
      const fire = async (index: number): Promise<void> => {
        const request = { nowMs, limit: 15, newRunId: () => `schedule-${randomUUID()}` };
        const { store } = cluster.of(index);
        // Whoever finds the rows locked has nothing to do; the others go on until nothing is due.
        for (let turn = 0; turn < 100; turn += 1) {
          const result = await store.fire(request);
          created.push(...result.created.map((run) => `${run.templateId} ${run.scheduledAtMs}`));
          if (result.nextFiringMs === null || result.nextFiringMs > nowMs) return;
        }
        assert.fail('what is due was never decided');
      };
      await Promise.all([fire(0), fire(1), fire(2)]);
    }
    assert.equal(created.length, templateIds.length * rounds);
    assert.equal(new Set(created).size, created.length, 'a firing made two runs');
    for (const id of templateIds) {
      const { rows } = await cluster.first.store.firings(id, 0, 100);
      assert.deepEqual(
        rows.map(({ nominalMs, outcome }) => [nominalMs, outcome]),
        Array.from({ length: rounds }, (_, n) => [t0 + (rounds - n) * everyMs, 'fired']),
      );
    }
  });

  test('a suspended template admits nothing on any server after the answer', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const templateId = await cluster.template();
    const racing = cluster.race(RACERS, templateId);
    await cluster.of(1).store.setSuspended(templateId, 'sae', true, cluster.context());
    const later = await cluster.race(10, templateId);
    for (const result of later) assertRefused(result, 'template-suspended');
    await racing;
  });

  test('a deleted template leaves no run behind, whoever admits meanwhile', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const templateId = await cluster.template();
    const racing = cluster.race(RACERS, templateId);
    await cluster.of(1).store.deleteTemplate(templateId, 'sae', cluster.context());
    await racing;
    assert.deepEqual((await cluster.claim(0, 100)).attempts, []);
    assert.deepEqual(await cluster.first.store.counts(), {
      queued: 0,
      running: 0,
      activeAttempts: 0,
    });
  });

  test('a server that was given up claims nothing more and is not heard', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const [a, b] = [cluster.of(0), cluster.of(1)];
    const templateId = await cluster.template();
    await cluster.admit(0, templateId);
    const [attempt] = (await cluster.claim(1, 1)).attempts;
    assert.ok(attempt);
    // A lease that has run out already: no waiting for one.
    assert.deepEqual(await b.store.renew(b.fence, -1_000, t0), { held: true, expired: [] });
    const { expired } = await a.store.renew(a.fence, 60_000, t0);
    assert.deepEqual(expired, [b.fence]);
    const { finished } = await a.store.giveUp(b.fence, t0 + 5);
    assert.deepEqual(finished, [attempt.run.id]);
    assert.equal((await a.store.attempt(attempt.attemptId))?.state, 'lost');
    assert.equal((await b.store.report([exited(attempt, 0)], t0 + 6)).stale, 1);
    await rejectsWith(cluster.claim(1, 1), 'stale-owner');
    assert.equal((await b.store.renew(b.fence, 60_000, t0)).held, false);
  });

  test('work that one server accepts wakes the other, its own does not', async (t) => {
    const cluster = await Cluster.open(t, 2);
    const templateId = await cluster.template();
    const woken = [0, 0];
    for (const index of [0, 1]) {
      const stop = await cluster.of(index).store.watch(() => {
        woken[index] = (woken[index] ?? 0) + 1;
      });
      t.after(stop);
    }
    // The second was greeted by the first, which wakes it once.
    await until('the greeting', () => woken[1] === 1);
    const before = [...woken];
    await cluster.admit(0, templateId);
    await until('the other server is woken', () => woken[1] === (before[1] ?? 0) + 1);
    await cluster.admit(1, templateId);
    await until('and the other way round', () => woken[0] === (before[0] ?? 0) + 1);
    assert.equal(woken[1], (before[1] ?? 0) + 1, 'nobody wakes itself');
  });
});

describe('postgres: a database that goes away', { skip: missing ?? false }, () => {
  test('the store goes on after a restart, and its watch is woken', async (t) => {
    assert.ok(server !== null);
    const cluster = await Cluster.open(t, 1);
    const { store } = cluster.first;
    const templateId = await cluster.template();
    const woken = Promise.withResolvers<void>();
    t.after(await store.watch(() => woken.resolve()));
    await cluster.admit(0, templateId);
    await server.restart();
    assert.equal((await cluster.admit(0, templateId)).kind, 'created');
    assert.equal((await cluster.claim(0, 10)).attempts.length, 2);
    await within('the watch is back', woken.promise);
    await cluster.admit(0, templateId);
  });

  test('what was answered survives a crash, the rest is refused or told to be unknown', async (t) => {
    assert.ok(server !== null);
    const cluster = await Cluster.open(t, 1);
    const { store } = cluster.first;
    const templateId = await cluster.template();
    await cluster.race(20, templateId);
    const answered: string[] = [];
    const failures: unknown[] = [];
    const stopping = new AbortController();
    const admitting = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!stopping.signal.aborted) {
          try {
            const result = await cluster.admit(0, templateId);
            if (result.kind === 'created') answered.push(result.run.id);
          } catch (error) {
            failures.push(error);
            return;
          }
        }
      }),
    );
    await until('some runs are accepted', () => answered.length > 200);
    await server.kill();
    stopping.abort();
    await within('every call has an answer', admitting);
    for (const error of failures) {
      const told =
        error instanceof UnknownOutcomeError || /unavailable|PostgreSQL/.test(String(error));
      assert.ok(told, String(error));
    }
    await assert.rejects(store.ping(), /PostgreSQL/);
    await server.start();
    for (const runId of answered) assert.ok((await store.run(runId)) !== null, `${runId} was lost`);
  });
});
