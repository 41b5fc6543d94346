/** SchedulerX jobs on the built-in worker: scripts, http, and the alerts that they ask for. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { after, before, suite, test } from 'node:test';
import { createKey, dataFolder, startServer } from '../support/server.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

const { RPCClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  RPCClient: new (config: object) => {
    request(
      action: string,
      params: Readonly<Record<string, string>>,
      options: object,
    ): Promise<Record<string, unknown>>;
  };
};

interface Instance {
  readonly Status: number;
  readonly Result?: string;
  readonly InstanceId: number;
}

suite('SchedulerX jobs on the built-in worker', needs('bash'), () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  const told: { readonly kind: string; readonly job: string; readonly run: string }[] = [];
  let address = '';
  let call: (action: string, params?: Readonly<Record<string, string>>) => Promise<unknown>;

  before(async () => {
    const other = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (piece: string) => {
        text += piece;
      });
      request.on('end', () => {
        if (request.url === '/robot') {
          told.push((JSON.parse(text) as { readonly alert: (typeof told)[number] }).alert);
        }
        response.end(request.url === '/robot' ? '{"errcode":0}' : `{"code":"200","got":"${text}"}`);
      });
    });
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => void other.close(() => resolve())));
    address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const dataDir = await dataFolder(cleanup);
    const server = await startServer(cleanup, dataDir, [], {
      LONGSHORE_WORKERS_HTTP_ALLOW: '["127.0.0.1"]',
      LONGSHORE_NOTIFICATIONS_WEBHOOK_ALLOW: '["127.0.0.1"]',
    });
    const { id, secret } = await createKey(cleanup, dataDir);
    const client = new RPCClient({
      accessKeyId: id,
      accessKeySecret: secret,
      endpoint: server.url,
      apiVersion: '2019-04-30',
    });
    const base = { RegionId: 'cn-hangzhou', Namespace: 'team', GroupId: 'app' };
    call = async (action, params = {}) =>
      (await client.request(action, { ...base, ...params }, { method: 'POST', timeout: 20_000 }))[
        'Data'
      ];
    await call('CreateNamespace', { Name: 'team', Uid: 'team' });
    await call('CreateAppGroup', {
      AppName: 'app',
      MonitorConfigJson: '{"sendChannel":"ding"}',
      MonitorContactsJson: JSON.stringify([{ userName: 'A', ding: `${address}/robot` }]),
    });
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const run = async (job: Readonly<Record<string, string>>): Promise<Instance> => {
    const { JobId } = (await call('CreateJob', {
      ExecuteMode: 'standalone',
      Name: 'built-in',
      TimeType: '100',
      ...job,
    })) as { readonly JobId: number };
    const { JobInstanceId } = (await call('ExecuteJob', { JobId: String(JobId) })) as {
      readonly JobInstanceId: number;
    };
    return until('the instance is over', async () => {
      const { JobInstanceDetail } = (await call('GetJobInstance', {
        JobId: String(JobId),
        JobInstanceId: String(JobInstanceId),
      })) as { readonly JobInstanceDetail: Instance };
      return [4, 5].includes(JobInstanceDetail.Status) ? JobInstanceDetail : null;
    });
  };

  test('the last line of a shell script is the result', async () => {
    const Content = '#!/bin/bash\r\necho "#{schedulerx.jobParameters}"\r\n';
    const done = await run({ JobType: 'shell', Content, Parameters: 'given' });
    assert.deepEqual([done.Status, done.Result], [4, 'given']);
  });

  test('python scripts too', needs('python3'), async () => {
    const done = await run({ JobType: 'python', Content: 'print("a")\nprint("b")\n' });
    assert.deepEqual([done.Status, done.Result], [4, 'b']);
  });

  test('http jobs send their parameters and are judged by the answer', async () => {
    const content = { url: `${address}/job`, method: 'POST', timeout: 5, respKey: 'code' };
    const http = (respValue: string) =>
      run({
        JobType: 'http',
        Content: JSON.stringify({ ...content, respValue }),
        Parameters: 'k=v',
      });
    const good = await http('200');
    assert.deepEqual([good.Status, good.Result], [4, '{"code":"200","got":"k=v"}']);
    assert.equal((await http('201')).Status, 5);
  });

  test('who asked for it is told of a failure, and of nothing else', async () => {
    const wanted = { JobType: 'shell', FailEnable: 'true', Name: 'alarming' };
    await run({ ...wanted, Content: 'exit 0' });
    await run({ ...wanted, FailEnable: 'false', Content: 'exit 3' });
    const failed = await run({ ...wanted, Content: 'exit 3' });
    await until('it is told', () => told.length > 0);
    assert.deepEqual(
      told.map(({ kind, job, run: id }) => [kind, job, id]),
      [['failed', 'alarming', String(failed.InstanceId)]],
    );
  });
});
