import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { until } from '../../../../support/until.ts';
import { freePort, Peer } from './peer.ts';
import { Session } from './session.ts';

const idle = { code: 200, msg: null, content: null };

test('what cannot be reached is passed over, and then tried last', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  const dead = { url: `http://127.0.0.1:${await freePort()}/` };
  await session.register(dead);
  await session.register(peer);
  for (const id of ['o.0.1', 'o.0.2', 'o.0.3']) {
    session.start(id);
    assert.equal((await session.report(id, 'started')).worker, peer.address);
  }
  assert.equal(peer.bodies('/run').length, 3);
});

test('where nobody can be reached, nothing was started', async (t) => {
  const session = await Session.open(t);
  await session.register({ url: `http://127.0.0.1:${await freePort()}/` });
  session.start('n.0.1');
  const { message } = await session.report('n.0.1', 'refused');
  assert.match(message, /^no available worker: none could be reached \(.*ECONNREFUSED/);
});

test('an executor that takes the dispatch and never answers: asked, then lost, never sent twice', async (t) => {
  const session = await Session.open(t);
  const silent = await Peer.start(t, { run: () => null, idleBeat: () => idle });
  const other = await Peer.start(t, { run: () => null, idleBeat: () => idle });
  await session.register(silent);
  await session.register(other);
  session.start('h.0.1');
  const { message } = await session.report('h.0.1', 'lost');
  assert.match(message, /^submit jobInstanceId to worker timeout: .*no trace/);
  assert.equal(silent.bodies('/run').length + other.bodies('/run').length, 1);
  assert.ok(silent.bodies('/log').length + other.bodies('/log').length > 0);
});

test('an executor that has it but did not answer goes on with it', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t, {
    run: () => null,
    log: () => ({
      code: 200,
      data: { fromLineNum: 1, toLineNum: 3, logContent: '', isEnd: false },
    }),
  });
  await session.register(peer);
  session.start('g.0.1');
  assert.equal((await session.report('g.0.1', 'started')).worker, peer.address);
  await session.callback((await peer.call('/run')).body['logId'], 200, 'all the same');
  assert.equal((await session.report('g.0.1', 'ended')).result, 'all the same');
  assert.equal(peer.bodies('/run').length, 1);
});

for (const [what, answer] of [
  ['no JSON', '<html>'],
  ['JSON without a code', '{"msg":"?"}'],
  ['too large', JSON.stringify({ code: 200, msg: 'x'.repeat(300_000) })],
] as const) {
  test(`an answer that is ${what} is none`, async (t) => {
    const session = await Session.open(t);
    const peer = await Peer.start(t, { run: () => answer, idleBeat: () => idle });
    await session.register(peer);
    session.start('j.0.1');
    assert.match((await session.report('j.0.1', 'lost')).message, /no trace/);
    assert.equal(peer.bodies('/run').length, 1);
  });
}

test('an answer that drips is given up', async (t) => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    const dripping = setInterval(() => socket.write(' '), 20);
    socket.on('close', () => clearInterval(dripping));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const session = await Session.open(t, { timing: { callTimeoutMs: 100, killMs: 150 } });
  await session.register({ url: `http://127.0.0.1:${port}` });
  session.start('s.0.1');
  await until('it is asked about', () =>
    session.lines.some((line) => /was not answered/.test(line)),
  );
  session.executor.stop('s.0.1');
  assert.equal((await session.report('s.0.1', 'ended')).stopped, true);
});

test('an executor that goes away takes its jobs with it', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('v.0.1');
  const { body } = await peer.call('/run');
  await session.report('v.0.1', 'started');
  await peer.close();
  const { message } = await session.report('v.0.1', 'lost');
  assert.match(message, /^don't update progress more than 30s: .*cannot be reached/);
  // Late: it was lost, and stays so.
  await session.callback(body['logId'], 200, 'late');
  assert.equal(session.about('v.0.1').length, 2);
});

test('an executor that forgot its job, and told no end, has lost it', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t, { idleBeat: () => idle });
  await session.register(peer);
  session.start('i.0.1');
  const { message } = await session.report('i.0.1', 'lost');
  assert.match(message, /^don't update progress more than 30s: .*does not run it any more/);
});

test('an executor that works is never given up, registered or not', async (t) => {
  const session = await Session.open(t, { timing: { ...quickAsk, registryTtlMs: 50 } });
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('b.0.1');
  await until('it was asked often', () => peer.bodies('/idleBeat').length > 20);
  assert.deepEqual(session.executor.workers?.(7), []);
  assert.deepEqual(
    session.about('b.0.1').map(({ kind }) => kind),
    ['started'],
  );
  const { body } = await peer.call('/run');
  await session.post('/api/callback', [{ logId: body['logId'], logDateTim: 1, handleCode: 200 }]);
  await session.report('b.0.1', 'ended');
});

test('an executor that turns calls down for the token is not asked for ever', async (t) => {
  const wrong = { code: 500, msg: 'The access token is wrong.' };
  const session = await Session.open(t, { timing: { ...quickAsk, blindLostMs: 200 } });
  const peer = await Peer.start(t, { run: () => null, idleBeat: () => wrong, log: () => wrong });
  await session.register(peer);
  session.start('w.0.1');
  assert.match((await session.report('w.0.1', 'lost')).message, /refuses to tell/);
});

const quickAsk = {
  callTimeoutMs: 200,
  tickMs: 10,
  askMs: 10,
  unsureAskMs: 10,
  silentLostMs: 50,
  missedBeatMs: 50,
};

test('many at once: each is dispatched once and ends once', async (t) => {
  // With the times of the protocol: a slow machine must not look like a dead executor.
  const session = await Session.open(t, { timing: {} });
  const ended: number[] = [];
  const peers = await Promise.all(
    [0, 1].map(() =>
      Peer.start(t, {
        run: ({ body }) => {
          ended.push(Number(body['logId']));
          return idle;
        },
      }),
    ),
  );
  for (const peer of peers) await session.register(peer);
  const count = 400;
  for (let index = 0; index < count; index += 1) session.start(`m.${index}.1`);
  await until('all are dispatched', () => ended.length >= count);
  assert.equal(new Set(ended).size, count);
  const counts = peers.map((peer) => peer.bodies('/run').length);
  assert.ok(
    Math.abs((counts[0] ?? 0) - (counts[1] ?? 0)) <= 1,
    `dealt out evenly: ${counts.join()}`,
  );
  const list = ended.map((logId) => ({
    logId,
    logDateTim: 1,
    handleCode: 200,
    handleMsg: `${logId}`,
  }));
  for (const batch of [list.slice(0, 150), list.slice(100), list]) {
    assert.equal((await session.post('/api/callback', batch)).code, 200);
  }
  const ends = await until('all have ended', () => {
    const found = session.reports.filter(({ kind }) => kind === 'ended');
    return found.length >= count ? found : null;
  });
  assert.equal(ends.length, count);
  assert.equal(new Set(ends.map(({ attemptId }) => attemptId)).size, count);
  assert.equal(ended.length, count);
});
