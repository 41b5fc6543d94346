import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { instanceId, parseInstanceId } from '../../../src/dialects/sae/render/instance-id.ts';
import { createTemplate, exec, finished, refusal } from '../../support/sae.ts';
import { until } from '../../support/until.ts';
import {
  assertEnvelope,
  clientCores,
  currentClient,
  type OperationCall,
  rowsOf,
  suiteServer,
  types,
  typesOf,
} from './operations-clients.ts';

type Query = Readonly<Record<string, string>>;

const paths = {
  DescribeApplicationGroups: '/pop/v1/sam/app/describeApplicationGroups',
  DescribeApplicationInstances: '/pop/v1/sam/app/describeApplicationInstances',
  DescribeInstanceLog: '/pop/v1/sam/instance/describeInstanceLog',
  ListAppEvents: '/pop/v1/sam/app/listAppEvents',
} as const;

async function data(call: OperationCall, action: keyof typeof paths, query: Query) {
  const answer = await call(action, 'GET', paths[action], query);
  assertEnvelope(answer);
  assert.equal('TraceId' in answer, action !== 'ListAppEvents');
  return answer['Data'];
}

async function instances(call: OperationCall, query: Query) {
  return rowsOf(await data(call, 'DescribeApplicationInstances', query), 'Instances');
}

/** A folder that jobs of another system user can write to. */
async function openFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'open');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  return folder;
}

const statusOf = (row: Readonly<Record<string, unknown>>) => row['InstanceContainerStatus'];

suite('instances, their logs and events', () => {
  const running = suiteServer({ LONGSHORE_SAE_BACKOFF_MS: '50' });

  for (const [name, make] of Object.entries(clientCores)) {
    test(`of a job with a retry: ${name}`, async () => {
      const server = running();
      const call = make(server);
      const script =
        'echo err >&2; test -e "$FLAG" && echo second || { : > "$FLAG"; echo first; exit 3; }';
      const FLAG = join(await openFolder(server.dataDir), name.replaceAll(/\W/g, ''));
      const AppId = await createTemplate(server.sae, ['sh', '-c', script], {
        AppName: 'retry-me',
        Envs: JSON.stringify([{ name: 'FLAG', value: FLAG }]),
        BackoffLimit: '2',
      });
      const JobId = await exec(server.sae, AppId);
      assert.equal((await finished(server.sae, AppId, JobId)).State, '1');

      const groups = await data(call, 'DescribeApplicationGroups', { AppId });
      assert.ok(Array.isArray(groups));
      const [group] = groups as Record<string, unknown>[];
      assert.deepEqual(typesOf(group), {
        ...types('string', 'GroupId GroupName PackageType PackageUrl PackageVersion'),
        ...types('string', 'PackageVersionId ImageUrl Jdk WebContainer EdasContainerVersion'),
        ...types('number', 'GroupType Replicas RunningInstances'),
      });
      assert.deepEqual(
        [group?.['GroupName'], group?.['Replicas'], group?.['RunningInstances']],
        ['_DEFAULT_GROUP', 1, 0],
      );

      const GroupId = String(group?.['GroupId']);
      const [row, ...others] = await instances(call, { AppId, GroupId });
      assert.equal(others.length, 0);
      assert.deepEqual(typesOf(row), {
        ...types('string', 'InstanceId GroupId ImageUrl PackageVersion InstanceContainerIp Eip'),
        ...types('string', 'VSwitchId InstanceContainerStatus MainContainerStatus TrafficStatus'),
        ...types('string', 'InstanceHealthStatus UnhealthyMessage'),
        ...types('number', 'InstanceContainerRestarts CreateTimeStamp FinishTimeStamp Timestamp'),
        DebugStatus: 'boolean',
        ...types('array', 'Tags SidecarContainersStatus'),
      });
      assert.deepEqual(
        [row?.['InstanceContainerStatus'], row?.['InstanceContainerRestarts'], row?.['ImageUrl']],
        ['Completed', 1, 'longshore/host'],
      );
      assert.ok(Number(row?.['FinishTimeStamp']) >= Number(row?.['CreateTimeStamp']));
      const InstanceId = String(row?.['InstanceId']);
      assert.match(InstanceId, new RegExp(`^retry-me-${JobId}-0-[0-9a-z]{5}$`));

      assert.equal(await data(call, 'DescribeInstanceLog', { InstanceId }), 'second\nerr\n');
      const before = { InstanceId, Previous: 'true', ContainerId: 'retry-me' };
      assert.equal(await data(call, 'DescribeInstanceLog', before), 'first\nerr\n');

      const events = await data(call, 'ListAppEvents', {
        Namespace: 'cn-hangzhou',
        AppId,
        ObjectKind: 'Pod',
      });
      const told = rowsOf(events, 'AppEventEntity');
      assert.deepEqual(told.map((event) => event['Reason']).toReversed(), [
        'Scheduled',
        'Started',
        'BackOff',
        'Scheduled',
        'Started',
        'Completed',
      ]);
      assert.deepEqual(
        typesOf(told[0]),
        types(
          'string',
          'EventType FirstTimestamp LastTimestamp Message ObjectKind ObjectName Reason CauseAnalysis',
        ),
      );
      assert.ok(told.every((event) => event['ObjectName'] === InstanceId));
    });
  }

  test('states of instances in the service’s words', async () => {
    const server = running();
    const call = currentClient(server);
    const GO = join(server.dataDir, 'go');
    const script =
      'case $JOB_COMPLETION_INDEX in 0) exit 0;; 1) until test -e "$GO"; do sleep 0.05; done; exit 8;; esac';
    const AppId = await createTemplate(server.sae, ['sh', '-c', script], {
      Replicas: '2',
      Envs: JSON.stringify([{ name: 'GO', value: GO }]),
    });
    const JobId = await exec(server.sae, AppId);
    const words = async () => (await instances(call, { AppId, PipelineId: JobId })).map(statusOf);
    await until('one is done and one runs', async () => {
      const [first, second] = await words();
      return first === 'Completed' && second === 'Running';
    });
    const [group] = (await data(call, 'DescribeApplicationGroups', { AppId })) as Query[];
    assert.equal(group?.['RunningInstances'], 1);
    await writeFile(GO, '');
    await finished(server.sae, AppId, JobId);
    assert.deepEqual(await words(), ['Completed', 'Error']);
    const [, failed] = await instances(call, { AppId });
    assert.match(String(failed?.['UnhealthyMessage']), /code 8/);

    const waiting = await exec(server.sae, AppId, { Time: '2099-01-01T00:00:00Z' });
    const [first] = await instances(call, { AppId, PipelineId: waiting });
    assert.deepEqual(
      [first?.['InstanceContainerStatus'], first?.['FinishTimeStamp']],
      ['Pending', undefined],
    );
    const log = { InstanceId: String(first?.['InstanceId']) };
    assert.equal(await data(call, 'DescribeInstanceLog', log), '');
  });

  test('pages run over jobs, newest first, and narrow to one of them', async () => {
    const server = running();
    const call = currentClient(server);
    const AppId = await createTemplate(server.sae, ['true'], { Replicas: '3' });
    const jobs: string[] = [];
    for (const Replicas of ['3', '1', '2']) jobs.push(await exec(server.sae, AppId, { Replicas }));
    const [oldest = '', middle = '', newest = ''] = jobs;
    for (const JobId of jobs) await finished(server.sae, AppId, JobId);
    const names = async (query: Query) => {
      const page = await data(call, 'DescribeApplicationInstances', { AppId, ...query });
      const { TotalSize } = page as { TotalSize: number };
      const ids = rowsOf(page, 'Instances').map((row) => {
        const { jobId, index } = parseInstanceId(String(row['InstanceId'])) ?? {};
        return `${jobId}#${index}`;
      });
      return { TotalSize, ids };
    };
    const all = [
      `${newest}#0`,
      `${newest}#1`,
      `${middle}#0`,
      ...[0, 1, 2].map((i) => `${oldest}#${i}`),
    ];
    assert.deepEqual(await names({}), { TotalSize: 6, ids: all });
    assert.deepEqual(await names({ PageSize: '2', CurrentPage: '2' }), {
      TotalSize: 6,
      ids: all.slice(2, 4),
    });
    assert.deepEqual((await names({ PageSize: '4', CurrentPage: '2' })).ids, all.slice(4));
    assert.deepEqual((await names({ PageSize: '0' })).ids, []);
    assert.deepEqual((await names({ Reverse: 'true', PageSize: '3' })).ids, all.slice(3));
    assert.deepEqual(await names({ PipelineId: middle }), { TotalSize: 1, ids: [`${middle}#0`] });

    await server.sae('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', { AppId, Timeout: '60' });
    const after = await exec(server.sae, AppId, { Replicas: '1' });
    const changes = await call(
      'ListChangeOrders',
      'GET',
      '/pop/v1/sam/changeorder/ListChangeOrders',
      {
        AppId,
        CoType: 'CoDeploy',
      },
    );
    const [change] = rowsOf(changes['Data'], 'ChangeOrderList');
    const order = await call(
      'DescribeChangeOrder',
      'GET',
      '/pop/v1/sam/changeorder/DescribeChangeOrder',
      {
        ChangeOrderId: String(change?.['ChangeOrderId']),
      },
    );
    const { CurrentPipelineId } = order['Data'] as { CurrentPipelineId: string };
    assert.deepEqual((await names({ PipelineId: CurrentPipelineId })).ids, [`${after}#0`]);
    const InstanceId = instanceId({ appName: 'test', jobId: oldest, index: 2 });
    assert.deepEqual(await names({ InstanceId }), { TotalSize: 1, ids: [`${oldest}#2`] });
  });

  test('a log is its end: at most 500 lines, stderr never crowded out', async () => {
    const server = running();
    const call = currentClient(server);
    const log = async (script: string) => {
      const AppId = await createTemplate(server.sae, ['sh', '-c', script]);
      await finished(server.sae, AppId, await exec(server.sae, AppId));
      const [row] = await instances(call, { AppId });
      return String(
        await data(call, 'DescribeInstanceLog', { InstanceId: String(row?.['InstanceId']) }),
      );
    };
    const many = (await log('seq 1 2000; seq 3001 3400 >&2; printf unended >&2')).split('\n');
    assert.deepEqual(
      [many.length, many[0], many[249], many[250], many[499], many[500]],
      [501, '1751', '2000', '3152', 'unended', ''],
    );
    const few = (await log('seq 1 2000; echo oops >&2')).split('\n');
    assert.deepEqual([few.length, few[0], few[498], few[499]], [501, '1502', '2000', 'oops']);
    // More than is read of a stream, in characters of three bytes: no piece of one may show.
    const wide = await log(
      'i=0; while [ $i -lt 40 ]; do printf "%04000d" 7 | sed "s/./夜/g"; echo; i=$((i+1)); done',
    );
    assert.equal(wide.includes('\uFFFD'), false);
    assert.ok(wide.length > 60_000 && wide.endsWith('夜\n'), String(wide.length));
    assert.ok(Buffer.byteLength(wide) <= 256 * 1024);
    assert.equal(await log('true'), '');
  });

  test('events are filtered, counted and paged', async () => {
    const server = running();
    const call = currentClient(server);
    const AppId = await createTemplate(server.sae, ['sh', '-c', 'exit 9'], { AppName: 'loud' });
    const JobId = await exec(server.sae, AppId);
    await finished(server.sae, AppId, JobId);
    const events = async (query: Query) => {
      const page = await data(call, 'ListAppEvents', { Namespace: 'cn-hangzhou', ...query });
      const { TotalSize } = page as { TotalSize: number };
      return { TotalSize, rows: rowsOf(page, 'AppEventEntity') };
    };
    const reasons = async (query: Query) => (await events(query)).rows.map((row) => row['Reason']);
    assert.deepEqual((await reasons({ AppId })).toReversed(), [
      'Created',
      'Started',
      'Scheduled',
      'Started',
      'Failed',
      // What is left of the job is stopped, which here is nothing.
      'Killing',
      'Failed',
    ]);
    const warnings = await events({ AppId, EventType: 'Warning', ObjectKind: 'Deployment' });
    assert.equal(warnings.TotalSize, 1);
    assert.equal(warnings.rows[0]?.['ObjectName'], `loud-${JobId}`);
    assert.match(String(warnings.rows[0]?.['Message']), /code 9/);
    assert.match(String(warnings.rows[0]?.['FirstTimestamp']), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(await reasons({ AppId, Reason: 'Cre' }), ['Created']);
    assert.deepEqual(await reasons({ AppId, ObjectKind: 'Service' }), []);
    assert.deepEqual(
      (await events({ ObjectName: 'loud-', PageSize: '4', CurrentPage: '2' })).rows.length,
      3,
    );
    assert.equal((await events({ ObjectName: 'loud-', PageSize: '0' })).TotalSize, 7);
  });

  test('what does not exist is told', async () => {
    const server = running();
    const call = currentClient(server);
    const AppId = await createTemplate(server.sae, ['true']);
    const other = await createTemplate(server.sae, ['true']);
    const JobId = await exec(server.sae, AppId);
    const InstanceId = instanceId({ appName: 'test', jobId: JobId, index: 0 });
    const code = async (action: keyof typeof paths, query: Query) =>
      (await refusal(data(call, action, query))).code;
    const wrong = 'InvalidParameter.Obviously';
    // A wrong check, an index the job has not, a job that is not there, another template's.
    const made = `${InstanceId.slice(0, -5)}${InstanceId.endsWith('00000') ? '11111' : '00000'}`;
    const beyond = instanceId({ appName: 'test', jobId: JobId, index: 1 });
    const nobody = instanceId({
      appName: 'test',
      jobId: 'manual-00000000-0000-4000-8000-000000000000',
      index: 0,
    });
    for (const id of [made, beyond, nobody, 'x', `${InstanceId}/../..`]) {
      assert.equal(await code('DescribeInstanceLog', { InstanceId: id }), wrong, id);
      assert.equal(
        await code('DescribeApplicationInstances', { AppId, InstanceId: id }),
        wrong,
        id,
      );
    }
    const foreign = { AppId: other, InstanceId };
    assert.equal(await code('DescribeApplicationInstances', foreign), wrong);
    assert.equal(await code('DescribeApplicationInstances', { AppId, GroupId: other }), wrong);
    assert.equal(
      await code('DescribeApplicationInstances', { AppId: other, PipelineId: JobId }),
      'InvalidParameter.WithMessage',
    );
    assert.equal(await code('DescribeInstanceLog', { InstanceId, ContainerId: 'sidecar' }), wrong);
    assert.equal(await code('DescribeInstanceLog', {}), 'InvalidParameter.NotEmpty');
    for (const action of ['DescribeApplicationGroups', 'DescribeApplicationInstances'] as const) {
      assert.equal(await code(action, { AppId: 'nobody' }), 'InvalidApplication.NotFound');
    }
    const Namespace = 'cn-hangzhou';
    assert.equal(
      await code('ListAppEvents', { Namespace: 'nowhere' }),
      'InvalidNamespaceId.NotFound',
    );
    assert.equal(await code('ListAppEvents', {}), 'InvalidParameter.NotEmpty');
    assert.equal(
      await code('ListAppEvents', { Namespace, AppId: 'nobody' }),
      'InvalidApplication.NotFound',
    );
    assert.equal(await code('ListAppEvents', { Namespace, EventType: 'Bad' }), wrong);
  });
});
