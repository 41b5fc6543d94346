import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Overview, percentileMs } from '../../../src/engine/overview.ts';
import { adapter } from '../../contract/store/sqlite-adapter.ts';
import { Bench, exited, started, t0 } from '../../contract/store/fixtures.ts';

const minuteMs = 60_000;

describe('overview', () => {
  test('counts buckets, at first and after more has ended', async (t) => {
    const bench = await Bench.open(adapter, t);
    const { id: template } = await bench.template();
    let nowMs = t0;
    const clock = {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      after: () => ({ cancel: () => undefined }),
      soon: () => undefined,
    };
    const end = async (atMs: number, tookMs: number, code: number): Promise<void> => {
      const run = await bench.run(template, { nowMs: atMs - tookMs });
      const { attempts } = await bench.claim(atMs - tookMs);
      const own = attempts.find((attempt) => attempt.run.id === run.id) ?? assert.fail();
      await bench.report([started(own, atMs - tookMs)], atMs - tookMs);
      await bench.report([exited(own, code, atMs)], atMs);
    };
    const overview = new Overview(bench.store, clock, []);
    const look = (): ReturnType<Overview['facts']> =>
      overview.facts({ sinceMs: t0, untilMs: t0 + 60 * minuteMs, buckets: 12 });

    await end(t0 + 1_000, 1_000, 0);
    await end(t0 + 2 * minuteMs, 1_000, 0);
    await end(t0 + 7 * minuteMs, 8_000, 1);
    nowMs = t0 + 8 * minuteMs;
    const first = await look();
    assert.equal(first.bucketMs, 5 * minuteMs);
    assert.equal(first.buckets.length, 12);
    const numbers = ({ buckets }: typeof first): readonly (readonly number[])[] =>
      buckets.slice(0, 3).map(({ succeeded, failed, canceled }) => [succeeded, failed, canceled]);
    assert.deepEqual(numbers(first), [
      [2, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    assert.deepEqual([first.complete, first.failed.length], [true, 1]);
    const near = (value: number | null, wanted: number): boolean =>
      value !== null && Math.abs(value - wanted) / wanted < 0.07;
    assert.ok(near(first.buckets[0]?.p50Ms ?? null, 1_000));
    assert.ok(near(first.total.p95Ms, 8_000), String(first.total.p95Ms));

    // What has settled is kept; what ends later is added to it, and nothing is counted twice.
    nowMs = t0 + 25 * minuteMs;
    await look();
    await end(t0 + 24 * minuteMs, 500, 0);
    const later = await look();
    assert.deepEqual(numbers(later), numbers(first));
    assert.equal(later.buckets[4]?.succeeded, 1);
    assert.deepEqual([later.total.succeeded, later.total.failed], [3, 1]);
    assert.deepEqual(await look(), later);
  });

  test('percentiles of bins', () => {
    assert.equal(percentileMs(new Map(), 0.5), null);
    const bin = (ms: number): number => Math.floor(Math.log(ms) * 8);
    const bins = new Map([
      [bin(10), 90],
      [bin(5_000), 10],
    ]);
    assert.ok(Math.abs((percentileMs(bins, 0.5) ?? 0) - 10) <= 1);
    assert.ok(Math.abs((percentileMs(bins, 0.95) ?? 0) - 5_000) / 5_000 < 0.07);
  });
});
