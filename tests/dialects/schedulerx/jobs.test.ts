import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Answer,
  clientNames,
  failureOf,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;
const told = (message: string) => ({ code: 400, message });

async function jobInfo({ call }: Pick<SchedulerxHost, 'call'>, group: Texts, id: number) {
  const answer = await call('GetJobInfo', { ...group, JobId: String(id) });
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return (answer['Data'] as { JobConfigInfo: Answer }).JobConfigInfo;
}

describe('jobs', () => {
  for (const client of clientNames) {
    test(`round trip through ${client}`, async (t) => {
      const host = await startSchedulerxHost(t);
      const call = host.clients[client];
      const group = await newGroup(host);
      const id = await newJob({ call }, group, {
        Name: 'nightly',
        JobType: 'go',
        ExecuteMode: 'batch',
        TimeType: '1',
        TimeExpression: '0 0/10 * * * ?',
        Timezone: 'GMT+8',
        Content: '{"jobName":"HelloWorld"}',
        Parameters: 'a=b',
        MaxAttempt: '3',
        MaxConcurrency: '2',
        PageSize: '5',
        XAttrs: '{"globalConsumerSize":1000}',
        DataOffset: '-60',
        Priority: '5',
        FailEnable: 'true',
        TimeoutKillEnable: 'true',
        Timeout: '60',
        SendChannel: 'mail',
        StartTime: '1700000000000',
        'ContactInfo.1.UserName': 'A',
        'ContactInfo.1.UserMail': 'a@example.com',
        'ContactInfo.2.UserName': 'B',
      });
      const expected = {
        JobId: id,
        Name: 'nightly',
        Description: '',
        JobType: 'go',
        ExecuteMode: 'batch',
        ClassName: '',
        Content: '{"jobName":"HelloWorld"}',
        Parameters: 'a=b',
        JarUrl: '',
        MaxConcurrency: '2',
        MaxAttempt: 3,
        AttemptInterval: 30,
        Status: 1,
        XAttrs:
          '{"globalConsumerSize":1000,"pageSize":5,"queueSize":10000,"consumerSize":5,"dispatcherSize":5,"taskMaxAttempt":0,"taskAttemptInterval":0}',
        TimeConfig: {
          TimeType: 1,
          TimeExpression: '0 0/10 * * * ?',
          Calendar: '',
          DataOffset: -60,
        },
        MapTaskXAttrs: {
          PageSize: 5,
          QueueSize: 10000,
          ConsumerSize: 5,
          DispatcherSize: 5,
          TaskMaxAttempt: 0,
          TaskAttemptInterval: 0,
        },
        JobMonitorInfo: {
          ContactInfo: [{ UserMail: 'a@example.com', UserName: 'A' }, { UserName: 'B' }],
          MonitorConfig: {
            FailEnable: true,
            MissWorkerEnable: false,
            SendChannel: 'mail',
            Timeout: 60,
            TimeoutEnable: false,
            TimeoutKillEnable: true,
          },
        },
      };
      assert.deepEqual(await jobInfo({ call }, group, id), expected);
      const list = await call('ListJobs', group);
      assert.deepEqual(list['Data'], {
        Jobs: [{ ...expected, StartTime: 1700000000000 }],
        PageNumber: 1,
        PageSize: 1,
        Total: 1,
      });
      const template = await host.engine.templates.get(String(id), 'schedulerx');
      assert.ok(template);
      assert.deepEqual(
        [
          template.namespace,
          template.spec.maxUnfinished,
          template.spec.retry,
          template.spec.timeoutMs,
          template.spec.timezone,
          template.spec.priority,
          template.notActedOn,
        ],
        [
          `default/${group.GroupId}`,
          2,
          { limit: 3, backoffMs: 30_000, backoffMaxMs: 30_000 },
          60_000,
          'Etc/GMT-8',
          5,
          [],
        ],
      );
      assert.equal((await call('DeleteJob', { ...group, JobId: String(id) }))['Success'], true);
      assert.deepEqual((await call('ListJobs', group))['Data'], {
        Jobs: [],
        PageNumber: 1,
        PageSize: 0,
        Total: 0,
      });
    });
  }

  test('UpdateJob: absent leaves alone, empty clears, indispensable stays', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const id = await newJob(host, group, { Parameters: 'p', Description: 'd', MaxAttempt: '2' });
    const update = (fields: Texts) =>
      host.call('UpdateJob', {}, { ...group, JobId: String(id), ...fields });
    assert.equal(
      (await update({ Parameters: '', MaxAttempt: '', Name: 'other' }))['Success'],
      true,
    );
    const info = await jobInfo(host, group, id);
    assert.deepEqual(
      [info['Name'], info['Parameters'], info['Description'], info['MaxAttempt']],
      ['other', '', 'd', 0],
    );
    // Alerts, workflows and the native API call it so too.
    assert.equal((await host.engine.templates.get(String(id)))?.name, 'other');
    assert.deepEqual(
      failureOf(await update({ Name: '' })),
      told('Invalid parameter: Name cannot be null'),
    );
    assert.deepEqual(
      failureOf(await update({ TaskDispatchMode: 'throw' })),
      told('Invalid parameter: TaskDispatchMode: it must be push or pull'),
    );
    await update({ ExecuteMode: 'broadcatst' });
    assert.equal((await jobInfo(host, group, id))['ExecuteMode'], 'broadcast');
    const named = await host.call('GetJobInfo', { ...group, JobId: '1', JobName: 'other' });
    assert.equal((named['Data'] as { JobConfigInfo: Answer }).JobConfigInfo['JobId'], id);
  });

  test('contacts: in numbered members or as JSON, replaced and cleared', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const both = [{ UserName: 'A', UserMail: 'a@example.com' }, { Ding: 'https://d' }];
    const id = await newJob(host, group, { ContactInfo: JSON.stringify(both) });
    const contacts = async () =>
      ((await jobInfo(host, group, id))['JobMonitorInfo'] as Answer)['ContactInfo'];
    assert.deepEqual(await contacts(), both);
    const update = (fields: Texts) =>
      host.call('UpdateJob', {}, { ...group, JobId: String(id), ...fields });
    await update({ Description: 'd' });
    assert.deepEqual(await contacts(), both);
    await update({ 'ContactInfo.1.UserName': 'C' });
    assert.deepEqual(await contacts(), [{ UserName: 'C' }]);
    await update({ ContactInfo: '' });
    assert.deepEqual(await contacts(), []);
    for (const [ContactInfo, message] of [
      ['{"UserName":"A"}', /ContactInfo: it must be a JSON array/],
      ['[{"name":"A"}]', /each contact has one of Ding, UserMail, UserName, UserPhone/],
      ['[null]', /each contact has one of/],
    ] as const) {
      assert.match(String(failureOf(await update({ ContactInfo })).message), message);
    }
  });

  test('lists: by name, by status, by page', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const ids: number[] = [];
    for (let index = 0; index < 12; index++) {
      ids.push(await newJob(host, group, { Name: `job-${index}`, Status: String(index % 2) }));
    }
    const list = async (query: Texts) => {
      const data = (await host.call('ListJobs', { ...group, ...query }))['Data'] as {
        Jobs: { JobId: number }[];
        PageNumber: number;
        PageSize: number;
        Total: number;
      };
      return [data.Jobs.map(({ JobId }) => JobId), data.PageNumber, data.PageSize, data.Total];
    };
    assert.deepEqual(await list({}), [ids, 1, 12, 12]);
    assert.deepEqual(await list({ PageNum: '2' }), [ids.slice(10), 2, 10, 12]);
    assert.deepEqual(await list({ PageNum: '3', PageSize: '4' }), [ids.slice(8), 3, 4, 12]);
    assert.deepEqual((await list({ PageSize: '1000' })).slice(1), [1, 100, 12]);
    assert.deepEqual(await list({ JobName: 'job-11' }), [[ids[11]], 1, 1, 1]);
    assert.deepEqual((await list({ Status: '0' }))[3], 6);
    assert.deepEqual(
      failureOf(await host.call('ListJobs', { ...group, Status: '2' })),
      told('Invalid parameter: Status=2 invalid'),
    );
  });

  test('enable and disable: the schedule, not the job', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const cron = { TimeType: '1', TimeExpression: '0 0 2 * * ?' };
    const [one, two] = [await newJob(host, group, cron), await newJob(host, group, cron)];
    const isScheduled = async (id: number) =>
      (await host.engine.templates.schedule(String(id))) !== null;
    const JobId = String(one);
    const { GroupId: _, ...withoutGroup } = group;
    await host.call('DisableJob', { ...withoutGroup, JobId });
    assert.deepEqual([await isScheduled(one), await isScheduled(two)], [false, true]);
    assert.equal((await jobInfo(host, group, one))['Status'], 0);
    await host.call('EnableJob', { ...group, JobId });
    assert.equal(await isScheduled(one), true);
    for (const form of [
      { 'JobIdList.1': JobId, 'JobIdList.2': String(two) },
      { JobIdList: `${one},${two}` },
      { JobIdList: `[${one},"${two}"]` },
    ]) {
      assert.equal((await host.call('BatchDisableJobs', group, form as Texts))['Success'], true);
      assert.deepEqual([await isScheduled(one), await isScheduled(two)], [false, false]);
      assert.equal((await host.call('BatchEnableJobs', group, form as Texts))['Success'], true);
      assert.deepEqual([await isScheduled(one), await isScheduled(two)], [true, true]);
    }
    assert.deepEqual(
      failureOf(await host.call('BatchDisableJobs', group, { JobIdList: `${one},99341` })),
      told('disable failed jobs=[99341]'),
    );
    assert.equal(await isScheduled(one), false);
    assert.deepEqual(
      failureOf(await host.call('BatchDeleteJobs', group, { JobIdList: `[${one},${two},7]` })),
      told('delete failed jobs=[7]'),
    );
    assert.equal(
      (await host.engine.templates.list({ dialect: 'schedulerx', offset: 0, limit: 1 })).total,
      0,
    );
    await assert.rejects(host.call('BatchDeleteJobs', group, {}), { code: 'MissingJobIdList' });
    for (const JobIdList of ['', '[]']) {
      assert.deepEqual(
        failureOf(await host.call('BatchEnableJobs', group, { JobIdList })),
        told('Invalid parameter: jobIdList cannot be null'),
      );
    }
  });

  test('script versions: thirty, newest first', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group, { Content: 'echo 0' }));
    for (let version = 1; version <= 31; version++) {
      const answer = await host.call(
        'UpdateJobScript',
        {},
        {
          ...group,
          JobId,
          ScriptContent: `echo ${version}`,
          VersionDescription: `v${version}`,
        },
      );
      assert.equal(answer['Success'], true);
    }
    await host.call('UpdateJob', {}, { ...group, JobId, Content: 'echo last' });
    const history = await host.call('ListJobScriptHistory', { ...group, JobId }, undefined, 'POST');
    const { JobScriptHistoryInfos: infos } = history['Data'] as { JobScriptHistoryInfos: Answer[] };
    assert.equal(infos.length, 30);
    assert.deepEqual(
      infos
        .slice(0, 2)
        .map((info) => [info['Creator'], info['ScriptContent'], info['VersionesDescription']]),
      [
        ['root', 'echo last', ''],
        ['root', 'echo 31', 'v31'],
      ],
    );
    assert.match(String(infos[0]?.['CreateTime']), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.equal((await jobInfo(host, group, Number(JobId)))['Content'], 'echo last');
    const other = String(
      await newJob(host, group, { JobType: 'java', ClassName: 'C', Content: '' }),
    );
    assert.deepEqual(
      failureOf(
        await host.call('UpdateJobScript', {}, { ...group, JobId: other, ScriptContent: 'x' }),
      ),
      told('Invalid parameter: JobId: only shell and python jobs have a script'),
    );
    assert.deepEqual(
      failureOf(await host.call('ListJobScriptHistory', { ...group, JobId: '4711' })),
      told('job is not existed, jobId=4711'),
    );
  });

  test('copies of jobs in another application', async (t) => {
    const host = await startSchedulerxHost(t);
    const [from, to] = [await newGroup(host), await newGroup(host)];
    const one = await newJob(host, from, { Name: 'one', Parameters: 'x' });
    const two = await newJob(host, from, { Name: 'two', Status: '0' });
    const names = {
      OriginalNamespace: 'default',
      OriginalGroupId: from.GroupId,
      TargetNamespace: 'default',
      TargetGroupId: to.GroupId,
    };
    const sync = (JobIdList: string) =>
      host.call('ManageSchedulerxJobSync', {}, { ...names, JobIdList });
    assert.equal((await sync(`[${one},${two}]`))['Success'], true);
    const copies = (await host.call('ListJobs', to))['Data'] as { Jobs: Answer[] };
    assert.deepEqual(
      copies.Jobs.map((job) => [job['Name'], job['Parameters'], job['Status']]),
      [
        ['one', 'x', 1],
        ['two', '', 0],
      ],
    );
    // All or none.
    assert.deepEqual(failureOf(await sync(`[${one},4711]`)), told('jobId=4711 is not existed'));
    assert.equal(((await host.call('ListJobs', to))['Data'] as Answer)['Total'], 2);
  });
});

describe('jobs that cannot be', () => {
  const refusals: readonly (readonly [why: string, fields: Texts, message: string | RegExp])[] = [
    ['time type 2', { TimeType: '2' }, 'timetype is invalid'],
    ['time type 101', { TimeType: '101' }, 'timetype is invalid'],
    ['time type word', { TimeType: 'cron' }, 'timetype is invalid'],
    [
      'java without class',
      { JobType: 'java', Content: '' },
      'job type is java className can not be blank',
    ],
    [
      'java blank class',
      { JobType: 'java', ClassName: ' ' },
      'job type is java className can not be blank',
    ],
    ['unknown type', { JobType: 'cobol' }, 'Invalid parameter: JobType=cobol invalid'],
    ['springschedule', { JobType: 'springschedule' }, /JobType: springschedule jobs need/],
    ['dataworks', { JobType: 'dataworks' }, /JobType: dataworks jobs need/],
    ['k8s', { JobType: 'k8s' }, /JobType: k8s jobs need/],
    ['mode', { ExecuteMode: 'each' }, 'Invalid parameter: ExecuteMode=each invalid'],
    [
      'mode of type',
      { ExecuteMode: 'batch' },
      /shell jobs cannot run in mode batch here; use standalone/,
    ],
    [
      'cron',
      { TimeType: '1', TimeExpression: '61 * * * * ?' },
      /Invalid parameter: TimeExpression: /,
    ],
    [
      'cron of five',
      { TimeType: '1', TimeExpression: '* * * * *' },
      /Invalid parameter: TimeExpression: /,
    ],
    ['no cron', { TimeType: '1' }, /Invalid parameter: TimeExpression: /],
    ['rate', { TimeType: '3', TimeExpression: '0' }, 'Invalid parameter: TimeExpression=0 invalid'],
    [
      'delay',
      { TimeType: '4', TimeExpression: '61' },
      'Invalid parameter: TimeExpression=61 invalid',
    ],
    ['time', { TimeType: '5', TimeExpression: '2030-02-30 00:00:00' }, /TimeExpression=2030-02-30/],
    ['blank script', { Content: ' \n' }, /Content: the text of the shell script is missing/],
    [
      'handler',
      { JobType: 'xxljob', Content: '{}' },
      'Invalid parameter: Content: it must be {"jobHandler":"…"}',
    ],
    [
      'go name',
      { JobType: 'go', Content: 'x' },
      'Invalid parameter: Content: it must be a JSON object',
    ],
    [
      'url',
      { JobType: 'http', Content: '{"url":"file:///etc/passwd"}' },
      /url must be an http or https address/,
    ],
    [
      'http method',
      { JobType: 'http', Content: '{"url":"http://h","method":"X"}' },
      /method must be one of/,
    ],
    [
      'http timeout',
      { JobType: 'http', Content: '{"url":"http://h","timeout":1000}' },
      /timeout must be/,
    ],
    [
      'channel',
      { SendChannel: 'mail, fax' },
      'Invalid parameter: SendChannel: fax is none of default, sms, mail, phone, webhook, ding',
    ],
    ['number', { MaxAttempt: 'many' }, 'Invalid parameter: MaxAttempt=many invalid'],
    ['boolean', { FailEnable: 'yes' }, 'Invalid parameter: FailEnable=yes invalid'],
    ['parameters', { Parameters: 'x'.repeat(10_001) }, /Parameters: it is longer than 10000 bytes/],
    ['shards', { ExecuteMode: 'sharding', Parameters: '0=a,2=b' }, /sharding needs 0=a,1=b/],
    ['nul', { Description: 'a\0b' }, 'Invalid parameter: Description: it holds a NUL character'],
    [
      'calendar',
      { TimeType: '1', TimeExpression: '0 0 2 * * ?', Calendar: 'none' },
      /calendar "none" does not exist/,
    ],
  ];
  for (const [why, fields, message] of refusals) {
    test(why, async (t) => {
      const { call, engine } = await startSchedulerxHost(t);
      const group = await newGroup({ call });
      const answer = await call(
        'CreateJob',
        {},
        {
          ...group,
          Name: 'n',
          JobType: 'shell',
          ExecuteMode: 'standalone',
          TimeType: '100',
          Content: 'echo',
          ...fields,
        },
      );
      const failure = failureOf(answer);
      assert.equal(failure.code, 400, JSON.stringify(answer));
      if (typeof message === 'string') assert.equal(failure.message, message);
      else assert.match(String(failure.message), message);
      assert.equal('Data' in answer, false);
      const { total } = await engine.templates.list({ offset: 0, limit: 1 });
      assert.equal(total, 0);
    });
  }

  test('unknown, of another application, twice deleted, missing', async (t) => {
    const host = await startSchedulerxHost(t);
    const [mine, other] = [await newGroup(host), await newGroup(host)];
    const id = await newJob(host, other);
    const JobId = String(id);
    for (const action of ['GetJobInfo', 'DeleteJob', 'EnableJob', 'DisableJob', 'ExecuteJob']) {
      assert.deepEqual(
        failureOf(await host.call(action, { ...mine, JobId: '4711' })),
        told('jobId=4711 is not existed'),
        action,
      );
      assert.deepEqual(
        failureOf(await host.call(action, { ...mine, JobId })),
        told(`jobid: ${JobId} not match groupId: ${mine.GroupId}`),
        action,
      );
      await assert.rejects(host.call(action, mine), { code: 'MissingJobId' }, action);
      assert.deepEqual(
        failureOf(await host.call(action, { ...mine, JobId: '1e3' })),
        told('Invalid parameter: JobId=1e3 invalid'),
        action,
      );
    }
    await host.call('DeleteJob', { ...other, JobId });
    assert.deepEqual(
      failureOf(await host.call('DeleteJob', { ...other, JobId })),
      told(`jobId=${JobId} is not existed`),
    );
  });

  test('the classic client throws business failures by their code', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    await assert.rejects(host.clients['pop-GET']('GetJobInfo', { ...group, JobId: '4711' }), {
      code: 400,
      message: /jobId=4711 is not existed/,
    });
  });
});
