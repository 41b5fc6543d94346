import assert from 'node:assert/strict';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { DomainError } from '../../../src/domain/errors.ts';
import { WriteQueue } from '../../../src/stores/sqlite/write-queue.ts';

function open() {
  const db = new Sqlite(':memory:');
  db.exec('create table t (v integer primary key)');
  const outcomes: boolean[] = [];
  const insert = db.prepare('insert into t values (?)');
  const values = (): number[] => (db.prepare('select v from t order by v').all() as { v: number }[]).map((row) => row.v);
  return { queue: new WriteQueue(db, (ok) => outcomes.push(ok)), insert, values, outcomes };
}

test('writes of one turn share one transaction and see each other', async () => {
  const { queue, insert, values, outcomes } = open();
  const seen = await Promise.all([1, 2, 3].map((v) => queue.run(() => (insert.run(v), values().length))));
  assert.deepEqual(seen, [1, 2, 3]);
  assert.deepEqual(outcomes, [true]);
});

test('one failing member is alone in failing; the others are written once', async () => {
  const { queue, insert, values, outcomes } = open();
  const results = await Promise.allSettled(
    [1, 2, 2, 3].map((v) => queue.run(() => insert.run(v).changes)),
  );
  assert.deepEqual(results.map((r) => r.status), ['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  assert.deepEqual(values(), [1, 2, 3]);
  assert.deepEqual(outcomes, [false, true, true, false, true]);
});

test('a DomainError is an answer: it does not roll the batch back', async () => {
  const { queue, insert, values, outcomes } = open();
  const results = await Promise.allSettled([
    queue.run(() => insert.run(1)),
    queue.run(() => {
      throw new DomainError('run-not-found', 'no such run');
    }),
  ]);
  assert.deepEqual(results.map((r) => r.status), ['fulfilled', 'rejected']);
  assert.deepEqual(values(), [1]);
  assert.deepEqual(outcomes, [true]);
});
