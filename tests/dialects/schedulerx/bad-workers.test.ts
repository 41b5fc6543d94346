/** Workers that misbehave, as users see it: a clear outcome on the instance, and nothing stuck (issue 5). */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import Fastify from 'fastify';
import { createWorkerGroups } from '../../../src/dialects/schedulerx/index.ts';
import { mountXxlJobAdmin } from '../../../src/executors/worker/xxl-job/admin.ts';
import { createXxlJobExecutor } from '../../../src/executors/worker/xxl-job/executor.ts';
import type { WorkerGroups } from '../../../src/ports/workers.ts';
import {
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { PATIENCE_MS, until } from '../../support/until.ts';
import { freePort, Peer } from '../../unit/executors/worker/xxl-job/peer.ts';
import { createLineExecutor } from './line-executor.ts';
import { quick, registration } from '../../unit/executors/worker/xxl-job/session.ts';

type Texts = Readonly<Record<string, string>>;
interface Detail {
  readonly Status: number;
  readonly Result: string;
  readonly WorkAddr: string;
  readonly EndTime?: string;
}
const appKey = 'key-of-the-application';
const idle = { code: 200, msg: null, content: null };

interface Opened {
  readonly host: SchedulerxHost;
  readonly group: Texts;
  readonly named: Texts;
  /** Calls an endpoint for executors. */
  post(path: string, body: unknown, token?: string): Promise<{ code: number; msg: string | null }>;
  register(url: string): Promise<void>;
  callback(logId: unknown, handleCode: number, handleMsg: string): Promise<void>;
  execute(): Promise<string>;
  detail(instance: string): Promise<Detail>;
  ended(instance: string): Promise<Detail>;
}

/** A server with XXL-JOB executors, and a job for them that runs once at a time. */
async function open(t: TestContext): Promise<Opened> {
  let groups: WorkerGroups | null = null;
  const known = (): WorkerGroups => {
    assert.ok(groups !== null);
    return groups;
  };
  let numbers = 0;
  const executor = createXxlJobExecutor({
    dataDir: await temporaryFolder(t),
    groups: {
      authenticate: (...who) => known().authenticate(...who),
      byNumber: (number) => known().byNumber(number),
    },
    allowAddresses: [],
    maxConcurrent: 100,
    nowMs: () => Date.now(),
    nextNumber: () => Promise.resolve((numbers += 1)),
    log: { info: () => undefined, warn: () => undefined },
    timing: quick,
  });
  const host = await startSchedulerxHost(t, {
    // As on a server: others give room for what has no worker yet.
    executors: [executor, { ...createLineExecutor().executor, refuses: () => 'not for workers' }],
    running: true,
    settings: { sameSecond: 'next-free' },
  });
  const { services } = host;
  groups = createWorkerGroups(host.engine, (sealed, purpose) =>
    services.context.unseal(sealed, purpose),
  );
  const admin = Fastify({ forceCloseConnections: true });
  await mountXxlJobAdmin(admin, executor, ['/jobs/']);
  const adminUrl = await admin.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => admin.close());
  const group = await newGroup(host, { AppKey: appKey });
  const worker = { JobType: 'xxljob', Content: '{"jobHandler":"demo"}' };
  const named = { ...group, JobId: String(await newJob(host, group, worker)) };
  const detail = async (JobInstanceId: string): Promise<Detail> => {
    const answer = await host.call('GetJobInstance', { ...named, JobInstanceId });
    assert.equal(answer['Success'], true, JSON.stringify(answer));
    return (answer['Data'] as { JobInstanceDetail: Detail }).JobInstanceDetail;
  };
  const post: Opened['post'] = async (path, body, token = appKey) => {
    const answer = await fetch(`${adminUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'XXL-JOB-ACCESS-TOKEN': token },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return (await answer.json()) as Awaited<ReturnType<Opened['post']>>;
  };
  return {
    host,
    group,
    named,
    post,
    async register(url) {
      const reply = await post('/api/registry', registration(url, group.GroupId));
      assert.equal(reply.code, 200, reply.msg ?? '');
    },
    async callback(logId, handleCode, handleMsg) {
      const end = { logId, logDateTim: 1, handleCode, handleMsg };
      const reply = await post('/api/callback', [end]);
      assert.equal(reply.code, 200, reply.msg ?? '');
    },
    async execute() {
      const answer = await host.call('ExecuteJob', named);
      assert.equal(answer['Success'], true, JSON.stringify(answer));
      return String((answer['Data'] as { JobInstanceId: number }).JobInstanceId);
    },
    detail,
    ended: (instance) =>
      until(`instance ${instance} is over`, async () => {
        const now = await detail(instance);
        return now.EndTime === undefined ? null : now;
      }),
  };
}

describe('a worker', () => {
  it('that is not there', async (t) => {
    const { execute, ended } = await open(t);
    for (let round = 0; round < 2; round += 1) {
      // The second shows that the first left nothing behind: MaxConcurrency is one.
      const { Status, Result, WorkAddr } = await ended(await execute());
      assert.deepEqual([Status, WorkAddr], [5, '']);
      assert.match(Result, /^no available worker: no XXL-JOB executor is registered/);
    }
  });

  it('that is dead', async (t) => {
    const { execute, ended, register } = await open(t);
    await register(`http://127.0.0.1:${await freePort()}/`);
    const { Status, Result } = await ended(await execute());
    assert.equal(Status, 5);
    assert.match(Result, /^no available worker: none could be reached \(.*ECONNREFUSED/);
  });

  it('that accepts and never answers', async (t) => {
    const { execute, ended, register } = await open(t);
    const silent = await Peer.start(t, { run: () => null, idleBeat: () => idle });
    await register(silent.url);
    const { Status, Result } = await ended(await execute());
    assert.equal(Status, 5);
    assert.match(Result, /^submit jobInstanceId to worker timeout/);
    assert.equal((await ended(await execute())).Status, 5);
    assert.equal(silent.bodies('/run').length, 2);
  });

  it('that dies with its job', async (t) => {
    const { execute, ended, detail, register } = await open(t);
    const peer = await Peer.start(t);
    const { port } = peer;
    await register(peer.url);
    const instance = await execute();
    await until('a worker has it', async () => (await detail(instance)).WorkAddr !== '');
    await peer.close();
    const { Status, Result, WorkAddr } = await ended(instance);
    assert.deepEqual([Status, WorkAddr], [5, `127.0.0.1:${port}`]);
    assert.match(Result, /^don't update progress more than 30s/);
  });

  it('that answers what it should not', async (t) => {
    const { execute, ended, register } = await open(t);
    for (const answer of [
      '<html>',
      '{"msg":"?"}',
      '',
      JSON.stringify({ code: 500, msg: 'full' }),
    ]) {
      const peer = await Peer.start(t, { run: () => answer, idleBeat: () => idle });
      await register(peer.url);
      const { Status, Result } = await ended(await execute());
      assert.equal(Status, 5, answer);
      assert.notEqual(Result, '', answer);
      await peer.close();
    }
  });

  it('with a wrong token', async (t) => {
    const { host, group, execute, ended, detail, post, register } = await open(t);
    const stranger = registration('http://127.0.0.1:1/', group['GroupId']);
    const refused = await post('/api/registry', stranger, 'wrong');
    assert.equal(refused.code, 500);
    assert.match(String(refused.msg), /token|AppKey/i);
    const listed = (await host.call('GetWorkerList', group))['Data'] as {
      WorkerInfos: readonly unknown[];
    };
    assert.equal(listed.WorkerInfos.length, 1, 'only this server');
    const peer = await Peer.start(t);
    await register(peer.url);
    const instance = await execute();
    const { body } = await peer.call('/run');
    const end = { logId: body['logId'], logDateTim: 1, handleCode: 200, handleMsg: 'forged' };
    await post('/api/callback', [end], 'wrong');
    assert.equal((await detail(instance)).Status, 3);
    await post('/api/callback', [{ ...end, handleMsg: 'true' }]);
    const { Status, Result } = await ended(instance);
    assert.deepEqual([Status, Result], [4, 'true']);
  });

  it('that tells ends twice, late, and of what nobody asked for', async (t) => {
    const { host, named, execute, ended, detail, callback, register } = await open(t);
    const peer = await Peer.start(t);
    await register(peer.url);
    const instance = await execute();
    const { body } = await peer.call('/run');
    await callback(4_711_000, 200, 'whose?');
    assert.equal((await detail(instance)).Status, 3);
    await callback(body['logId'], 500, 'it broke');
    const failed = await ended(instance);
    assert.deepEqual([failed.Status, failed.Result], [5, 'it broke']);
    await callback(body['logId'], 200, 'it did not');
    // A judgement and a late end do not mix either.
    await host.call('SetJobInstanceSuccess', { ...named, JobInstanceId: instance });
    await callback(body['logId'], 500, 'it broke again');
    const after = await detail(instance);
    assert.deepEqual([after.Status, after.Result, after.EndTime], [4, 'it broke', failed.EndTime]);
    const next = await execute();
    await callback((await peer.call('/run', 1)).body['logId'], 200, 'fine');
    assert.equal((await ended(next)).Result, 'fine');
    assert.deepEqual(host.errors, []);
  });

  it('whose result is too long', async (t) => {
    const { host, named, execute, ended, callback, register } = await open(t);
    const peer = await Peer.start(t);
    await register(peer.url);
    const instance = await execute();
    await callback((await peer.call('/run')).body['logId'], 200, `x${'界'.repeat(50_000)}`);
    assert.equal((await ended(instance)).Result, `x${'界'.repeat(333)}`);
    const list = await host.call('GetJobInstanceList', named);
    const [shown] = (list['Data'] as { JobInstanceDetails: readonly Detail[] }).JobInstanceDetails;
    assert.equal(Buffer.byteLength(shown?.Result ?? ''), 1_000);
  });

  it('that is stopped and tells nothing', async (t) => {
    const { host, named, execute, ended, detail, register } = await open(t);
    const peer = await Peer.start(t, { kill: () => null });
    await register(peer.url);
    const instance = await execute();
    await until('it runs', async () => (await detail(instance)).Status === 3);
    const stop = await host.call('StopInstance', { ...named, InstanceId: instance });
    assert.equal(stop['Success'], true);
    const { Status, Result } = await ended(instance);
    assert.deepEqual([Status, Result], [5, 'killed from server']);
  });
});
