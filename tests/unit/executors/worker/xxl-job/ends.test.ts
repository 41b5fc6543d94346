import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Journal } from '../../../../../src/executors/worker/xxl-job/journal.ts';
import { Peer } from './peer.ts';
import { attemptStart, groupKey, Session } from './session.ts';

test('a job is dispatched as the protocol has it, and ends with its callback', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('a.0.1', { instanceParameters: 'mine' }, 90_500);
  const started = await session.report('a.0.1', 'started');
  assert.deepEqual([started.fence, started.pid, started.worker], [3, null, peer.address]);
  const { body, headers } = await peer.call('/run');
  const { logId, logDateTime, ...rest } = body;
  assert.equal(headers['xxl-job-access-token'], groupKey);
  assert.equal(headers['content-type'], 'application/json;charset=UTF-8');
  assert.ok(Math.abs(Number(logDateTime) - Date.now()) < 60_000);
  assert.deepEqual(rest, {
    jobId: 41,
    executorHandler: 'demo',
    executorParams: 'mine',
    executorBlockStrategy: 'SERIAL_EXECUTION',
    executorTimeout: 91,
    glueType: 'BEAN',
    glueSource: '',
    glueUpdatetime: 1_700_000_000_000,
    broadcastIndex: 0,
    broadcastTotal: 1,
  });
  assert.ok(existsSync(session.executor.location('a.0.1')));
  const journal = new Journal(join(session.dataDir, 'workers', 'xxl-job'));
  journal.open();
  t.after(() => journal.close());
  assert.deepEqual(journal.unended(), ['a.0.1']);
  await session.callback(logId, 200, 'it is done');
  const { exitCode, signal, stopped, result } = await session.report('a.0.1', 'ended');
  assert.deepEqual([exitCode, signal, stopped, result], [0, null, false, 'it is done']);
  assert.deepEqual(journal.unended(), []);
  assert.equal(journal.read('a.0.1')?.end?.result, 'it is done');
});

test('scripts go as glue, without the ends of lines that shells stumble over', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('s.0.1', { jobType: 'shell', content: 'echo 1\r\necho 2\r\n' });
  session.start('p.0.1', { jobType: 'python', content: 'print(1)' });
  const bodies = [(await peer.call('/run', 0)).body, (await peer.call('/run', 1)).body];
  const told = new Map(bodies.map(({ glueType, glueSource }) => [glueType, glueSource]));
  assert.equal(told.get('GLUE_SHELL'), 'echo 1\necho 2\n');
  assert.equal(told.get('GLUE_PYTHON'), 'print(1)');
});

test('all three shapes of callbacks count', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  const shapes: ((logId: unknown) => unknown)[] = [
    (logId) => [{ logId, logDateTim: 1, executeResult: { code: 200, msg: 'old', content: null } }],
    (logId) => [{ logId, logDateTim: 1, handleCode: 200, handleMsg: 'usual' }],
    (logId) => ({ callbackList: [{ logId, logDateTime: 1, handleCode: 200, handleMsg: 'new' }] }),
  ];
  for (const [index, shape] of shapes.entries()) {
    session.start(`c.${index}.1`);
    const { body } = await peer.call('/run', index);
    const prefix = ['/api', '/xxl-job-admin/api', '/jobs/api'][index] ?? '';
    const reply = await session.post(`${prefix}/callback`, shape(body['logId']));
    assert.deepEqual(reply, { code: 200, msg: null, content: 'success', data: 'success' });
    const { result } = await session.report(`c.${index}.1`, 'ended');
    assert.equal(result, ['old', 'usual', 'new'][index]);
  }
});

test('executors since 3.5 are called by the new name, with the headers they want', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer, {
    'XXL-JOB-ACCESS-TOKEN': groupKey,
    'XXL-JOB-APPNAME': 'app.seven',
  });
  session.start('n.0.1');
  const { headers } = await peer.call('/trigger');
  assert.equal(headers['xxl-job-appname'], 'app.seven');
  assert.equal(headers['xxl-job-access-token'], groupKey);
  await session.report('n.0.1', 'started');
});

test('failures, timeouts and refusals are told in the executor’s words', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t, {
    run: ({ body }) =>
      body['executorHandler'] === 'none'
        ? { code: 500, msg: 'job handler [none] not found.' }
        : { code: 200 },
  });
  await session.register(peer);
  for (const [index, code] of [500, 502].entries()) {
    session.start(`f.${index}.1`);
    const { body } = await peer.call('/run', index);
    await session.callback(body['logId'], code, `words ${code}`);
    const { exitCode, message, result } = await session.report(`f.${index}.1`, 'ended');
    assert.deepEqual([exitCode, message, result], [1, `words ${code}`, `words ${code}`]);
  }
  session.start('r.0.1', { content: 'none' });
  const { message } = await session.report('r.0.1', 'refused');
  assert.equal(message, `${peer.address} refused it: job handler [none] not found.`);
});

test('results are cut to 1,000 bytes, between two characters', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('b.0.1');
  const { body } = await peer.call('/run');
  await session.callback(body['logId'], 200, `x${'界'.repeat(50_000)}`);
  const { result = '' } = await session.report('b.0.1', 'ended');
  assert.equal(result, `x${'界'.repeat(333)}`);
});

test('callbacks that come twice, late or for nobody change nothing', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('d.0.1');
  const { body } = await peer.call('/run');
  await session.callback(body['logId'], 200, 'first');
  await session.report('d.0.1', 'ended');
  await session.callback(body['logId'], 500, 'second');
  await session.callback(4_711, 200, 'whose?');
  const reply = await session.post('/api/callback', [null, { logId: 'x' }, 7]);
  assert.equal(reply.code, 200);
  session.start('d.0.2');
  await session.callback((await peer.call('/run', 1)).body['logId']);
  await session.report('d.0.2', 'ended');
  const ends = session.about('d.0.1').filter(({ kind }) => kind !== 'started');
  assert.deepEqual(
    ends.map((end) => end.kind === 'ended' && end.result),
    ['first'],
  );
  assert.match(session.lines.join('\n'), /ignored callbacks that nobody waits for/);
});

test('a callback may overtake the answer to the dispatch', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t, { run: () => null });
  await session.register(peer);
  session.start('o.0.1');
  await session.callback((await peer.call('/run')).body['logId'], 200, 'quick');
  assert.equal((await session.report('o.0.1', 'ended')).result, 'quick');
  assert.deepEqual(
    session.about('o.0.1').map(({ kind }) => kind),
    ['started', 'ended'],
  );
});

test('a stop kills the job; the end is a kill whatever the executor says', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('k.0.1');
  const { body } = await peer.call('/run');
  await session.report('k.0.1', 'started');
  session.executor.stop('k.0.1');
  session.executor.stop('k.0.1');
  assert.deepEqual((await peer.call('/kill')).body, { jobId: 41 });
  await session.callback(
    body['logId'],
    500,
    'web container destroy and kill [job running, killed]',
  );
  const { exitCode, signal, stopped, result } = await session.report('k.0.1', 'ended');
  assert.deepEqual(
    [exitCode, signal, stopped, result],
    [null, 'SIGKILL', true, 'killed from server'],
  );
});

test('a job that tells no end after a kill is over after a while', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('k.0.1');
  await session.report('k.0.1', 'started');
  session.executor.stop('k.0.1');
  const { stopped, message } = await session.report('k.0.1', 'ended');
  assert.deepEqual([stopped, message], [true, 'killed from server']);
});

test('what is stopped before it went out never goes out', async (t) => {
  const gate = Promise.withResolvers<number>();
  const session = await Session.open(t, { nextNumber: () => gate.promise });
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('e.0.1');
  session.executor.stop('e.0.1');
  gate.resolve(5);
  assert.equal((await session.report('e.0.1', 'refused')).message, 'stopped before it was started');
  assert.deepEqual(peer.bodies('/run'), []);
});

test('without a worker, or without the designated one, it says so', async (t) => {
  const session = await Session.open(t);
  session.start('w.0.1');
  assert.match(
    (await session.report('w.0.1', 'refused')).message,
    /^no available worker: .*group 7/,
  );
  const peer = await Peer.start(t);
  await session.register(peer);
  const designated = { by: 'address', values: ['10.1.2.3'], transferable: false } as const;
  session.start('w.0.2', { designated });
  assert.match(
    (await session.report('w.0.2', 'refused')).message,
    /^no available worker: .*10\.1\.2\.3/,
  );
  session.start('w.0.3', { designated: { ...designated, transferable: true } });
  await session.report('w.0.3', 'started');
  session.executor.start([attemptStart('w.0.4', {}, null, 'b2c1-uuid')]);
  assert.match((await session.report('w.0.4', 'refused')).message, /numbers from 1 to 2147483647/);
});

test('an attempt is dispatched once, however often it is started', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('t.0.1');
  session.start('t.0.1');
  await session.callback((await peer.call('/run')).body['logId']);
  await session.report('t.0.1', 'ended');
  session.start('t.0.1');
  session.start('t.0.2');
  await session.report('t.0.2', 'started');
  assert.equal(peer.bodies('/run').length, 2);
});
