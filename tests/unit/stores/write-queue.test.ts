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
  const values = (): number[] =>
    (db.prepare('select v from t order by v').all() as { v: number }[]).map((row) => row.v);
  const disk = { syncs: 0, fault: null as Error | null };
  const sync = async (): Promise<void> => {
    disk.syncs += 1;
    if (disk.fault !== null) throw disk.fault;
  };
  const queue = new WriteQueue(db, { sync, onOutcome: (ok) => void outcomes.push(ok) });
  return { queue, insert, values, outcomes, disk };
}

test('writes of one turn share one transaction and see each other', async () => {
  const { queue, insert, values, outcomes, disk } = open();
  const seen = await Promise.all(
    [1, 2, 3].map((v) => queue.run(() => (insert.run(v), values().length))),
  );
  assert.deepEqual(seen, [1, 2, 3]);
  assert.deepEqual(outcomes, [true]);
  assert.equal(disk.syncs, 1);
});

test('one failing member is alone in failing; the others are written once', async () => {
  const { queue, insert, values, outcomes } = open();
  const results = await Promise.allSettled(
    [1, 2, 2, 3].map((v) => queue.run(() => insert.run(v).changes)),
  );
  assert.deepEqual(
    results.map((r) => r.status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
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
  assert.deepEqual(
    results.map((r) => r.status),
    ['fulfilled', 'rejected'],
  );
  assert.deepEqual(values(), [1]);
  assert.deepEqual(outcomes, [true]);
});

test('a write resolves only after a sync that began after its commit', async () => {
  const db = new Sqlite(':memory:');
  db.exec('create table t (v integer primary key)');
  const order: string[] = [];
  const queue = new WriteQueue(db, {
    sync: async () => {
      order.push(`sync ${(db.prepare('select count(*) as c from t').get() as { c: number }).c}`);
      await new Promise((resolve) => setImmediate(resolve));
    },
    onOutcome: () => {},
  });
  const write = (v: number): Promise<unknown> =>
    queue
      .run(() => db.prepare('insert into t values (?)').run(v))
      .then(() => order.push(`done ${v}`));
  const first = write(1);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, write(2)]);
  assert.ok(order.indexOf('sync 1') < order.indexOf('done 1'));
  assert.ok(order.indexOf('sync 2') < order.indexOf('done 2'), order.join());
});

test('a failed sync rejects what it covered and everything after it', async () => {
  const { queue, insert, disk } = open();
  disk.fault = new Error('EIO');
  await assert.rejects(
    queue.run(() => insert.run(1)),
    /the disk did not confirm/,
  );
  disk.fault = null;
  await assert.rejects(
    queue.run(() => insert.run(2)),
    /the disk did not confirm/,
  );
});
