import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Journal } from '../../../../../src/executors/worker/xxl-job/journal.ts';
import { Peer } from './peer.ts';
import { groupKey, Session } from './session.ts';

test('dispatched jobs are known again after a restart, and their callbacks land', async (t) => {
  const first = await Session.open(t);
  const peer = await Peer.start(t);
  await first.register(peer);
  first.start('a.0.1');
  const { body } = await peer.call('/run');
  await first.report('a.0.1', 'started');
  await first.close();

  const second = await Session.open(t, { dataDir: first.dataDir, adopted: false });
  // Earlier than it knows what it waits for: the executor must not forget it.
  const end = [{ logId: body['logId'], logDateTim: 1, handleCode: 200, handleMsg: 'kept' }];
  assert.match((await second.post('/api/callback', end)).msg ?? '', /send it again/);
  await second.executor.adopt([{ attemptId: 'a.0.1', fence: 9, started: true }]);
  second.executor.stopOthers();
  assert.equal((await second.post('/api/callback', end)).code, 200);
  const { result, fence } = await second.report('a.0.1', 'ended');
  assert.deepEqual([result, fence], ['kept', 9]);
  await second.close();

  // The store did not hear of it: it is told again.
  const third = await Session.open(t, { dataDir: first.dataDir, adopted: false });
  await third.executor.adopt([{ attemptId: 'a.0.1', fence: 10, started: true }]);
  const again = await third.report('a.0.1', 'ended');
  assert.deepEqual([again.result, again.fence], ['kept', 10]);
  assert.equal(peer.bodies('/run').length, 1);
});

test('a dispatch whose answer nobody saw is asked about, not repeated', async (t) => {
  const first = await Session.open(t, { timing: { callTimeoutMs: 60_000 } });
  const peer = await Peer.start(t, {
    run: () => null,
    log: () => ({ code: 200, content: { fromLineNum: 1, toLineNum: 1, isEnd: false } }),
  });
  await first.register(peer);
  first.start('u.0.1');
  const { body } = await peer.call('/run');
  await first.close();
  const second = await Session.open(t, { dataDir: first.dataDir, adopted: false });
  await second.executor.adopt([{ attemptId: 'u.0.1', fence: 9, started: false }]);
  second.executor.stopOthers();
  await second.report('u.0.1', 'started');
  await second.callback(body['logId'], 200, 'there');
  assert.equal((await second.report('u.0.1', 'ended')).result, 'there');
  assert.equal(peer.bodies('/run').length, 1);
});

test('what was never dispatched is refused, what nothing is kept of is lost', async (t) => {
  const session = await Session.open(t, { adopted: false });
  await session.executor.adopt([
    { attemptId: 'n.0.1', fence: 9, started: false },
    { attemptId: 'n.0.2', fence: 9, started: true },
  ]);
  assert.equal(
    (await session.report('n.0.1', 'refused')).message,
    'the server stopped before the start',
  );
  assert.match((await session.report('n.0.2', 'lost')).message, /^don't update progress/);
});

test('a stop after a restart reaches the executor once its token is known', async (t) => {
  const first = await Session.open(t);
  const peer = await Peer.start(t, {
    kill: ({ headers }) =>
      headers['xxl-job-access-token'] === groupKey
        ? { code: 200 }
        : { code: 500, msg: 'The access token is wrong.' },
  });
  await first.register(peer);
  first.start('s.0.1');
  const { body } = await peer.call('/run');
  await first.report('s.0.1', 'started');
  await first.close();
  const second = await Session.open(t, { dataDir: first.dataDir, adopted: false });
  await second.executor.adopt([{ attemptId: 's.0.1', fence: 9, started: true }]);
  second.executor.stop('s.0.1');
  await peer.call('/kill', 8);
  await second.register(peer);
  second.executor.stopOthers();
  const turned = peer.bodies('/kill').length;
  assert.equal((await peer.call('/kill', turned)).headers['xxl-job-access-token'], groupKey);
  await second.callback(body['logId'], 500, 'killed');
  assert.equal((await second.report('s.0.1', 'ended')).stopped, true);
});

test('what nobody adopts is killed as soon as its executor is known', async (t) => {
  const first = await Session.open(t);
  const peer = await Peer.start(t, {
    kill: ({ headers }) => ({ code: headers['xxl-job-access-token'] === groupKey ? 200 : 500 }),
  });
  await first.register(peer);
  first.start('o.0.1');
  await first.report('o.0.1', 'started');
  await first.close();
  const second = await Session.open(t, { dataDir: first.dataDir });
  assert.equal((await peer.call('/kill', 0)).headers['xxl-job-access-token'], undefined);
  await second.register(peer);
  assert.equal((await peer.call('/kill', 1)).headers['xxl-job-access-token'], groupKey);
  assert.deepEqual(second.reports, []);
  await second.executor.remove(['o.0.1']);
  await second.close();
  const root = join(first.dataDir, 'workers', 'xxl-job');
  assert.deepEqual(readdirSync(join(root, 'logs')), []);
  const journal = new Journal(root);
  journal.open();
  assert.ok(!journal.has('o.0.1'));
  journal.close();
});
