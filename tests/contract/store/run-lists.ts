import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type ScheduleDefinition,
  scheduleDefaults,
} from '../../../src/domain/schedule/definition.ts';
import { binEndMs, type RunSearch } from '../../../src/ports/run-lists.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, started, t0 } from './fixtures.ts';

/** Ids of a whole search, page by page. */
async function idsOf(bench: Bench, query: Partial<RunSearch>, limit = 10): Promise<string[]> {
  const ids: string[] = [];
  let before: number | null = null;
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await bench.store.searchRuns({ before, limit, ...query });
    ids.push(...page.rows.map(({ id }) => id));
    assert.ok(page.rows.length <= limit);
    if (page.next === null) return ids;
    before = page.next;
  }
  throw new Error('the search does not end');
}

/** Lists of runs for people who look. */
export function runListsContract(adapter: StoreAdapter): void {
  describe('lists of runs', () => {
    test('every filter narrows, alone and together, whatever the size of a page', async (t) => {
      const bench = await Bench.open(adapter, t);
      const a = await bench.template({}, { name: 'nightly-report' });
      const b = await bench.template({}, { name: '100%_done', dialect: 'cdm', namespace: 'else' });
      const c = await bench.template({}, { name: 'gone' });
      const done = await bench.running(a.id);
      await bench.report([exited(done.attempts[0] ?? assert.fail(), 0)]);
      const failed = await bench.running(a.id);
      await bench.report([exited(failed.attempts[0] ?? assert.fail(), 1)]);
      const canceled = await bench.run(a.id, { nowMs: t0 + 5_000 });
      await bench.store.stopRun(canceled.id, 'user', 'stopped', t0 + 5_000);
      const going = await bench.running(a.id, t0 + 10_000);
      const hooked = await bench.run(a.id, { trigger: 'webhook', nowMs: t0 + 20_000 });
      const foreign = await bench.run(b.id, {
        dialect: 'cdm',
        trigger: 'schedule',
        nowMs: t0 + 9e6,
        notBeforeMs: t0 + 9e7,
      });
      await bench.run(c.id, { nowMs: t0 + 9e6 });
      await bench.store.deleteTemplate(c.id, 'sae', bench.context());
      const removed = await bench.run(a.id, { nowMs: t0 + 9e6, notBeforeMs: t0 + 9e7 });
      await bench.store.deleteRun(removed.id, t0);

      const all = [foreign.id, hooked.id, going.run.id, canceled.id, failed.run.id, done.run.id];
      const cases: [Partial<RunSearch>, readonly string[]][] = [
        [{}, all],
        [{ templateId: a.id }, all.slice(1)],
        [{ templateId: c.id }, []],
        [{ templateId: 'unknown' }, []],
        [{ dialect: 'cdm' }, [foreign.id]],
        [{ namespace: 'else' }, [foreign.id]],
        [{ namespace: 'else', dialect: 'sae' }, []],
        [{ states: ['failed'] }, [failed.run.id]],
        [{ states: ['failed', 'canceled'] }, [canceled.id, failed.run.id]],
        [{ states: ['queued', 'running'] }, [foreign.id, hooked.id, going.run.id]],
        [{ states: ['running', 'canceled'] }, [going.run.id, canceled.id]],
        [{ states: ['succeeded'] }, [done.run.id]],
        [{ states: ['succeeded', 'failed'] }, [failed.run.id, done.run.id]],
        [{ states: [] }, []],
        [{ triggers: ['webhook'] }, [hooked.id]],
        [{ triggers: ['webhook', 'schedule'] }, [foreign.id, hooked.id]],
        [{ triggers: ['retry'] }, []],
        [{ createdFromMs: t0 + 10_000, createdUntilMs: t0 + 20_000 }, [going.run.id]],
        [{ createdFromMs: t0 + 9e6 }, [foreign.id]],
        [{ createdUntilMs: t0 + 1 }, [failed.run.id, done.run.id]],
        [{ createdFromMs: t0 + 9e9 }, []],
        [{ text: 'report' }, all.slice(1)],
        [{ text: '%_' }, [foreign.id]],
        [{ text: failed.run.id }, [failed.run.id]],
        [{ text: 'manual-' }, all],
        [{ text: 'anual-' }, []],
        [{ text: '' }, all],
        [{ text: 'report', states: ['failed', 'succeeded'] }, [failed.run.id, done.run.id]],
        [{ templateId: a.id, states: ['failed'], triggers: ['manual'] }, [failed.run.id]],
        [{ templateId: b.id, states: ['failed'] }, []],
      ];
      for (const [query, ids] of cases) {
        const words = JSON.stringify(query);
        assert.deepEqual(await idsOf(bench, query), ids, words);
        assert.deepEqual(await idsOf(bench, query, 1), ids, `${words}, one by one`);
      }
      const [row] = (await bench.store.searchRuns({ before: null, limit: 1 })).rows;
      assert.ok(row !== undefined);
      assert.equal(row.templateName, '100%_done');
      assert.deepEqual(row, (await bench.store.runs({ offset: 0, limit: 1 })).rows[0]);
      assert.ok(row.position <= (await bench.store.newestPosition()));
    });

    test('rare runs are found behind many others', async (t) => {
      const bench = await Bench.open(adapter, t);
      const rare = await bench.template({}, { name: 'rare' });
      const first = await bench.run(rare.id, { trigger: 'schedule' });
      const many = await bench.template();
      await Promise.all(Array.from({ length: 700 }, () => bench.admit(many.id)));
      assert.deepEqual(await idsOf(bench, { triggers: ['schedule'] }), [first.id]);
      assert.deepEqual(await idsOf(bench, { text: 'rare' }), [first.id]);
      assert.equal((await idsOf(bench, { templateId: many.id }, 300)).length, 700);
    });

    test('a feed is told what is unfinished, new, and ended since', async (t) => {
      const bench = await Bench.open(adapter, t);
      const a = await bench.template();
      const b = await bench.template();
      assert.equal(await bench.store.newestPosition(), 0);
      const old = await bench.running(a.id);
      const going = await bench.running(b.id);
      const unfinished = await bench.store.unfinishedRuns({ limit: 10 });
      assert.deepEqual(
        unfinished.map(({ id }) => id),
        [going.run.id, old.run.id],
      );
      assert.deepEqual(
        (await bench.store.unfinishedRuns({ templateId: a.id, limit: 10 })).map(({ id }) => id),
        [old.run.id],
      );
      assert.equal((await bench.store.unfinishedRuns({ limit: 1 })).length, 1);
      const after = await bench.store.newestPosition();
      await bench.report([exited(old.attempts[0] ?? assert.fail(), 0, t0 + 60_000)], t0 + 60_000);
      const fresh = await bench.run(b.id, { nowMs: t0 + 61_000 });
      const since = { after, endedFromMs: t0 + 60_000, limit: 10 };
      const changed = await bench.store.changedRuns(since);
      assert.deepEqual(
        changed.map(({ id, state }) => [id, state]),
        [
          [old.run.id, 'succeeded'],
          [fresh.id, 'queued'],
        ],
      );
      const ofB = await bench.store.changedRuns({ ...since, templateId: b.id });
      assert.deepEqual(
        ofB.map(({ id }) => id),
        [fresh.id],
      );
      const places = changed.map(({ position }) => position);
      assert.deepEqual((await bench.store.runsAt([...places, 9_999])).length, 2);
      assert.deepEqual(await bench.store.runsAt([]), []);
    });

    test('what is late: due and waiting, held ones too', async (t) => {
      const bench = await Bench.open(adapter, t);
      const a = await bench.template();
      const held = await bench.template({ concurrency: 'replace' });
      const first = await bench.run(a.id);
      const later = await bench.run(a.id, { nowMs: t0 + 1_000 });
      await bench.run(a.id, { notBeforeMs: t0 + 9e6 });
      await bench.running(held.id);
      const replacing = await bench.run(held.id, { nowMs: t0 + 500 });
      const ids = async (atMs: number, limit = 10): Promise<readonly string[]> =>
        (await bench.store.lateRuns(atMs, limit)).map(({ id }) => id);
      assert.deepEqual((await ids(t0 + 60_000)).includes(replacing.id), true);
      const waiting = (await ids(t0 + 60_000)).filter((id) => id !== replacing.id);
      // The claim of the held one's predecessor may have begun the first.
      assert.ok(waiting.every((id) => id === first.id || id === later.id));
      assert.deepEqual(await ids(t0), []);
      assert.equal((await ids(t0 + 60_000, 1)).length, 1);
    });

    test('ends are tallied by minute, state and duration, slice by slice', async (t) => {
      const bench = await Bench.open(adapter, t);
      const a = await bench.template();
      const end = async (startMs: number, tookMs: number, code: number): Promise<void> => {
        const { id } = await bench.run(a.id, { nowMs: startMs });
        const { attempts } = await bench.claim(startMs);
        const own = attempts.find(({ run }) => run.id === id) ?? assert.fail();
        await bench.store.report([started(own, startMs)], startMs);
        await bench.report([exited(own, code, startMs + tookMs)], startMs + tookMs);
      };
      await end(t0, 2_000, 0);
      await end(t0 + 10_000, 2_000, 0);
      await end(t0 + 20_000, 30_000, 1);
      await end(t0 + 120_000, 5, 0);
      const never = await bench.run(a.id, { nowMs: t0, notBeforeMs: t0 + 9e6 });
      await bench.store.stopRun(never.id, 'user', 'stopped', t0 + 130_000);
      const tally = async (limit: number): Promise<Map<string, number>> => {
        const sums = new Map<string, number>();
        let after = null;
        for (let slices = 0; slices < 20; slices += 1) {
          const query = { fromMs: t0, untilMs: t0 + 9e6, after, limit };
          const { cells, next } = await bench.store.endedRuns(query);
          for (const { minute, state, bin, runs } of cells) {
            const key = `${minute - t0 / 60_000} ${state} ${bin}`;
            sums.set(key, (sums.get(key) ?? 0) + runs);
          }
          if (next === null) return sums;
          after = next;
        }
        throw new Error('the tally does not end');
      };
      const bin = (ms: number): number => Math.floor(Math.log(ms) * 8);
      const expected = new Map([
        [`0 succeeded ${bin(2_000)}`, 2],
        [`0 failed ${bin(30_000)}`, 1],
        [`2 succeeded ${bin(5)}`, 1],
        ['2 canceled null', 1],
      ]);
      const sorted = (sums: Map<string, number>): [string, number][] => [...sums].toSorted();
      assert.deepEqual(sorted(await tally(100)), sorted(expected));
      assert.deepEqual(sorted(await tally(1)), sorted(expected));
      assert.ok(binEndMs(bin(2_000)) >= 2_000 && binEndMs(bin(2_000)) < 2_000 * 1.14);
      const query = { fromMs: t0 + 120_000, untilMs: t0 + 121_000, after: null, limit: 10 };
      const { cells } = await bench.store.endedRuns(query);
      assert.equal(cells.length, 1);
    });

    test('next firings, and those without a run', async (t) => {
      const bench = await Bench.open(adapter, t);
      const every = (everyMs: number): { schedule: ScheduleDefinition } => ({
        schedule: { timing: { kind: 'fixed-rate', everyMs, anchorMs: t0 }, ...scheduleDefaults },
      });
      const soon = await bench.template(
        { concurrency: 'forbid' },
        { name: 'soon', ...every(60_000) },
      );
      const paused = await bench.template({}, { name: 'paused', ...every(1_000) });
      await bench.store.setSuspended(paused.id, 'sae', true, bench.context());
      const next = async (): Promise<readonly unknown[]> =>
        (await bench.store.nextFirings(10)).map(({ templateId, templateName, nextAtMs }) => [
          templateId,
          templateName,
          nextAtMs,
        ]);
      assert.deepEqual(await next(), [[soon.id, 'soon', t0 + 60_000]]);
      for (const nowMs of [t0 + 60_000, t0 + 120_000]) {
        await bench.store.fire({ nowMs, limit: 10, newRunId: () => bench.id('schedule') });
      }
      assert.deepEqual(await next(), [[soon.id, 'soon', t0 + 180_000]]);
      const missed = await bench.store.missedFirings(t0, t0 + 9e6, 10);
      assert.deepEqual(
        missed.map(({ templateName, nominalMs, outcome }) => [templateName, nominalMs, outcome]),
        [['soon', t0 + 120_000, 'refused']],
      );
      assert.deepEqual(await bench.store.missedFirings(t0, t0 + 120_000, 10), []);
    });

    test('live attempts are counted by executor', async (t) => {
      const bench = await Bench.open(adapter, t);
      assert.deepEqual(await bench.store.activeByExecutor(), []);
      const a = await bench.template({ replicas: 3 });
      const { attempts } = await bench.running(a.id);
      await bench.report([exited(attempts[0] ?? assert.fail(), 0)]);
      assert.deepEqual(await bench.store.activeByExecutor(), [{ executor: 'process', active: 2 }]);
    });
  });
}
