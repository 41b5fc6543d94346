import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureLock } from '../../../../src/dialects/huawei/failure-lock.ts';

const lockMs = 60_000;

test('locks after more failures in a row than allowed, for a while', () => {
  const lock = new FailureLock({ failures: 2, lockMs });
  lock.failed('a', 0);
  lock.failed('a', 0);
  assert.ok(!lock.isLocked('a', 0));
  lock.failed('a', 1_000);
  assert.ok(lock.isLocked('a', 1_000));
  assert.ok(!lock.isLocked('b', 1_000));
  assert.ok(lock.isLocked('a', 1_000 + lockMs - 1));
  assert.ok(!lock.isLocked('a', 1_000 + lockMs));
  // It starts from nothing again.
  lock.failed('a', 1_000 + lockMs);
  assert.ok(!lock.isLocked('a', 1_000 + lockMs));
});

test('forgets failures at a success', () => {
  const lock = new FailureLock({ failures: 1, lockMs });
  lock.failed('a', 0);
  lock.succeeded('a');
  lock.failed('a', 0);
  assert.ok(!lock.isLocked('a', 0));
});

test('a clock that is set back does not lock for ever', () => {
  const lock = new FailureLock({ failures: 0, lockMs });
  lock.failed('a', 10 * lockMs);
  assert.ok(!lock.isLocked('a', 0));
});

test('remembers so many names and no more, the latest', () => {
  const lock = new FailureLock({ failures: 0, lockMs, maxNames: 3 });
  for (const name of ['a', 'b', 'c', 'a', 'd']) lock.failed(name, 0);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => lock.isLocked(name, 0)),
    [true, false, true, true],
  );
});
