import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beginning,
  calmRemovalsPerSecond,
  defaultRetention,
  fitting,
  justBefore,
  later,
  maxRemovalsPerSecond,
  mayErase,
  nextRound,
  nextStage,
  outputRemovalReason,
  removalPatienceMs,
  removalsPerSecond,
  type RetentionCursor,
  retentionHorizons,
  retentionStages,
  thoroughRound,
} from '../../../src/domain/retention.ts';

const dayMs = 24 * 60 * 60 * 1000;
const nowMs = 1_000 * dayMs;
const horizons = retentionHorizons(defaultRetention, nowMs);

test('bounds on age become instants; no bound stays none', () => {
  assert.deepEqual(horizons, {
    runsEndedBeforeMs: nowMs - 30 * dayMs,
    keysSinceMs: nowMs - dayMs,
    outputEndedBeforeMs: nowMs - 30 * dayMs,
    firingsDecidedBeforeMs: nowMs - 30 * dayMs,
    leftoversBeforeMs: nowMs - 30 * dayMs,
  });
  const { runs } = defaultRetention;
  const ageless = { ...defaultRetention, runs: { ...runs, maxAgeMs: null } };
  assert.equal(retentionHorizons(ageless, nowMs).runsEndedBeforeMs, null);
});

test('the newest run stays, and so does a young key', () => {
  const plain = { createdAtMs: nowMs, idempotencyKey: null, newest: false };
  assert.equal(mayErase(plain, horizons), true);
  assert.equal(mayErase({ ...plain, newest: true }, horizons), false);
  const keyed = { ...plain, idempotencyKey: 'once' };
  assert.equal(mayErase(keyed, horizons), false);
  assert.equal(mayErase({ ...keyed, createdAtMs: nowMs - dayMs }, horizons), false);
  assert.equal(mayErase({ ...keyed, createdAtMs: nowMs - dayMs - 1 }, horizons), true);
});

test('a transaction takes what fits by replicas, and at least one', () => {
  const rows = [{ replicas: 2 }, { replicas: 2 }, { replicas: 1 }];
  const taken = (limit: number): number => fitting(rows, limit).length;
  assert.deepEqual([taken(5), taken(4), taken(3), taken(1)], [3, 2, 1, 1]);
  assert.equal(fitting([{ replicas: 10_000 }], 1).length, 1);
  assert.deepEqual(fitting([], 5), []);
});

test('a round goes through every stage and ends', () => {
  const seen: string[] = [];
  let cursor: RetentionCursor = thoroughRound(nowMs);
  while (cursor.stage !== 'over' && seen.length < 10) {
    seen.push(cursor.stage);
    cursor = nextStage({ ...cursor, endedUntil: beginning });
    assert.equal(cursor.endedUntil, null);
  }
  assert.deepEqual(seen, [...retentionStages]);
  assert.equal(nextStage(cursor).stage, 'over');
});

test('the next round begins where the last one began, a little earlier', () => {
  const ended = { atMs: 5, n: 7 };
  const last: RetentionCursor = { ...thoroughRound(nowMs), stage: 'over', ended };
  const next = nextRound(last, nowMs + 600_000);
  assert.deepEqual(
    [next.stage, next.thorough, next.startedAtMs],
    ['templates', false, nowMs + 600_000],
  );
  assert.deepEqual(next.finished, { atMs: nowMs - 60_000, n: -1 });
  assert.deepEqual(next.decided, next.finished);
  assert.equal(next.ended, ended, 'what was protected is left to a thorough round');
});

test('places are ordered by time, then by number', () => {
  const a = { atMs: 1, n: 9 };
  const b = { atMs: 2, n: 1 };
  const c = { atMs: 2, n: 2 };
  assert.equal(later(a, b), b);
  assert.equal(later(c, b), c);
  assert.equal(later(null, b), b);
  assert.equal(later(a, null), a);
  assert.equal(later(null, null), null);
  assert.equal(justBefore(null), null);
  assert.equal(later(justBefore(2), a)?.atMs, 1);
  assert.ok((justBefore(2)?.n ?? 0) > 9, 'the last of its instant');
});

test('the reason names the bound and the setting', () => {
  const { output } = defaultRetention;
  const about = (maxAgeMs: number): string =>
    outputRemovalReason('age', { ...defaultRetention, output: { ...output, maxAgeMs } });
  assert.match(about(30 * dayMs), /more than 30 days ago \(retention\.output\.maxAgeMs\)/);
  assert.match(about(5_000), /more than 5 seconds ago/);
  assert.match(about(0), /more than 0 ms ago/);
  assert.match(
    outputRemovalReason('bytes', defaultRetention),
    /more than 10737418240 bytes .*retention\.output\.maxBytes/,
  );
});

test('removing is calm at first and hurries when a backlog lasts, up to a bound', () => {
  assert.equal(removalsPerSecond(0), calmRemovalsPerSecond);
  assert.equal(removalsPerSecond(-5), calmRemovalsPerSecond, 'a clock that went back');
  assert.equal(removalsPerSecond(removalPatienceMs - 1), calmRemovalsPerSecond);
  assert.equal(removalsPerSecond(removalPatienceMs), 2 * calmRemovalsPerSecond);
  assert.equal(removalsPerSecond(1e15), maxRemovalsPerSecond);
});
