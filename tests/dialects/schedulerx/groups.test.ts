import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWorkerGroups } from '../../../src/dialects/schedulerx/index.ts';
import {
  type Answer,
  clientNames,
  failureOf,
  newGroup,
  newJob,
  region,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';

const dataOf = (answer: Answer): Answer => {
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return answer['Data'] as Answer;
};
const told = (message: string) => ({ code: 400, message });

describe('applications', () => {
  for (const client of clientNames) {
    test(`round trip through ${client}`, async (t) => {
      const host = await startSchedulerxHost(t);
      const call = host.clients[client];
      const names = { RegionId: region, Namespace: 'default', GroupId: 'app.defaultGroup' };
      const made = dataOf(
        await call('CreateAppGroup', {
          ...names,
          AppName: 'An app',
          AppVersion: '1',
          EnableLog: 'true',
          Description: 'd',
          MonitorConfigJson: '{"sendChannel":"mail"}',
        }),
      );
      assert.match(String(made['AppKey']), /^[A-Za-z0-9]{24}$/);
      assert.deepEqual(dataOf(await call('GetAppGroup', names)), {
        AppGroupId: made['AppGroupId'],
        AppKey: made['AppKey'],
        AppName: 'An app',
        AppVersion: '1',
        CurJobs: 0,
        Description: 'd',
        EnableLog: true,
        GroupId: 'app.defaultGroup',
        MaxJobs: 1000,
        MonitorConfigJson: '{"sendChannel":"mail"}',
        MonitorContactsJson: '',
        Namespace: 'default',
        NotificationPolicyName: '',
        AlarmJson: '',
        MetricsThresholdJson: '',
        MaxConcurrency: 0,
        RunningInstanceNum: 0,
        ReadyInstanceNum: 0,
        Xattrs: '',
      });
      await call('UpdateAppGroup', { ...names, MaxConcurrency: '7', Description: 'new' });
      const changed = dataOf(await call('GetAppGroup', names));
      assert.deepEqual(
        [changed['MaxConcurrency'], changed['Description'], changed['EnableLog']],
        [7, 'new', true],
      );
      const listed = async (AppGroupName: string) =>
        (dataOf(await call('ListGroups', { ...names, AppGroupName }))['AppGroups'] as Answer[]).map(
          (each) => [each['AppGroupId'], each['AppVersion']],
        );
      assert.deepEqual(await listed('n ap'), [[made['AppGroupId'], 1]]);
      assert.deepEqual(await listed('other'), []);
      await call('DeleteAppGroup', names);
      assert.deepEqual(await listed(''), []);
    });
  }

  test('refusals in the words of the contract', async (t) => {
    const host = await startSchedulerxHost(t);
    const { call } = host;
    const group = await newGroup(host);
    const names = { Namespace: 'default', GroupId: 'none' };
    for (const action of ['GetAppGroup', 'UpdateAppGroup', 'DeleteAppGroup']) {
      assert.deepEqual(
        failureOf(await call(action, names)),
        told('app is not existed, groupId=none, namesapce=default'),
      );
    }
    assert.deepEqual(
      failureOf(await call('ListJobs', names)),
      told('groupid not exist groupId: none namespace: default'),
    );
    assert.deepEqual(
      failureOf(await call('CreateAppGroup', { ...group, AppName: 'again' })),
      told(`groupId=${group.GroupId} is existed, namespace=default`),
    );
    await newJob(host, group);
    assert.deepEqual(
      failureOf(await call('DeleteAppGroup', { ...group, DeleteJobs: 'false' })),
      told(`app has 1 jobs, groupId=${group.GroupId}; delete them first or set DeleteJobs=true`),
    );
    await call('DeleteAppGroup', { ...group, DeleteJobs: 'true' });
    assert.equal((await call('GetAppGroup', group))['Success'], false);
    for (const name of ['Namespace', 'GroupId', 'AppName']) {
      const given = { ...names, AppName: 'a', [name]: undefined };
      const query = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
      await assert.rejects(call('CreateAppGroup', query as Record<string, string>), {
        code: `Missing${name}`,
      });
    }
  });

  test('MaxJobs bounds the jobs of an application', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host, { MaxJobs: '1' });
    await newJob(host, group);
    await assert.rejects(newJob(host, group), /has 1 jobs already, which is its MaxJobs/);
  });

  test('the overview counts jobs and instances, as texts', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group));
    await newJob(host, group, { Status: '0' });
    await host.call('ExecuteJob', { ...group, JobId });
    const range = { StartTime: String(Math.floor(Date.now() / 1000) - 60) };
    const overview = async (query: Readonly<Record<string, string>>) =>
      JSON.parse(
        String((await host.call('GetOverview', { ...group, ...range, ...query }))['Data']),
      ) as Answer;
    assert.deepEqual(await overview({ MetricType: '0', Operate: 'query' }), {
      schedulerx_job_counter_all: '2',
      schedulerx_job_counter_enable: '1',
      schedulerx_job_counter_disable: '1',
      schedulerx_job_trigger_counter_running: '0',
      schedulerx_worker_counter: '0',
    });
    assert.deepEqual(await overview({ MetricType: '1', Operate: 'query' }), {
      schedulerx_job_trigger_counter: '1',
      schedulerx_job_trigger_counter_success: '0',
      schedulerx_job_trigger_counter_failed: '0',
    });
    const series = await overview({ MetricType: '1', Operate: 'query_range' });
    const points = series['schedulerx_job_trigger_counter'] as [number, string][];
    assert.equal(
      points.reduce((sum, [, value]) => sum + Number(value), 0),
      1,
    );
    assert.deepEqual(
      failureOf(
        await host.call('GetOverview', { ...group, ...range, MetricType: '0', Operate: 'x' }),
      ),
      told('Invalid parameter: Operate=x invalid'),
    );
  });
});

describe('who may use an application', () => {
  test('a policy by RAM action and resource', async (t) => {
    const host = await startSchedulerxHost(t);
    const [mine, other] = [await newGroup(host), await newGroup(host)];
    const call = await host.userWith({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['edas:CreateSchedulerxJobCreate', 'edas:ReadSchedulerxJobQuery'],
          Resource: `acs:edas:*:*:namespace/default/JobGroup/${mine.GroupId}`,
        },
      ],
    });
    const JobId = String(await newJob({ call }, mine));
    assert.equal((await call('GetJobInfo', { ...mine, JobId }))['Success'], true);
    await assert.rejects(newJob({ call }, other), { code: 'NoPermission' });
    await assert.rejects(call('DeleteJob', { ...mine, JobId }), { code: 'NoPermission' });
    // A job of another application is not reached through the own one.
    const otherJob = String(await newJob(host, other));
    assert.deepEqual(
      failureOf(await call('GetJobInfo', { ...mine, JobId: otherJob })),
      told(`jobid: ${otherJob} not match groupId: ${mine.GroupId}`),
    );
  });

  test('a grant lets a user without policies in, until it is revoked', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const other = await newGroup(host);
    const call = await host.userWith(null, 'alice');
    await assert.rejects(newJob({ call }, group), { code: 'NoPermission' });
    const grant = { ...group, UserId: '200001', UserName: 'alice' };
    assert.equal((await host.call('GrantPermission', grant))['Success'], true);
    await newJob({ call }, group);
    await assert.rejects(newJob({ call }, other), { code: 'NoPermission' });
    await assert.rejects(call('DeleteAppGroup', group), { code: 'NoPermission' });
    await assert.rejects(call('GrantPermission', { ...grant, UserId: 'bob' }), {
      code: 'NoPermission',
    });
    // A parameter that an operation does not have must not open it.
    await assert.rejects(
      call('ManageSchedulerxJobSync', {
        ...group,
        JobIdList: '[1]',
        OriginalGroupId: other.GroupId,
        OriginalNamespace: 'default',
        TargetGroupId: group.GroupId,
        TargetNamespace: 'default',
      }),
      { code: 'NoPermission' },
    );
    await host.call('GrantPermission', { ...grant, GrantOption: 'true' });
    assert.equal((await call('GrantPermission', { ...grant, UserId: 'bob' }))['Success'], true);
    await host.call('RevokePermission', { ...group, UserId: '200001' });
    await host.call('RevokePermission', { ...group, UserId: 'bob' });
    await assert.rejects(newJob({ call }, group), { code: 'NoPermission' });
    assert.deepEqual(
      failureOf(await host.call('RevokePermission', { ...group, UserId: 'bob' })),
      told('Invalid parameter: UserId=bob invalid'),
    );
  });

  test('a policy that denies is not overruled by a grant', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const call = await host.userWith(
      { Version: '1', Statement: [{ Effect: 'Deny', Action: 'edas:*', Resource: '*' }] },
      'mallory',
    );
    await host.call('GrantPermission', { ...group, UserId: 'mallory', UserName: 'm' });
    await assert.rejects(call('ListJobs', group), { code: 'NoPermission' });
  });
});

describe('worker groups', () => {
  test('by GroupId, by AppName, with and without a namespace', async (t) => {
    const { call, engine, services } = await startSchedulerxHost(t);
    const make = async (query: Readonly<Record<string, string>>) =>
      dataOf(await call('CreateAppGroup', { Namespace: 'default', ...query }));
    const made = await make({ GroupId: 'g1', AppName: 'first' });
    await make({ GroupId: 'g2', AppName: 'g1', AppKey: 'a key+/=' });
    let nowMs = 0;
    const groups = createWorkerGroups(
      engine,
      (sealed, purpose) => services.context.unseal(sealed, purpose),
      () => nowMs,
    );
    const first = {
      number: made['AppGroupId'],
      name: 'g1',
      alias: 'first',
      namespace: 'default',
    };
    const key = String(made['AppKey']);
    assert.deepEqual(await groups.authenticate('g1', null, key), first);
    assert.deepEqual(await groups.authenticate('first', 'default', key), first);
    assert.deepEqual(await groups.byNumber(Number(made['AppGroupId'])), first);
    // The GroupId is meant, not the application of that name.
    assert.equal(await groups.authenticate('g1', null, 'a key+/='), 'wrong-key');
    assert.equal(await groups.authenticate('g2', null, ''), 'wrong-key');
    assert.equal(await groups.authenticate('g1', 'other', key), 'unknown-group');
    assert.equal(await groups.authenticate('none', null, key), 'unknown-group');
    assert.equal(await groups.byNumber(99), null);
    await make({ GroupId: 'g3', AppName: 'third', AppKey: 'k' });
    assert.equal(await groups.authenticate('g3', null, 'k'), 'unknown-group');
    nowMs += 2_000;
    assert.equal(typeof (await groups.authenticate('g3', null, 'k')), 'object');
  });
});
