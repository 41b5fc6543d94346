import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { mountSchedulerxWorkers } from '../../../../../src/executors/worker/schedulerx/bootstrap.ts';
import { leaderAddress } from '../../../../../src/executors/worker/schedulerx/leader-address.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { Host } from './host.ts';
import { Peer } from './peer.ts';

async function open(
  t: TestContext,
): Promise<{ readonly host: Host; readonly app: FastifyInstance }> {
  const host = await Host.open(t, await temporaryFolder(t));
  const app = fastify();
  t.after(() => app.close());
  mountSchedulerxWorkers(app, host.executor);
  return { host, app };
}

async function get(app: FastifyInstance, url: string): Promise<Record<string, unknown>> {
  const response = await app.inject({ url, headers: { host: 'jobs.example:8080' } });
  assert.equal(response.statusCode, 200);
  return response.json();
}

const root = '/worker/v1/appgroup';

test('a worker finds its server, its number and its group', async (t) => {
  const { host, app } = await open(t);
  const list = await app.inject({
    url: '/schedulerx2/consolelist',
    headers: { host: 'jobs.example:8080' },
  });
  assert.equal(list.body, 'jobs.example:8080');
  const query = 'groupId=app.group&appKey=Key%2B123&namespace=ns-1';
  const leader = await get(app, `${root}/getLeaderAddr?${query}&enableScale=true`);
  assert.deepEqual(
    [leader['success'], leader['code'], leader['data']],
    [true, 200, `jobs.example:${host.port}`],
  );
  assert.equal((await get(app, `${root}/getId?${query}`))['data'], '7');
  const { data } = await get(app, `${root}/get?${query}`);
  assert.deepEqual(data, {
    id: 7,
    groupId: 'app.group',
    appName: 'app.group',
    appKey: 'Key+123',
    namespaceId: 'ns-1',
    maxJobs: 1000,
    status: 1,
    enableLog: false,
    logConfigId: 0,
    version: 2,
    logConfigInfo: null,
  });
});

test('keys arrive misspelt and unescaped; wrong ones get code 400 and no data', async (t) => {
  const { app } = await open(t);
  const misspelt = await get(app, `${root}/getId?groupId=app.group&appKeys=Key+123`);
  assert.equal(misspelt['data'], '7');
  for (const query of [
    'groupId=app.group&appKey=x',
    'groupId=app.group',
    'groupId=none&appKey=Key%2B123',
    'groupId=app.group&appKey=Key%2B123&namespace=other',
    `groupId=${'g'.repeat(300)}&appKey=x`,
    '',
  ]) {
    for (const path of ['getLeaderAddr', 'getId', 'get']) {
      const answer = await get(app, `${root}/${path}?${query}`);
      assert.deepEqual([answer['success'], answer['code']], [false, 400], query);
      assert.equal(Object.hasOwn(answer, 'data'), false);
    }
  }
});

test('addresses are told only where a worker of the group is', async (t) => {
  const { host, app } = await open(t);
  const url = '/app/getAllUsefulWorkerList.json?appGroupId=7&jobId=1';
  assert.deepEqual((await get(app, url))['data'], []);
  const peer = await Peer.enter(host.port);
  assert.deepEqual((await get(app, url))['data'], [`${peer.address}:4000`]);
  const elsewhere = await app.inject({ url, remoteAddress: '10.1.2.3' });
  assert.deepEqual(elsewhere.json<{ data: unknown }>().data, []);
});

test('the address is the configured one, else the host that was asked', () => {
  assert.equal(leaderAddress(undefined, 'h.example', 5), 'h.example:5');
  assert.equal(leaderAddress(undefined, '[::1]:80', 5), '[::1]:5');
  assert.equal(leaderAddress('', '10.0.0.1:80', 5), '10.0.0.1:5');
  assert.equal(leaderAddress('lb.example', 'h', 5), 'lb.example:5');
  assert.equal(leaderAddress('lb.example:99', 'h', 5), 'lb.example:99');
  assert.equal(leaderAddress('fd00::1', 'h', 5), '[fd00::1]:5');
  assert.equal(leaderAddress(undefined, 'a b', 5), null);
  assert.equal(leaderAddress(undefined, 'h', null), null);
});
