import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Call, noLog, Peer } from './peer.ts';
import { Session } from './session.ts';

/** An executor's log of these lines, at most two a page; as many as the test has let out. */
function logOf(lines: readonly string[]): (call: Call) => object {
  return ({ body }) => {
    const from = Number(body['fromLineNum']);
    assert.equal(body['logDateTim'], body['logDateTime']);
    const page = lines.slice(from - 1, from + 1);
    const toLineNum = page.length === 0 ? lines.length : from + page.length - 1;
    const logContent = page.map((line) => `${line}\n`).join('');
    return { code: 200, data: { fromLineNum: from, toLineNum, logContent, isEnd: false } };
  };
}

test('output comes page by page, while it runs and after its end, and is kept', async (t) => {
  const lines = ['one', 'zwei 界', 'three'];
  const session = await Session.open(t, { nowMs: () => (clock += 1_000) });
  let clock = Date.now();
  const peer = await Peer.start(t, { log: logOf(lines) });
  await session.register(peer);
  session.start('l.0.1');
  const { body } = await peer.call('/run');
  await session.report('l.0.1', 'started');
  assert.equal(await session.output('l.0.1'), 'one\nzwei 界\nthree\n');
  lines.push('four', 'five', 'six');
  await session.callback(body['logId']);
  await session.report('l.0.1', 'ended');
  const whole = 'one\nzwei 界\nthree\nfour\nfive\nsix\n';
  assert.equal(await session.output('l.0.1', 1_000), whole);
  await peer.close();
  assert.equal(await session.output('l.0.1'), whole);
  const { size } = (await session.executor.readLog('l.0.1', 'stdout', 0, 1)) ?? { size: 0 };
  assert.equal(size, Buffer.byteLength(whole));
  const stderr = await session.executor.readLog('l.0.1', 'stderr', 0, 10);
  assert.equal(stderr?.size, 0);
  assert.equal(await session.executor.readLog('l.0.2', 'stdout', 0, 10), null);
  assert.equal(await session.executor.readLog('../l', 'stdout', 0, 10), null);
  await session.executor.remove(['l.0.1']);
  assert.equal(await session.executor.readLog('l.0.1', 'stdout', 0, 10), null);
});

test('an interrupted fetch is repeated without doubling anything', async (t) => {
  const session = await Session.open(t, { nowMs: () => (clock += 1_000) });
  let clock = Date.now();
  const lines = ['a', 'b', 'c'];
  const peer = await Peer.start(t, { log: logOf(lines) });
  await session.register(peer);
  session.start('i.0.1');
  await session.report('i.0.1', 'started');
  assert.equal(await session.output('i.0.1', 1_000), 'a\nb\nc\n');
  const file = join(session.dataDir, 'workers', 'xxl-job', 'logs', 'i.0.1.txt');
  appendFileSync(file, 'half a pa');
  assert.equal(await session.output('i.0.1', 1_000), 'a\nb\nc\n');
  lines.push('d');
  assert.equal(await session.output('i.0.1', 1_000), 'a\nb\nc\nd\n');
});

test('dispatches of one attempt are told apart', async (t) => {
  const session = await Session.open(t);
  const peers = [
    await Peer.start(t, { log: logOf(['x']) }),
    await Peer.start(t, { log: logOf(['x']) }),
  ];
  for (const peer of peers) await session.register(peer);
  session.start('s.0.1', { mode: 'broadcast' });
  for (const peer of peers) await session.callback((await peer.call('/run')).body['logId']);
  await session.report('s.0.1', 'ended');
  const addresses = peers.map(({ address }) => address).toSorted();
  assert.equal(
    await session.output('s.0.1', 1_000),
    addresses.map((address, index) => `----- ${address} #${index} of 2 -----\nx\n`).join(''),
  );
});

test('a log that is not there is empty, and is not asked for again', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t, { log: () => ({ code: 200, content: noLog }) });
  await session.register(peer);
  session.start('m.0.1');
  await session.callback((await peer.call('/run')).body['logId']);
  await session.report('m.0.1', 'ended');
  assert.equal(await session.output('m.0.1'), '');
  const asked = peer.bodies('/log').length;
  assert.equal(await session.output('m.0.1'), '');
  assert.equal(peer.bodies('/log').length, asked);
});

test('more output than is kept is cut with a word', async (t) => {
  const line = 'x'.repeat(5 * 1024 * 1024);
  const session = await Session.open(t);
  const peer = await Peer.start(t, { log: logOf([line, line, line, line]) });
  await session.register(peer);
  session.start('c.0.1');
  await session.callback((await peer.call('/run')).body['logId']);
  await session.report('c.0.1', 'ended');
  const chunk = await session.executor.readLog('c.0.1', 'stdout', 0, 1);
  assert.equal(chunk?.size, 16 * 1024 * 1024);
  const end = await session.executor.readLog('c.0.1', 'stdout', chunk.size - 30, 100);
  assert.match(Buffer.from(end?.bytes ?? []).toString(), /the rest is on the executor\]\n$/);
});
