import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Sqlite from 'better-sqlite3';
import {
  type AttemptRecord,
  Journal,
} from '../../../../../src/executors/worker/xxl-job/journal.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { Peer } from './peer.ts';
import { Session } from './session.ts';

function record(end: AttemptRecord['end'] = null): AttemptRecord {
  return { group: 7, jobId: 1, name: 'job', parts: [], startedAtMs: null, stopAtMs: null, end };
}

const end = {
  kind: 'ended',
  atMs: 5,
  exitCode: 0,
  stopped: false,
  message: '',
  result: 'well',
} as const;

function opened(t: TestContext, root: string): Journal {
  const journal = new Journal(root);
  journal.open();
  t.after(() => journal.close());
  return journal;
}

test('what was written is there for the next life, and only for us', async (t) => {
  const root = join(await temporaryFolder(t), 'xxl-job');
  const first = opened(t, root);
  first.write('a.0.1', record());
  first.write('b.0.1', record());
  first.write('b.0.1', record(end));
  assert.equal(statSync(first.file).mode & 0o077, 0);
  // Not closed: the process was killed.
  const second = opened(t, root);
  assert.deepEqual(second.unended(), ['a.0.1']);
  assert.deepEqual(second.read('b.0.1'), record(end));
  assert.ok(second.has('a.0.1') && !second.has('c.0.1'));
  second.remove('a.0.1');
  second.remove('c.0.1');
  assert.deepEqual([second.has('a.0.1'), second.read('a.0.1')], [false, null]);
});

test('a write that fails takes none of its turn with it', async (t) => {
  const journal = opened(t, await temporaryFolder(t));
  assert.throws(
    () =>
      journal.together(() => {
        journal.write('a.0.1', record());
        throw new Error('the second failed');
      }),
    /the second failed/,
  );
  assert.ok(journal.has('a.0.1'));
  journal.together(() => journal.write('b.0.1', record(end)));
  assert.deepEqual(journal.unended(), ['a.0.1']);
});

test('what cannot be read is kept and is no record', async (t) => {
  const journal = opened(t, await temporaryFolder(t));
  journal.write('a.0.1', record());
  const db = new Sqlite(journal.file);
  t.after(() => db.close());
  for (const text of ['{"parts":1', '{}', 'null', '{"parts":[]}']) {
    db.prepare('update attempts set record = ?').run(text);
    assert.equal(journal.read('a.0.1'), null);
    assert.ok(journal.has('a.0.1'), 'or it would be dispatched twice');
  }
});

test('a journal that is not open, or is none, is told', async (t) => {
  const root = await temporaryFolder(t);
  const journal = new Journal(root);
  assert.throws(() => journal.write('a.0.1', record()), /journal\.db is not open/);
  assert.equal(journal.read('a.0.1'), null);
  const other = new Sqlite(journal.file);
  other.exec('create table attempts (id text)');
  other.close();
  assert.throws(() => journal.open());
});

test('one of many that is stopped before its turn is never dispatched', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  const ids = Array.from({ length: 100 }, (_, index) => `m${index}.0.1`);
  for (const id of ids) session.start(id);
  session.executor.stop('m99.0.1');
  const refused = await session.report('m99.0.1', 'refused');
  assert.match(refused.message, /stopped before/);
  for (const id of ids.slice(0, -1)) await session.report(id, 'started');
  assert.equal(peer.calls.filter(({ path }) => path === '/run').length, 99);
});

test('a stop while it is written down: nothing is dispatched, and nothing killed', async (t) => {
  let stop = (): void => undefined;
  const session = await Session.open(t, {
    nextNumber() {
      // After everything that needs no turn of the event loop, before it is written.
      process.nextTick(() => stop());
      return Promise.resolve(77);
    },
  });
  const peer = await Peer.start(t);
  await session.register(peer);
  stop = () => {
    assert.ok(!journal.has('g.0.1'), 'too late to show anything');
    session.executor.stop('g.0.1');
  };
  const journal = opened(t, join(session.dataDir, 'workers', 'xxl-job'));
  session.start('g.0.1');
  assert.match((await session.report('g.0.1', 'refused')).message, /stopped before/);
  assert.deepEqual(journal.unended(), []);
  assert.equal(journal.read('g.0.1')?.end?.kind, 'refused');
  assert.deepEqual(peer.calls, []);
});
