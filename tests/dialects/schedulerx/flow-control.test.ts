import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor } from './line-executor.ts';

type Texts = Readonly<Record<string, string>>;

async function execute(
  { call }: SchedulerxHost,
  group: Texts,
  jobId: number,
): Promise<{ readonly jobId: number; readonly id: string }> {
  const answer = await call('ExecuteJob', { ...group, JobId: String(jobId) });
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return { jobId, id: String((answer['Data'] as { JobInstanceId: number }).JobInstanceId) };
}

async function dataOf(
  { call }: SchedulerxHost,
  action: string,
  params: Texts,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await call(action, params);
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return (answer['Data'] ?? {}) as Readonly<Record<string, unknown>>;
}

describe('flow control of an application', () => {
  it('lets MaxConcurrency instances run, the others wait by Priority, and none is dropped', async (t) => {
    const lines = createLineExecutor();
    const host = await startSchedulerxHost(t, { executors: [lines.executor], running: true });
    const group = await newGroup(host);
    const names = { ...group };
    assert.equal(
      (await host.call('UpdateAppGroup', { ...names, MaxConcurrency: '1' }))['Success'],
      true,
    );
    const job = (priority: Texts) => newJob(host, group, { Content: 'hold', ...priority });
    const jobs = [
      await job({ Priority: '1' }),
      await job({ Priority: '1' }),
      await job({}),
      await job({ Priority: '15' }),
    ];
    const instances = [];
    for (const id of jobs) instances.push(await execute(host, group, id));
    const [first, low, medium, high] = instances;
    assert.ok(first && low && medium && high);
    await until('the first to run', () => lines.starts.length === 1);
    const status = async (one: { readonly jobId: number; readonly id: string }) => {
      const asked = { ...group, JobId: String(one.jobId), JobInstanceId: one.id };
      const data = await dataOf(host, 'GetJobInstance', asked);
      return (data['JobInstanceDetail'] as { Status: number }).Status;
    };
    const held = async (one: { readonly id: string }) =>
      (await host.engine.runs.get(one.id))?.hold === 'limited';
    await until('the others to wait', async () =>
      (await Promise.all([low, medium, high].map(held))).every(Boolean),
    );
    assert.deepEqual(await Promise.all([first, low, medium, high].map(status)), [3, 1, 1, 1]);
    const shown = await dataOf(host, 'GetAppGroup', group);
    assert.deepEqual(
      [shown['MaxConcurrency'], shown['RunningInstanceNum'], shown['ReadyInstanceNum']],
      [1, 1, 3],
    );
    for (const one of [first, high, medium]) {
      const count = lines.starts.length;
      await dataOf(host, 'StopInstance', {
        ...group,
        JobId: String(one.jobId),
        InstanceId: one.id,
      });
      await until('the next to run', () => lines.starts.length === count + 1);
    }
    assert.deepEqual(
      lines.starts.map(({ run }) => run?.id),
      [first, high, medium, low].map(({ id }) => id),
    );
    assert.equal(await status(low), 3);
  });

  it('an application without a limit, or whose limit was lifted, runs all', async (t) => {
    const lines = createLineExecutor();
    const host = await startSchedulerxHost(t, { executors: [lines.executor], running: true });
    const group = await newGroup(host);
    await host.call('UpdateAppGroup', { ...group, MaxConcurrency: '1' });
    for (let n = 0; n < 3; n += 1) {
      await execute(host, group, await newJob(host, group, { Content: 'hold' }));
    }
    await until('one to run', () => lines.starts.length === 1);
    await host.call('UpdateAppGroup', { ...group, MaxConcurrency: '0' });
    await until('all to run', () => lines.starts.length === 3);
    // One of the same name that comes later has none either.
    await host.call('UpdateAppGroup', { ...group, MaxConcurrency: '1' });
    await host.call('DeleteAppGroup', { ...group, DeleteJobs: 'true' });
    await host.call('CreateAppGroup', { ...group, AppName: 'again' });
    for (let n = 0; n < 2; n += 1) {
      await execute(host, group, await newJob(host, group, { Content: 'hold' }));
    }
    await until('both to run', () => lines.starts.length === 5);
  });
});
