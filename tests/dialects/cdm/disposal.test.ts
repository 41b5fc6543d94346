/** Jobs that are deleted after a run, and what stands between starting and deleting (cdm.md §5.11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDisposalSweep } from '../../../src/dialects/cdm/index.ts';
import { failureOf, type HuaweiHost, startHuaweiHost } from '../huawei/harness.ts';
import { job, sqliteLink } from './program.ts';

/** Nothing runs here: a run that is stopped has failed at once. */
async function start(t: Parameters<typeof startHuaweiHost>[0]) {
  const host: HuaweiHost = await startHuaweiHost(t);
  const clusterId = host.services.clusters.firstId({
    id: host.projectId,
    name: '',
    description: '',
  });
  const cdm = (method: string, path: string, body?: unknown) =>
    host.call(method, `/v1.1/{project_id}/clusters/${clusterId}/cdm${path}`, {
      params: { project_id: host.projectId },
      body,
    });
  await cdm('POST', '/link', { links: [sqliteLink('a', 'a.db')] });
  const create = (name: string, disposableType: string) =>
    cdm('POST', '/job', {
      jobs: [
        job(
          name,
          { from: 'a', to: 'a' },
          {
            from: { 'fromJobConfig.tableName': 't' },
            to: { 'toJobConfig.tableName': 'u' },
            driver: { 'schedulerConfig.disposableType': disposableType },
          },
        ),
      ],
    });
  const runOnce = async (name: string): Promise<void> => {
    await cdm('PUT', `/job/${name}/start`);
    await cdm('PUT', `/job/${name}/stop`);
  };
  const exists = async (name: string): Promise<boolean> => {
    try {
      await cdm('GET', `/job/${name}/status`);
      return true;
    } catch (error) {
      assert.equal((error as { errorCode: string }).errorCode, 'Cdm.0100');
      return false;
    }
  };
  return { host, clusterId, cdm, create, runOnce, exists };
}

const minuteMs = 60_000;

test('a job of DELETE goes a minute after any end, one of DELETE_AFTER_SUCCEED stays after a failure', async (t) => {
  const { host, cdm, create, runOnce, exists } = await start(t);
  await create('any', 'DELETE');
  await create('good', 'DELETE_AFTER_SUCCEED');
  await create('kept', 'NONE');
  host.clock.nowMs = Date.now() + 10 * minuteMs;
  assert.ok(await exists('any'), 'it never ran');
  host.clock.nowMs = null;
  for (const name of ['any', 'good', 'kept']) await runOnce(name);
  assert.ok(await exists('any'), 'its end can be read for a minute');
  host.clock.nowMs = Date.now() + minuteMs + 1_000;
  assert.ok(!(await exists('any')));
  assert.ok(await exists('good'));
  assert.ok(await exists('kept'));
  assert.equal((await failureOf(cdm('PUT', '/job/any/start'))).errorCode, 'Cdm.0100');
});

test('nobody has to ask for a job that it goes', async (t) => {
  const { host, clusterId, create, runOnce } = await start(t);
  const count = async (): Promise<number> => {
    const query = { dialect: 'cdm', namespace: clusterId, offset: 0, limit: 10 } as const;
    return (await host.engine.templates.list(query)).total;
  };
  await create('any', 'DELETE');
  await create('later', 'DELETE');
  await runOnce('any');
  const sweep = createDisposalSweep(host.services);
  await sweep.sweep();
  assert.equal(await count(), 2);
  host.clock.nowMs = Date.now() + minuteMs + 1_000;
  await sweep.sweep();
  assert.equal(await count(), 1);
  const marks = { dialect: 'cdm', kind: 'disposable', offset: 0, limit: 10 } as const;
  assert.equal((await host.engine.documents.documents(marks)).total, 1);
  assert.deepEqual(host.errors, []);
});

test('a cluster that is stopped starts nothing, and says how its runs ended', async (t) => {
  const { host, clusterId, cdm, create } = await start(t);
  await create('job', 'NONE');
  await cdm('PUT', '/job/job/start');
  const act = (body: object) =>
    host.call('POST', `/v1.1/{project_id}/clusters/${clusterId}/action`, {
      params: { project_id: host.projectId },
      body,
    });
  await act({ stop: { stopMode: 'IMMEDIATELY' } });
  const failure = await failureOf(cdm('PUT', '/job/job/start'));
  assert.deepEqual([failure.httpStatusCode, failure.errorCode], [503, 'Cdm.0037']);
  assert.equal((await failureOf(create('late', 'NONE'))).errorCode, 'Cdm.0037');
  const status = (await cdm('GET', '/job/job/status')) as unknown as {
    submissions: readonly Record<string, unknown>[];
  };
  assert.equal(status.submissions[0]?.['status'], 'FAILED');
  assert.equal(status.submissions[0]?.['progress'], -1);
  assert.match(String(status.submissions[0]?.['error-summary']), /stopped by cluster/);
});

test('jobs are there after a restart, with their ids and secrets', async (t) => {
  const { host, clusterId, cdm, create, runOnce } = await start(t);
  await create('job', 'NONE');
  await runOnce('job');
  const read = (of: HuaweiHost) =>
    of.call('GET', `/v1.1/{project_id}/clusters/${clusterId}/cdm/job/job/status`, {
      params: { project_id: of.projectId },
    });
  const before = await read(host);
  const [link] = (await cdm('GET', '/link/a'))['links'] as readonly unknown[];
  const next = await host.restart();
  assert.deepEqual(await read(next), before);
  const call = (method: string, path: string, body?: unknown) =>
    next.call(method, `/v1.1/{project_id}/clusters/${clusterId}/cdm${path}`, {
      params: { project_id: next.projectId },
      body,
    });
  await call('PUT', '/link/a', { links: [link] });
  const started = (await call('PUT', '/job/job/start'))['submissions'] as readonly Record<
    string,
    number
  >[];
  const ended = (before['submissions'] as readonly Record<string, number>[])[0];
  assert.ok((started[0]?.['submission-id'] ?? 0) > (ended?.['submission-id'] ?? Infinity));
});
