/** Every operation answered in XML: the same as in JSON, as a real parser reads it (schedulerx.md §1.5). */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import {
  accountId,
  newGroup,
  newJob,
  region,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor } from './line-executor.ts';
import { sendV1 } from './v1-request.ts';

type Texts = Readonly<Record<string, string>>;

const require = createRequire(import.meta.url);
const { parseStringPromise } = createRequire(require.resolve('@alicloud/tea-xml'))('xml2js') as {
  parseStringPromise(text: string, options: object): Promise<Record<string, unknown>>;
};

/** What a parser that knows no types reads where JSON says this. */
function asXml(value: unknown): unknown {
  if (Array.isArray(value)) {
    const entries = value.map(asXml);
    return entries.length === 0 ? undefined : entries.length === 1 ? entries[0] : entries;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .map(([name, member]) => [name, asXml(member)] as const)
      .filter(([, member]) => member !== undefined);
    return members.length === 0 ? '' : Object.fromEntries(members);
  }
  return String(value);
}

/** The members of an answer, without its id. */
async function xml(
  host: SchedulerxHost,
  Action: string,
  params: Texts = {},
): Promise<Record<string, unknown>> {
  const answer = await sendV1(host, 'POST', { Action, RegionId: region }, params, 'XML');
  assert.deepEqual([answer.status, answer.type], [200, 'application/xml'], answer.text);
  const parsed = await parseStringPromise(answer.text, { explicitArray: false });
  assert.deepEqual(Object.keys(parsed), [`${Action}Response`]);
  const { RequestId, ...members } = parsed[`${Action}Response`] as Record<string, unknown>;
  assert.match(String(RequestId), /^[0-9A-F-]{36}$/);
  return members;
}

/** Reads in both formats what must be the same in both. */
async function same(host: SchedulerxHost, action: string, params: Texts = {}): Promise<unknown> {
  const { RequestId: _, ...json } = await host.call(action, { RegionId: region, ...params });
  assert.equal(json['Success'], true, JSON.stringify(json));
  const members = await xml(host, action, params);
  assert.deepEqual(members, asXml(json), action);
  return members['Data'];
}

async function done(host: SchedulerxHost, action: string, params: Texts): Promise<unknown> {
  const { Code, Success, Message, Data, ...rest } = await xml(host, action, params);
  assert.deepEqual([Code, Success, Message, rest], ['200', 'true', undefined, {}], action);
  return Data;
}

test('every operation', async (t) => {
  const lines = createLineExecutor();
  const host = await startSchedulerxHost(t, {
    executors: [lines.executor],
    running: true,
    settings: { sameSecond: 'next-free' },
  });
  const asked = new Set<string>();
  const read = (action: string, params?: Texts) => same(host, (asked.add(action), action), params);
  const write = (action: string, params: Texts) => done(host, (asked.add(action), action), params);

  // Namespaces and regions.
  await read('DescribeRegions');
  const space = (await write('CreateNamespace', { Name: '<n> & "m"' })) as { NamespaceUid: string };
  const Namespace = space.NamespaceUid;
  await write('UpdateNamespace', { Namespace, Description: 'räk 夜' });
  await read('ListNamespaces');
  await write('DeleteNamespace', { Namespace });

  // Applications.
  const group = await newGroup(host);
  await write('CreateAppGroup', { Namespace: 'default', GroupId: 'xml', AppName: 'x' });
  await write('UpdateAppGroup', { ...group, Description: 'a\r\nb' });
  await read('GetAppGroup', group);
  await read('ListGroups', group);
  await write('GrantPermission', { ...group, UserId: accountId, UserName: 'u' });
  await write('RevokePermission', { ...group, UserId: accountId });
  await read('GetOverview', { ...group, MetricType: '0', Operate: 'query', StartTime: '1' });

  // Jobs.
  const cron = { TimeType: '1', TimeExpression: '0 0/10 * * * ?', Status: '0' };
  const contact = { 'ContactInfo.1.UserName': 'A', 'ContactInfo.2.UserName': 'B' };
  const made = (await write('CreateJob', {
    ...group,
    ...cron,
    ...contact,
    Name: 'one',
    JobType: 'shell',
    ExecuteMode: 'standalone',
    Content: 'echo <&>\necho last',
    EndTime: '3999999999999',
  })) as { JobId: string };
  const named = { ...group, JobId: made.JobId };
  const other = String(
    await newJob(host, group, { JobType: 'xxljob', Content: '{"jobHandler":"echo 1"}' }),
  );
  await write('UpdateJob', { ...named, Description: 'changed' });
  await read('GetJobInfo', named);
  await read('ListJobs', group);
  await write('EnableJob', named);
  await write('DisableJob', named);
  await write('BatchEnableJobs', { ...group, JobIdList: `[${made.JobId},${other}]` });
  await write('BatchDisableJobs', { ...group, 'JobIdList.1': made.JobId });
  await write('UpdateJobScript', { ...named, ScriptContent: 'echo <&>\necho last' });
  await read('ListJobScriptHistory', named);
  await write('ManageSchedulerxJobSync', {
    JobIdList: `[${made.JobId}]`,
    OriginalNamespace: 'default',
    OriginalGroupId: group.GroupId,
    TargetNamespace: 'default',
    TargetGroupId: 'xml',
  });

  // Instances.
  const ran = (await write('ExecuteJob', named)) as { JobInstanceId: string };
  const instance = { ...named, JobInstanceId: ran.JobInstanceId };
  const status = async (query: Texts) => {
    const data = (await xml(host, 'GetJobInstance', query))['Data'] as {
      JobInstanceDetail: { Status: string };
    };
    return data.JobInstanceDetail.Status;
  };
  await until('the instance is over', async () => (await status(instance)) === '4');
  await read('GetJobInstance', instance);
  await read('GetJobInstanceList', named);
  assert.deepEqual(await read('GetLog', { ...instance, Reverse: 'false' }), {
    Logs: ['<&>', 'last'],
  });
  await write('RetryJobInstance', instance);
  await until('it is over again', async () => (await status(instance)) === '4');
  await write('RerunJob', {
    ...named,
    StartDate: '1704067200000',
    EndDate: '1704067200000',
    DataTime: '02:00:00',
  });
  await write('UpdateJobScript', { ...named, ScriptContent: 'hold' });
  await until(
    'nothing of the job runs',
    async () => (await host.engine.runs.latest(made.JobId))?.endedAtMs,
  );
  const held = (await write('ExecuteJob', named)) as { JobInstanceId: string };
  const stopped = { ...named, JobInstanceId: held.JobInstanceId };
  await until('it runs', async () => (await status(stopped)) === '3');
  await write('StopInstance', { ...named, InstanceId: held.JobInstanceId });
  await until('it is killed', async () => (await status(stopped)) === '5');
  await write('SetJobInstanceSuccess', stopped);

  // Workers.
  await read('GetWorkerList', group);
  const pinned = { ...group, JobId: other };
  await write('DesignateWorkers', {
    ...pinned,
    DesignateType: '2',
    Labels: '["v1","v2"]',
    Transferable: 'true',
  });
  await read('ReadSchedulerxDesignateInfo', pinned);
  await read('ReadSchedulerxDesignateDetail', { ...pinned, DesignateType: '2' });
  await write('DesignateWorkers', {
    ...pinned,
    DesignateType: '2',
    Labels: '[]',
    Transferable: 'true',
  });

  // Routes.
  await write('CreateRouteStrategy', { ...pinned, Name: 'r', Type: '3' });
  await write('DeleteRouteStrategy', pinned);
  await write('BatchDeleteRouteStrategy', { ...group, JobIdList: other });

  // Workflows.
  await write('UpdateJobScript', { ...named, ScriptContent: 'echo <1>' });
  const flow = (await write('CreateWorkflow', { ...group, Name: 'w', TimeType: '100' })) as {
    WorkflowId: string;
  };
  const workflow = { ...group, WorkflowId: flow.WorkflowId };
  await write('UpdateWorkflow', { ...workflow, Description: '<d>' });
  const DagJson = `{"nodes":[{"id":${made.JobId}},{"id":${other}}],"edges":[{"source":${made.JobId},"target":${other}}]}`;
  await write('UpdateWorkflowDag', { ...workflow, DagJson });
  await write('EnableWorkflow', workflow);
  await write('DisableWorkflow', workflow);
  await read('GetWorkFlow', workflow);
  await read('ListWorkFlows', group);
  await write('EnableJob', named);
  const started = (await write('ExecuteWorkflow', workflow)) as { WfInstanceId: string };
  const run = { ...workflow, WfInstanceId: started.WfInstanceId };
  await until(
    'the workflow is over',
    async () => (await host.engine.runs.get(run.WfInstanceId))?.endedAtMs,
  );
  const view = (await read('GetWorkflowInstance', run)) as {
    WfInstanceDag: { Nodes: readonly unknown[]; Edges: readonly unknown[] };
  };
  assert.deepEqual([view.WfInstanceDag.Nodes.length, view.WfInstanceDag.Edges.length], [2, 2]);
  await read('ListWorkflowInstance', workflow);
  const refused = await xml(host, 'SetWfInstanceSuccess', run);
  asked.add('SetWfInstanceSuccess');
  assert.deepEqual(refused, {
    Code: '400',
    Success: 'false',
    Message: `wfInstanceId=${run.WfInstanceId} is not failed, status=4`,
  });
  await write('DeleteWorkflow', workflow);

  // Calendars and policies.
  const year = { CalendarName: 'c <1>', Year: '2030' };
  const MonthDaysContent = '[{"month":1,"days":[2,3]}]';
  await write('CreateSchedulerxCalendar', { ...year, MonthDaysContent });
  await write('ManageSchedulerxCalendar', { ...year, MonthDaysContent, Incremental: 'true' });
  await read('ReadSchedulerxCalendar', {
    FetchCalendarDetail: 'true',
    FetchSystemCalendar: 'true',
  });
  await write('DeleteSchedulerxCalendar', year);
  const policy = { PolicyName: 'p' };
  const range = { all: [{ startTime: '08:00', endTime: '18:00', daysOfWeek: [1] }] };
  const ChannelTimeRange = JSON.stringify({ sendChannel: 'mail', timeRanges: range });
  await write('CreateSchedulerxNotificationPolicy', { ...policy, ChannelTimeRange });
  await write('ManageSchedulerxNotificationPolicy', { ...policy, Description: '<d>' });
  await write('UpdateAppGroup', { ...group, NotificationPolicyName: 'p' });
  await read('ReadSchedulerxNotificationPolicy', policy);
  await write('UpdateAppGroup', { ...group, NotificationPolicyName: '' });
  await write('DeleteSchedulerxNotificationPolicy', policy);

  await write('BatchDeleteJobs', { ...group, JobIdList: other });
  await write('DeleteJob', named);
  await write('DeleteAppGroup', group);
  assert.equal(asked.size, 61);
  assert.deepEqual(host.errors, []);
});
