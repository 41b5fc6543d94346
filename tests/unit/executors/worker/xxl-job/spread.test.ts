import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, Peer } from './peer.ts';
import { Session } from './session.ts';

test('a broadcast goes to every executor and succeeds when all do', async (t) => {
  const session = await Session.open(t);
  const peers = [await Peer.start(t), await Peer.start(t)];
  for (const peer of peers) await session.register(peer);
  session.start('b.0.1', { mode: 'broadcast' });
  const bodies = await Promise.all(peers.map(async (peer) => (await peer.call('/run')).body));
  assert.deepEqual(
    bodies.map((body) => [body['broadcastIndex'], body['broadcastTotal']]).toSorted(),
    [
      [0, 2],
      [1, 2],
    ],
  );
  await session.callback(bodies[1]?.['logId'], 200, 'same');
  const progress = JSON.parse((await session.report('b.0.1', 'progress')).progress) as object;
  assert.ok('taskProgress' in progress && 'workerProgress' in progress);
  await session.callback(bodies[0]?.['logId'], 200, 'same');
  const { exitCode, result } = await session.report('b.0.1', 'ended');
  assert.deepEqual([exitCode, result], [0, 'same']);
  const last = session.about('b.0.1').findLast(({ kind }) => kind === 'progress');
  assert.ok(last?.kind === 'progress');
  assert.deepEqual(JSON.parse(last.progress), {
    taskProgress: [{ name: 'job', total: 2, pulled: 0, running: 0, success: 2, failed: 0 }],
    workerProgress: peers
      .map(({ address }) => address)
      .toSorted()
      .map((workerAddr) => ({
        workerAddr,
        total: 1,
        pulled: 0,
        running: 0,
        success: 1,
        failed: 0,
      })),
  });
});

test('a broadcast fails with what failed, once everything is over', async (t) => {
  const session = await Session.open(t);
  const peers = [await Peer.start(t), await Peer.start(t)];
  for (const peer of peers) await session.register(peer);
  const dead = `127.0.0.1:${await freePort()}`;
  await session.register({ url: `http://${dead}/` });
  session.start('f.0.1', { mode: 'broadcast' });
  const [first, second] = await Promise.all(
    peers.map(async (peer) => (await peer.call('/run')).body),
  );
  await session.callback(first?.['logId'], 500, 'no luck');
  await session.callback(second?.['logId'], 200, 'fine');
  const { exitCode, message } = await session.report('f.0.1', 'ended');
  assert.equal(exitCode, 1);
  assert.match(message, /^2 of 3 did not succeed: /);
  assert.ok(message.includes(`${peers[0]?.address}: no luck`), message);
  assert.ok(message.includes(`xxljob@${dead}: no available worker`), message);
});

test('shards are dealt out over the executors, each with its own parameter', async (t) => {
  const session = await Session.open(t);
  const peers = [await Peer.start(t), await Peer.start(t)];
  for (const peer of peers) await session.register(peer);
  session.start('s.0.1', { mode: 'sharding', parameters: '0=a,1=b\n2=c=d' });
  await session.report('s.0.1', 'started');
  await Promise.all(peers.map((peer) => peer.call('/run', 0)));
  const bodies = peers.flatMap((peer) => peer.bodies('/run'));
  const third = bodies.length === 3 ? [] : [await Promise.any(peers.map((p) => p.call('/run', 1)))];
  const all = [...bodies, ...third.map(({ body }) => body)];
  assert.deepEqual(
    all
      .map((body) => [body['broadcastIndex'], body['broadcastTotal'], body['executorParams']])
      .toSorted(),
    [
      [0, 3, 'a'],
      [1, 3, 'b'],
      [2, 3, 'c=d'],
    ],
  );
  for (const body of all)
    await session.callback(body['logId'], 200, String(body['executorParams']));
  const { result } = await session.report('s.0.1', 'ended');
  assert.equal(result, '#0: a\n#1: b\n#2: c=d');
});

test('a stop kills a broadcast everywhere', async (t) => {
  const session = await Session.open(t);
  const peers = [await Peer.start(t), await Peer.start(t)];
  for (const peer of peers) await session.register(peer);
  session.start('k.0.1', { mode: 'broadcast' });
  await Promise.all(peers.map((peer) => peer.call('/run')));
  session.executor.stop('k.0.1');
  for (const peer of peers) await peer.call('/kill');
  assert.equal((await session.report('k.0.1', 'ended')).message, 'killed from server');
});

test('FAILOVER and BUSYOVER ask before they choose', async (t) => {
  const session = await Session.open(t);
  const no = { code: 500, msg: 'busy' };
  const yes = { code: 200, msg: null };
  // Addresses are in the order of text, and ports need not be.
  const peers = [
    await Peer.start(t, { beat: () => null, idleBeat: () => no }),
    await Peer.start(t, { beat: () => yes, idleBeat: () => yes }),
  ];
  for (const peer of peers) await session.register(peer);
  for (const [index, strategy] of ['FAILOVER', 'BUSYOVER'].entries()) {
    const attributes = JSON.stringify({
      executorRouteStrategy: strategy,
      executorBlockStrategy: 'COVER_EARLY',
    });
    session.start(`q.${index}.1`, { attributes });
    assert.equal((await session.report(`q.${index}.1`, 'started')).worker, peers[1]?.address);
  }
  assert.equal(peers[1]?.bodies('/run')[0]?.['executorBlockStrategy'], 'COVER_EARLY');
  assert.deepEqual(peers[0]?.bodies('/run'), []);
});
