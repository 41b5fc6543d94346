import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerGroup } from '../../../../../src/ports/workers.ts';
import { Peer } from './peer.ts';
import { group, groupKey, registration, Session } from './session.ts';

const here = 'http://127.0.0.1:9999/';
const token = (value: string): Record<string, string> => ({ 'XXL-JOB-ACCESS-TOKEN': value });

test('executors register by the name or the other name of their group', async (t) => {
  const session = await Session.open(t);
  assert.equal(session.executor.maxConcurrent, 0, 'no room before the first executor');
  for (const [index, name] of ['app.seven', 'seven'].entries()) {
    const body = registration(`http://127.0.0.1:${9_000 + index}`, name);
    const reply = await session.post('/xxl-job-admin/api/registry', body, token(` ${groupKey} `));
    assert.deepEqual(reply, { code: 200, msg: null, content: 'success', data: 'success' });
  }
  assert.equal(session.executor.maxConcurrent, 1_000);
  const [worker, ...others] = session.executor.workers?.(7) ?? [];
  assert.equal(others.length, 1);
  assert.ok(worker !== undefined && Math.abs(worker.seenAtMs - Date.now()) < 60_000);
  assert.deepEqual(
    { ...worker, seenAtMs: 0 },
    {
      group: 7,
      address: 'xxljob@127.0.0.1:9000',
      ip: '127.0.0.1',
      port: 9_000,
      label: '',
      starter: 'xxljob',
      version: '',
      seenAtMs: 0,
      busy: 'free',
      metrics: {},
    },
  );
  const body = registration('http://127.0.0.1:9000', 'seven');
  assert.equal((await session.post('/api/registryRemove', body)).code, 200);
  assert.equal(session.executor.workers?.(7).length, 1);
});

test('who has no key is turned away, and told why', async (t) => {
  const session = await Session.open(t);
  const cases: [unknown, Record<string, string>, RegExp][] = [
    [registration(here), token('other'), /access token is wrong.*AppKey/],
    [registration(here), {}, /access token is wrong/],
    [registration(here, 'nobody'), token(groupKey), /no app group is called "nobody"/],
    [registration(here), token('key-of-eight'), /access token is wrong/],
    [
      registration('http://169.254.169.254/latest'),
      token(groupKey),
      /169\.254\.169\.254 is neither/,
    ],
    [registration('ftp://127.0.0.1/'), token(groupKey), /like http:/],
    [registration('http://u:p@127.0.0.1/'), token(groupKey), /like http:/],
    [{ registryGroup: 'ADMIN' }, token(groupKey), /registryGroup must be EXECUTOR/],
    ['{"registryGroup":', token(groupKey), /no JSON/],
    ['x'.repeat(20_000), token(groupKey), /large/],
  ];
  for (const [body, headers, words] of cases) {
    const reply = await session.post('/api/registry', body, headers);
    assert.equal(reply.code, 500);
    assert.match(reply.msg ?? '', words);
    assert.deepEqual([reply.content, reply.data], [null, null]);
  }
  assert.deepEqual(session.executor.workers?.(7), []);
});

test('one token for all groups, when the operator gave one', async (t) => {
  const groupNamed = (name: string): Promise<WorkerGroup | null> =>
    Promise.resolve(name === group.name ? group : null);
  const session = await Session.open(t, { globalToken: { token: 'all', groupNamed } });
  const peer = await Peer.start(t);
  await session.register(peer, token('all'));
  session.start('g.0.1');
  const { body, headers } = await peer.call('/run');
  assert.equal(headers['xxl-job-access-token'], 'all');
  const end = [{ logId: body['logId'], logDateTim: 1, handleCode: 200 }];
  assert.equal((await session.post('/api/callback', end, token('all'))).code, 200);
  await session.report('g.0.1', 'ended');
  const other = await session.post('/api/registry', registration(here, 'x'), token('all'));
  assert.match(other.msg ?? '', /no app group is called "x"/);
});

test('a callback counts only from those who have the key of the job’s group', async (t) => {
  const session = await Session.open(t);
  const peer = await Peer.start(t);
  await session.register(peer);
  session.start('c.0.1');
  const { body } = await peer.call('/run');
  const end = [{ logId: body['logId'], logDateTim: 1, handleCode: 200, handleMsg: 'mine' }];
  for (const shown of [token('key-of-eight'), token('x'), {}]) {
    const forged = [{ logId: body['logId'], logDateTim: 1, handleCode: 200, handleMsg: 'forged' }];
    const reply = await session.post('/api/callback', forged, shown);
    assert.equal(reply.code, 500);
    assert.match(reply.msg ?? '', /access token is wrong/);
  }
  assert.equal((await session.post('/api/callback', end)).code, 200);
  assert.equal((await session.report('c.0.1', 'ended')).result, 'mine');
});

test('callbacks that cannot be read are turned away', async (t) => {
  const session = await Session.open(t);
  for (const body of ['', '{', '{}', '7', '{"callbackList":{}}', ' '.repeat(17 * 1024 * 1024)]) {
    const reply = await session.post('/api/callback', body);
    assert.equal(reply.code, 500);
    assert.ok((reply.msg ?? '') !== '');
  }
});

test('it says what it cannot run, with the remedy', async (t) => {
  const session = await Session.open(t);
  const { attemptStart } = await import('./session.ts');
  const refusal = (overrides: Parameters<typeof attemptStart>[1]): string | null =>
    session.executor.refuses(attemptStart('x', overrides).spec);
  assert.equal(refusal({}), null);
  assert.equal(refusal({ jobType: 'shell', mode: 'broadcast' }), null);
  assert.match(refusal({ mode: 'parallel' }) ?? '', /execute mode parallel; use standalone/);
  assert.match(refusal({ mode: 'grid' }) ?? '', /grid/);
  assert.match(refusal({ jobType: 'golang' }) ?? '', /type golang; use xxljob/);
  assert.match(refusal({ mode: 'sharding', parameters: 'a' }) ?? '', /write 0=a,1=b/);
  assert.match(refusal({ content: ' ' }) ?? '', /needs content/);
  assert.match(
    refusal({ attributes: '{"executorRouteStrategy":"BEST"}' }) ?? '',
    /"BEST" is not known; use ROUND/,
  );
  assert.match(refusal({ jobType: 'java' }) ?? '', /no XXL-JOB executor is registered in group 7/);
  const { spec } = attemptStart('x');
  const artifact = { kind: 'image', image: 'busybox' } as const;
  const image = { ...spec, task: { ...spec.task, artifact } };
  assert.match(session.executor.refuses(image) ?? '', /no job for workers/);
  await session.post('/api/registry', registration(here));
  assert.equal(refusal({ jobType: 'java' }), null);
});
