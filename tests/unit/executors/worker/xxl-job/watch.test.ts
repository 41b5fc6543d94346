import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usualTiming } from '../../../../../src/executors/worker/xxl-job/limits.ts';
import { judge, type Seen, watched } from '../../../../../src/executors/worker/xxl-job/watch.ts';

/** Looks at these seconds see this; gives the second at which it was lost, with the words. */
function follow(
  looks: readonly (readonly [second: number, seen: Seen])[],
  { accepted = true, beatAt = null as number | null } = {},
): readonly [number, string] | null {
  let state = watched(0);
  const beatAtMs = beatAt === null ? null : beatAt * 1_000;
  for (const [second, seen] of looks) {
    const facts = { accepted, nowMs: second * 1_000, beatAtMs };
    const { next, lost } = judge(state, seen, facts, usualTiming);
    if (lost !== null) return [second, lost];
    state = next;
  }
  return null;
}

test('an executor that is busy with the job is left alone', () => {
  const looks = Array.from({ length: 100 }, (_, index) => [index * 30, 'busy'] as const);
  assert.equal(follow(looks), null);
  assert.equal(follow(looks, { accepted: false }), null);
});

test('a job without a trace is lost after a minute, and never by one look', () => {
  assert.deepEqual(
    follow([
      [30, 'idle'],
      [60, 'idle'],
      [89, 'idle'],
      [90, 'idle'],
    ])?.[0],
    90,
  );
  assert.equal(
    follow([
      [30, 'idle'],
      [60, 'busy'],
      [90, 'idle'],
      [120, 'idle'],
    ]),
    null,
  );
});

test('an unanswered dispatch without a trace is lost after ten seconds', () => {
  const lost = follow(
    [
      [0, 'idle'],
      [9, 'idle'],
      [10, 'idle'],
    ],
    { accepted: false },
  );
  assert.deepEqual(lost?.[0], 10);
  assert.match(lost?.[1] ?? '', /^submit jobInstanceId to worker timeout/);
});

test('an executor that is silent and registers no more is gone after 30 seconds', () => {
  const looks = [
    [100, 'silent'],
    [129, 'silent'],
    [130, 'silent'],
  ] as const;
  assert.deepEqual(follow(looks, { beatAt: 60 })?.[0], 130);
  assert.deepEqual(follow(looks)?.[0], 130);
  assert.match(follow(looks)?.[1] ?? '', /^don't update progress more than 30s/);
  assert.equal(
    follow([
      [100, 'silent'],
      [120, 'busy'],
      [131, 'silent'],
      [160, 'silent'],
    ]),
    null,
  );
});

test('one that registers is waited for although it cannot be reached', () => {
  const looks = [
    [100, 'silent'],
    [130, 'silent'],
    [190, 'silent'],
  ] as const;
  assert.equal(follow(looks, { beatAt: 180 }), null);
  assert.deepEqual(follow(looks, { beatAt: 120 })?.[0], 190);
});

test('one that refuses to tell is asked for two minutes, if it is unknown whether it has the job', () => {
  const looks = [
    [0, 'unclear'],
    [119, 'unclear'],
    [120, 'unclear'],
  ] as const;
  assert.deepEqual(follow(looks, { accepted: false })?.[0], 120);
  assert.equal(follow(looks), null);
});

test('trouble is looked at more often', () => {
  const at = (accepted: boolean, seen: Seen): number =>
    judge(watched(0), seen, { accepted, nowMs: 0, beatAtMs: null }, usualTiming).next.askAtMs;
  assert.equal(at(true, 'busy'), 30_000);
  assert.equal(at(true, 'silent'), 2_000);
  assert.equal(at(false, 'busy'), 2_000);
});
