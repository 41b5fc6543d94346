import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { WorkerInfo } from '../../../src/ports/workers.ts';
import {
  type Answer,
  clientNames,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { createLineExecutor } from './line-executor.ts';

type Texts = Readonly<Record<string, string>>;
type Row = Readonly<Record<string, unknown>>;

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const body = await answer;
  assert.equal(body['Success'], true, JSON.stringify(body));
  return body;
}

const worker = (group: number, port: number, more: Partial<WorkerInfo> = {}): WorkerInfo => ({
  group,
  address: `w${port}@10.0.0.${port % 10}:${port}`,
  ip: `10.0.0.${port % 10}`,
  port,
  label: '',
  starter: 'xxljob',
  version: '3.1.0',
  seenAtMs: Date.now(),
  busy: 'free',
  metrics: {},
  ...more,
});

interface Opened {
  readonly host: SchedulerxHost;
  readonly group: Texts;
  /** AppGroupId. */
  readonly number: number;
  readonly jobId: number;
  /** The workers that are there; a test may change it. */
  readonly workers: WorkerInfo[];
}

async function open(t: TestContext): Promise<Opened> {
  const workers: WorkerInfo[] = [];
  const { executor } = createLineExecutor(() => workers);
  const host = await startSchedulerxHost(t, { executors: [executor] });
  const group = await newGroup(host);
  const body = await ok(host.call('GetAppGroup', { ...group }));
  const number = (body['Data'] as { AppGroupId: number }).AppGroupId;
  const jobId = await newJob(host, group, {
    JobType: 'xxljob',
    Content: '{"jobHandler":"demo"}',
  });
  return { host, group, number, jobId, workers };
}

async function artifactOf({ host, jobId }: Opened) {
  const artifact = (await host.engine.templates.get(String(jobId)))?.spec.task.artifact;
  assert.ok(artifact?.kind === 'worker');
  return artifact;
}

const info = async ({ host, group, jobId }: Opened) =>
  (await ok(host.call('ReadSchedulerxDesignateInfo', { ...group, JobId: String(jobId) })))[
    'Data'
  ] as {
    readonly DesignateType: number;
    readonly Transferable: boolean;
    readonly DesignateDetailVos: readonly Row[];
  };

describe('workers', () => {
  it('lists those of the group, and this server, through every client core', async (t) => {
    const { host, group, number, workers } = await open(t);
    workers.push(worker(number, 9999, { label: 'blue' }), worker(number + 1, 9998));
    for (const name of clientNames) {
      const body = await ok(host.clients[name]('GetWorkerList', { ...group }));
      const rows = (body['Data'] as { WorkerInfos: readonly Row[] }).WorkerInfos;
      assert.deepEqual(rows[0], {
        Ip: '10.0.0.9',
        Port: 9999,
        Label: 'blue',
        Starter: 'xxljob',
        Version: '3.1.0',
        WorkerAddress: 'w9999@10.0.0.9:9999',
      });
      assert.equal(rows.length, 2);
      assert.equal(rows[1]?.['Starter'], 'longshore');
      const { host: reached } = new URL(host.url);
      assert.equal(rows[1]?.['WorkerAddress'], `longshore@${reached}`);
    }
  });

  it('pins a job to workers and labels, and unpins it', async (t) => {
    const opened = await open(t);
    const { host, group, jobId, number, workers } = opened;
    assert.deepEqual(await info(opened), {
      DesignateType: 1,
      Transferable: false,
      DesignateDetailVos: [],
    });
    workers.push(
      worker(number, 9991),
      worker(number, 9981, { busy: 'load' }),
      worker(number, 9992, { label: 'blue', busy: 'memory', metrics: { CpuLoad1: 0.5 } }),
    );
    const designate = (more: Texts): Promise<Answer> =>
      host.call('DesignateWorkers', { ...group, JobId: String(jobId), ...more });
    await ok(
      designate({ DesignateType: '1', Transferable: 'true', Workers: '["10.0.0.1","10.9.9.9"]' }),
    );
    assert.deepEqual((await artifactOf(opened)).designated, {
      by: 'address',
      values: ['10.0.0.1', '10.9.9.9'],
      transferable: true,
    });
    const byAddress = await info(opened);
    assert.deepEqual([byAddress.DesignateType, byAddress.Transferable], [1, true]);
    assert.deepEqual(
      byAddress.DesignateDetailVos.map((row) =>
        ['Key', 'Size', 'Busy', 'Checked', 'Offline'].map((name) => row[name]),
      ),
      [
        ['10.0.0.1', 2, 'FREE', true, false],
        ['10.0.0.2', 1, 'HEAP5_BUSY', false, false],
        ['10.9.9.9', 0, 'FREE', true, true],
      ],
    );
    await ok(designate({ DesignateType: '2', Transferable: 'false', Labels: '["blue"]' }));
    assert.deepEqual((await artifactOf(opened)).designated, {
      by: 'label',
      values: ['blue'],
      transferable: false,
    });
    const detail = await ok(
      host.call('ReadSchedulerxDesignateDetail', {
        ...group,
        JobId: String(jobId),
        DesignateType: '2',
      }),
    );
    const [label] = (detail['Data'] as { DesignateDetailVos: readonly Row[] }).DesignateDetailVos;
    assert.deepEqual([label?.['Key'], label?.['Checked']], ['blue', true]);
    assert.deepEqual(label?.['Metrics'], { CpuLoad1: 0.5 });
    await ok(designate({ DesignateType: '2', Transferable: 'false', Labels: '[]' }));
    assert.equal((await artifactOf(opened)).designated, null);
    assert.deepEqual(host.errors, []);
  });

  it('leaves busy workers out, unless the application says otherwise', async (t) => {
    const opened = await open(t);
    assert.equal((await artifactOf(opened)).avoidsBusy, true);
    const { host } = opened;
    const group = await newGroup(host, { ScheduleBusyWorkers: 'true' });
    const jobId = await newJob(host, group, {
      JobType: 'xxljob',
      Content: '{"jobHandler":"demo"}',
    });
    assert.equal((await artifactOf({ ...opened, jobId })).avoidsBusy, undefined);
    // What runs of it keep so too.
    const named = { ...opened.group, JobId: String(opened.jobId) };
    const { JobInstanceId } = (await ok(host.call('ExecuteJob', named)))['Data'] as {
      JobInstanceId: number;
    };
    const run = await host.engine.runs.get(String(JobInstanceId));
    assert.ok(run?.spec.task.artifact.kind === 'worker');
    assert.equal(run.spec.task.artifact.avoidsBusy, true);
  });

  it('keeps the pins when the job is changed otherwise', async (t) => {
    const opened = await open(t);
    const named = { ...opened.group, JobId: String(opened.jobId) };
    await ok(
      opened.host.call('DesignateWorkers', {
        ...named,
        DesignateType: '2',
        Transferable: 'false',
        Labels: '["blue"]',
      }),
    );
    await ok(opened.host.call('UpdateJob', {}, { ...named, Name: 'renamed', Parameters: 'x' }));
    assert.deepEqual((await artifactOf(opened)).designated?.values, ['blue']);
  });

  it('refuses in the words of the contract', async (t) => {
    const { host, group, jobId } = await open(t);
    const pin = { DesignateType: '1', Transferable: 'true', Workers: '["10.0.0.1"]' };
    const named = { ...group, JobId: String(jobId) };
    const strange = { ...group, JobId: '999' };
    const rows: (readonly [Promise<Answer>, string | RegExp])[] = [
      [host.call('DesignateWorkers', { ...strange, ...pin }), 'job is not existed'],
      [host.call('ReadSchedulerxDesignateInfo', strange), 'job is not existed'],
      [host.call('ReadSchedulerxDesignateDetail', strange), 'Invalid parameter: jobId=999 invalid'],
      [host.call('DesignateWorkers', { ...named, ...pin, DesignateType: '3' }), /DesignateType=3/],
      [host.call('DesignateWorkers', { ...named, ...pin, Workers: '10.0.0.1' }), /JSON array/],
      [
        host.call('GetWorkerList', { ...group, GroupId: 'none' }),
        'groupid not exist groupId: none namespace: default',
      ],
    ];
    // Scripts and http have one worker: what would not act is not taken.
    const shell = { ...group, JobId: String(await newJob(host, group)) };
    const builtIn = 'shell jobs run on the built-in worker';
    rows.push(
      [
        host.call('DesignateWorkers', { ...shell, ...pin }),
        `Invalid parameter: Workers: ${builtIn}`,
      ],
      [
        host.call('DesignateWorkers', {
          ...shell,
          DesignateType: '2',
          Transferable: 'true',
          Labels: '["v1"]',
        }),
        `Invalid parameter: Labels: ${builtIn}`,
      ],
      [
        host.call('CreateRouteStrategy', { ...shell, Name: 'r' }),
        `Invalid parameter: jobId: ${builtIn}`,
      ],
    );
    for (const [answer, words] of rows) {
      const body = await answer;
      assert.equal(body['Success'], false, JSON.stringify(body));
      if (typeof words === 'string') assert.equal(body['Message'], words);
      else assert.match(String(body['Message']), words);
    }
    await assert.rejects(
      host.call('DesignateWorkers', { ...named, DesignateType: '1' }),
      /MissingTransferable/,
    );
    const { hostname } = new URL(host.url);
    for (const Workers of ['[]', `["${hostname}"]`]) {
      await ok(host.call('DesignateWorkers', { ...shell, ...pin, Workers }));
    }
  });
});
