import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type Answer,
  clientNames,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor } from './line-executor.ts';

type Texts = Readonly<Record<string, string>>;
interface Detail {
  readonly InstanceId: number;
  readonly JobId: number;
  readonly Status: number;
  readonly TriggerType: number;
  readonly Result: string;
  readonly WorkAddr: string;
  readonly ScheduleTime: string;
  readonly DataTime: string;
  readonly Parameters?: string;
  readonly JobName?: string;
  readonly Executor: string;
  readonly Progress: string;
  readonly TimeType: number;
  readonly EndTime?: string;
}

async function open(t: TestContext): Promise<{
  readonly host: SchedulerxHost;
  readonly group: Texts;
}> {
  const lines = createLineExecutor();
  const host = await startSchedulerxHost(t, {
    executors: [lines.executor],
    running: true,
    settings: { sameSecond: 'next-free' },
  });
  return { host, group: await newGroup(host) };
}

async function execute(
  { call }: SchedulerxHost,
  group: Texts,
  jobId: number,
  more: Texts = {},
): Promise<string> {
  const answer = await call('ExecuteJob', { ...group, JobId: String(jobId), ...more });
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return String((answer['Data'] as { JobInstanceId: number }).JobInstanceId);
}

function get({ call }: SchedulerxHost, group: Texts, jobId: number, id: string): Promise<Answer> {
  return call('GetJobInstance', { ...group, JobId: String(jobId), JobInstanceId: id });
}

function detailOf(answer: Answer): Detail {
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return (answer['Data'] as { JobInstanceDetail: Detail }).JobInstanceDetail;
}

function inStatus(
  host: SchedulerxHost,
  group: Texts,
  jobId: number,
  id: string,
  status: number,
): Promise<Detail> {
  return until(`instance ${id} is in status ${status}`, async () => {
    const detail = detailOf(await get(host, group, jobId, id));
    return detail.Status === status ? detail : null;
  });
}

async function list(host: SchedulerxHost, query: Texts): Promise<readonly Detail[]> {
  const answer = await host.call('GetJobInstanceList', query);
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return (answer['Data'] as { JobInstanceDetails: readonly Detail[] }).JobInstanceDetails;
}

/** Message of a business failure. */
function messageOf(answer: Answer): unknown {
  assert.equal(answer['Success'], false, JSON.stringify(answer));
  assert.equal(answer['Code'], 400);
  assert.equal(answer['Data'], undefined);
  return answer['Message'];
}

describe('instances', () => {
  it('shows one through every client core', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, {
      Name: 'hello',
      Content: 'echo first\necho last',
      Parameters: 'p=1',
      DataOffset: '-3600',
      Timezone: 'UTC',
    });
    const id = await execute(host, group, jobId, { InstanceParameters: 'x=2' });
    const detail = await inStatus(host, group, jobId, id, 4);
    assert.equal(String(detail.InstanceId), id);
    assert.equal(detail.JobId, jobId);
    assert.equal(detail.JobName, 'hello');
    assert.equal(detail.Parameters, 'x=2');
    assert.equal(detail.Result, 'last');
    assert.equal(detail.TriggerType, 3);
    assert.equal(detail.TimeType, 100);
    assert.equal(detail.Executor, 'root');
    assert.match(detail.ScheduleTime, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    const seconds = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`) / 1000;
    assert.equal(seconds(detail.ScheduleTime) - seconds(detail.DataTime), 3600);
    for (const name of clientNames) {
      const answer = await host.clients[name]('GetJobInstance', {
        ...group,
        JobId: String(jobId),
        JobInstanceId: id,
      });
      assert.deepEqual(detailOf(answer), detail, name);
    }
    assert.deepEqual(host.errors, []);
  });

  it('tells of a worker its address without id and inner port, and why it failed', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, {
      JobType: 'xxljob',
      Content: JSON.stringify({ jobHandler: 'exit 3' }),
    });
    const id = await execute(host, group, jobId);
    const detail = await inStatus(host, group, jobId, id, 5);
    assert.equal(detail.WorkAddr, '10.0.0.1:9999');
    assert.match(detail.Result, /exited with code 3/);
  });

  it('stops one, which ends as failed and killed; a finished one is refused', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, { Content: 'hold' });
    const id = await execute(host, group, jobId);
    await inStatus(host, group, jobId, id, 3);
    const stop = { ...group, JobId: String(jobId), InstanceId: id };
    const stopped = await host.call('StopInstance', stop);
    assert.equal(stopped['Success'], true);
    const detail = await inStatus(host, group, jobId, id, 5);
    assert.equal(detail.Result, 'killed from server');
    assert.match(String(messageOf(await host.call('StopInstance', stop))), /already finished/);
  });

  it('retries under the same id, again and again, and lists it once', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, { Content: 'exit 1' });
    const id = await execute(host, group, jobId, { InstanceParameters: 'mine' });
    const first = await inStatus(host, group, jobId, id, 5);
    const named = { ...group, JobId: String(jobId), JobInstanceId: id };
    const script = await host.call('UpdateJobScript', {}, { ...named, ScriptContent: 'hold' });
    assert.equal(script['Success'], true, JSON.stringify(script));
    assert.equal((await host.call('RetryJobInstance', named))['Success'], true);
    const again = await inStatus(host, group, jobId, id, 3);
    assert.equal(again.TriggerType, 4);
    assert.equal(again.ScheduleTime, first.ScheduleTime);
    assert.equal(again.Parameters, 'mine');
    assert.equal(again.Result, '');
    assert.match(String(messageOf(await host.call('RetryJobInstance', named))), /is not finished/);
    await host.call('StopInstance', { ...group, JobId: String(jobId), InstanceId: id });
    await inStatus(host, group, jobId, id, 5);
    await host.call('UpdateJobScript', {}, { ...named, ScriptContent: 'echo done' });
    assert.equal((await host.call('RetryJobInstance', named))['Success'], true);
    assert.equal((await inStatus(host, group, jobId, id, 4)).Result, 'done');
    const other = await execute(host, group, jobId);
    await inStatus(host, group, jobId, other, 4);
    const query = { ...group, JobId: String(jobId) };
    const all = await list(host, query);
    assert.deepEqual(
      all.map(({ InstanceId, Status }) => [String(InstanceId), Status]),
      [
        [other, 4],
        [id, 4],
      ],
    );
    assert.deepEqual(await list(host, { ...query, Status: '5' }), []);
    assert.equal((await list(host, { ...query, PageNum: '2', PageSize: '1' }))[0]?.Status, 4);
  });

  it('makes one run of two retries at once', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, { Content: 'exit 1' });
    const id = await execute(host, group, jobId);
    await inStatus(host, group, jobId, id, 5);
    await host.call(
      'UpdateJobScript',
      {},
      { ...group, JobId: String(jobId), ScriptContent: 'hold' },
    );
    const named = { ...group, JobId: String(jobId), JobInstanceId: id };
    const answers = await Promise.all([1, 2, 3].map(() => host.call('RetryJobInstance', named)));
    assert.equal(answers.filter((answer) => answer['Success'] === true).length, 1);
    assert.equal(await host.engine.runs.get(`${id}-2`), null);
  });

  it('lets a failed one count as succeeded, and only a failed one', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, { Content: 'exit 1' });
    const id = await execute(host, group, jobId);
    await inStatus(host, group, jobId, id, 5);
    const named = { ...group, JobId: String(jobId), JobInstanceId: id };
    assert.equal((await host.call('SetJobInstanceSuccess', named))['Success'], true);
    assert.equal(detailOf(await get(host, group, jobId, id)).Status, 4);
    assert.match(String(messageOf(await host.call('SetJobInstanceSuccess', named))), /not failed/);
    const query = { ...group, JobId: String(jobId) };
    assert.equal((await list(host, { ...query, Status: '4' })).length, 1);
    assert.equal((await list(host, { ...query, Status: '5' })).length, 0);
  });

  it('lists an application by time, status and page', async (t) => {
    const { host, group } = await open(t);
    const good = await newJob(host, group, { Content: 'echo ok', MaxConcurrency: '50' });
    const bad = await newJob(host, group, { Content: 'exit 1', MaxConcurrency: '50' });
    const ids: string[] = [];
    for (const jobId of [good, good, bad, good]) {
      ids.push(await execute(host, group, jobId));
    }
    await inStatus(host, group, bad, ids[2] ?? '', 5);
    for (const at of [0, 1, 3]) await inStatus(host, group, good, ids[at] ?? '', 4);
    const shown = async (query: Texts) =>
      (await list(host, { ...group, ...query })).map(({ InstanceId }) => String(InstanceId));
    assert.deepEqual(await shown({}), ids.toReversed());
    assert.deepEqual(await shown({ Status: '5' }), [ids[2]]);
    assert.deepEqual(await shown({ Status: '9' }), []);
    assert.deepEqual(await shown({ PageNum: '2', PageSize: '3' }), [ids[0]]);
    assert.deepEqual(await shown({ EndTimestamp: '1000' }), []);
    assert.equal((await shown({ StartTimestamp: String(Date.now() - 60_000) })).length, 4);
    assert.match(
      String(messageOf(await host.call('GetJobInstanceList', { ...group, Status: '7' }))),
      /status=7 invalid/,
    );
  });

  it('refuses what is not there in the words of the contract', async (t) => {
    const { host, group } = await open(t);
    const other = await newGroup(host);
    const jobId = await newJob(host, group);
    const id = await execute(host, group, jobId);
    assert.equal(messageOf(await get(host, group, 999, id)), 'jobId=999 is not existed');
    assert.equal(messageOf(await get(host, group, jobId, '1')), 'jobInstanceId=1 is not existed');
    assert.equal(
      messageOf(await get(host, other, jobId, id)),
      `jobid: ${jobId} not match groupId: ${other['GroupId']}`,
    );
    assert.equal(
      messageOf(await get(host, { ...group, GroupId: 'none' }, jobId, id)),
      'groupid not exist groupId: none namespace: default',
    );
    await assert.rejects(
      host.call('GetJobInstance', { ...group, JobId: String(jobId) }),
      /MissingJobInstanceId/,
    );
  });
});

describe('logs', () => {
  const numbers = Array.from({ length: 300 }, (_, index) => `line ${index}`);

  async function logs(host: SchedulerxHost, query: Texts): Promise<readonly string[]> {
    const answer = await host.call('GetLog', query);
    assert.equal(answer['Success'], true, JSON.stringify(answer));
    return (answer['Data'] as { Logs: readonly string[] }).Logs;
  }

  it('reads from either end, by keyword, page and attempt', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group, {
      Content: [...numbers.map((line) => `echo ${line}`), 'complain oh no'].join('\n'),
    });
    const id = await execute(host, group, jobId);
    await inStatus(host, group, jobId, id, 4);
    const of = { ...group, JobId: String(jobId), JobInstanceId: id };
    const newest = await logs(host, of);
    assert.equal(newest.length, 200);
    assert.deepEqual(newest.slice(0, 3), ['oh no', 'line 299', 'line 298']);
    assert.deepEqual(await logs(host, { ...of, Line: '2', Offset: '10', Reverse: 'true' }), [
      'line 290',
      'line 289',
    ]);
    assert.deepEqual(await logs(host, { ...of, Line: '2', Offset: '1', Reverse: 'false' }), [
      'line 1',
      'line 2',
    ]);
    assert.deepEqual(await logs(host, { ...of, Keyword: 'line 29', Line: '500', Offset: '9' }), [
      'line 290',
      'line 29',
    ]);
    assert.deepEqual(await logs(host, { ...of, EndTimestamp: '1000' }), []);
    assert.equal((await logs(host, { ...group, JobId: String(jobId), Line: '1' })).length, 1);
  });

  it('reads long output backwards without losing or doubling a line', async (t) => {
    const { host, group } = await open(t);
    const long = Array.from({ length: 30 }, (_, index) => `${index} ${'é'.repeat(4_000)}`);
    const jobId = await newJob(host, group, {
      Content: long.map((line) => `echo ${line}`).join('\n'),
    });
    const id = await execute(host, group, jobId);
    await inStatus(host, group, jobId, id, 4);
    const of = { ...group, JobId: String(jobId), JobInstanceId: id };
    const forward = await logs(host, { ...of, Reverse: 'false' });
    assert.deepEqual(forward, long);
    assert.deepEqual(await logs(host, of), long.toReversed());
  });

  it('says what it needs', async (t) => {
    const { host, group } = await open(t);
    const jobId = await newJob(host, group);
    assert.equal(
      messageOf(await host.call('GetLog', group)),
      'Invalid parameter: jobInstanceId cannot be null',
    );
    assert.deepEqual(await logs(host, { ...group, JobId: String(jobId) }), []);
    assert.equal(
      messageOf(await host.call('GetLog', { ...group, JobId: '999' })),
      'jobid=999 is not existed',
    );
    const other = await newGroup(host);
    assert.equal(
      messageOf(await host.call('GetLog', { ...other, JobId: String(jobId) })),
      `jobid: ${jobId} not match groupId: ${other.GroupId}`,
    );
    assert.equal(
      messageOf(await host.call('GetLog', { ...group, JobInstanceId: '1' })),
      'jobInstanceId=1 is not existed',
    );
  });
});
