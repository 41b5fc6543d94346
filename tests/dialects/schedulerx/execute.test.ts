import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/app/clock.ts';
import { InstanceIds } from '../../../src/dialects/schedulerx/index.ts';
import type { Template } from '../../../src/domain/template.ts';
import { createProcessExecutor } from '../../../src/executors/process/executor.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Executor } from '../../../src/ports/executor.ts';
import {
  type Answer,
  clientNames,
  failureOf,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

type Texts = Readonly<Record<string, string>>;
const told = (message: string) => ({ code: 400, message });
const idOf = (answer: Answer): string => {
  assert.equal(answer['Success'], true, JSON.stringify(answer));
  return String((answer['Data'] as { JobInstanceId: number }).JobInstanceId);
};

/** 2026-03-01 04:05:06.700 in UTC, 12:05:06 in the service's zone. */
const noonMs = Date.UTC(2026, 2, 1, 4, 5, 6, 700);

/** A clock that a test moves; timers are the system's. */
function movedClock(startMs: number): Clock & { moveMs(by: number): void } {
  let now = startMs;
  return { ...systemClock, nowMs: () => now, moveMs: (by) => void (now += by) };
}

/** Runs scripts on this machine; its helpers end with the test. */
async function scriptExecutor(t: TestContext): Promise<Executor> {
  const pids: number[] = [];
  const dataDir = await temporaryFolder(t);
  t.after(() => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  });
  return createProcessExecutor({
    dataDir,
    jobUser: null,
    maxConcurrent: 4,
    maxLogBytes: 1024 * 1024,
    enabled: true,
    disabledReason: '',
    supervisorIdleMs: 2_000,
    nowMs: Date.now,
    log: {
      info: (fields) => {
        if ('pid' in fields) pids.push(Number(fields.pid));
      },
      warn: () => undefined,
    },
  });
}

async function runOf({ engine }: SchedulerxHost, id: string) {
  const run = await engine.runs.get(id);
  assert.ok(run, `no run ${id}`);
  return run;
}

const script = [
  '#{schedulerx.jobParameters}',
  '#{schedulerx.scheduleTime}',
  '#{schedulerx.dataTime}',
  '#{schedulerx.triggerType}',
].join(' ');

function placeholdersOf({ spec }: Pick<Template, 'spec'>): Texts {
  const { artifact } = spec.task;
  assert.equal(artifact.kind, 'script');
  return artifact.kind === 'script' ? ((artifact.placeholders ?? {}) as Texts) : {};
}

describe('ExecuteJob', () => {
  for (const client of clientNames) {
    test(`through ${client}`, async (t) => {
      const host = await startSchedulerxHost(t);
      const group = await newGroup(host);
      const JobId = String(await newJob(host, group));
      const id = idOf(await host.clients[client]('ExecuteJob', { ...group, JobId }));
      assert.ok(Number.isSafeInteger(Number(id)));
      const run = await runOf(host, id);
      assert.deepEqual([run.templateId, run.trigger, run.state], [JobId, 'manual', 'queued']);
    });
  }

  test('parameters of this run only, its times and its trigger type', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock });
    const group = await newGroup(host);
    const JobId = String(
      await newJob(host, group, { Content: script, Parameters: 'own', DataOffset: '-3600' }),
    );
    const InstanceParameters = 'only * this';
    const id = idOf(await host.call('ExecuteJob', { ...group, JobId, InstanceParameters }));
    const values = placeholdersOf(await runOf(host, id));
    const second = Math.floor(noonMs / 1000) * 1000;
    assert.deepEqual(
      [
        values['#{schedulerx.jobParameters}'],
        values['#{schedulerx.scheduleTime}'],
        values['#{schedulerx.dataTime}'],
        values['#{schedulerx.triggerType}'],
      ],
      ['only * this', String(second), String(second - 3_600_000), '3'],
    );
    const template = await host.engine.templates.get(JobId, 'schedulerx');
    assert.ok(template);
    assert.equal(placeholdersOf(template)['#{schedulerx.jobParameters}'], 'own');
  });

  test('one instance per job and second, whoever asks at the same time', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock });
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group, { MaxConcurrency: '100' }));
    const all = await Promise.all(
      Array.from({ length: 10 }, () => host.call('ExecuteJob', { ...group, JobId })),
    );
    assert.equal(all.filter((answer) => answer['Success'] === true).length, 1);
    const refused = all.find((answer) => answer['Success'] !== true) ?? {};
    assert.deepEqual(
      failureOf(refused),
      told(
        `jobId=${JobId} already has an instance with scheduleTime=2026-03-01 12:05:06; try again in the next second`,
      ),
    );
    clock.moveMs(300);
    idOf(await host.call('ExecuteJob', { ...group, JobId }));
    assert.equal(
      (await host.engine.runs.list({ templateId: JobId, offset: 0, limit: 1 })).total,
      2,
    );
  });

  test('or the next free second, where the operator wants it so', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock, settings: { sameSecond: 'next-free' } });
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group, { MaxConcurrency: '100' }));
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      ids.push(idOf(await host.call('ExecuteJob', { ...group, JobId })));
    }
    const second = Math.floor(noonMs / 1000);
    const keys = await Promise.all(ids.map(async (id) => (await runOf(host, id)).idempotencyKey));
    assert.deepEqual(keys, [`@${second}`, `@${second + 1}`, `@${second + 2}`]);
    const times = await Promise.all(ids.map(async (id) => (await runOf(host, id)).notBeforeMs));
    assert.equal(times[2], (second + 2) * 1000);
  });

  test('MaxConcurrency refuses, a disabled job runs unless its status is checked', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock });
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group, { Status: '0' }));
    const execute = (query: Texts = {}) => host.call('ExecuteJob', { ...group, JobId, ...query });
    assert.deepEqual(
      failureOf(await execute({ CheckJobStatus: 'true' })),
      told(`jobId=${JobId} is disabled`),
    );
    idOf(await execute({ CheckJobStatus: 'false' }));
    clock.moveMs(1_000);
    assert.deepEqual(
      failureOf(await execute()),
      told(`jobId=${JobId} has as many running instances as MaxConcurrency allows`),
    );
  });

  test('designation of one run', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock });
    const group = await newGroup(host);
    const worker = { JobType: 'xxljob', Content: '{"jobHandler":"demo"}', MaxConcurrency: '9' };
    const JobId = String(await newJob(host, group, worker));
    const execute = (query: Texts) => host.call('ExecuteJob', { ...group, JobId, ...query });
    const artifact = async (id: string) => (await runOf(host, id)).spec.task.artifact;
    const plain = await artifact(idOf(await execute({ InstanceParameters: 'p' })));
    assert.ok(plain.kind === 'worker');
    assert.deepEqual(
      [plain.jobType, plain.content, plain.parameters, plain.instanceParameters, plain.designated],
      ['xxljob', 'demo', '', 'p', null],
    );
    clock.moveMs(1_000);
    const pinned = await artifact(
      idOf(await execute({ DesignateType: '1', Worker: 'xxljob@127.0.0.1:9999' })),
    );
    assert.deepEqual(pinned.kind === 'worker' && pinned.designated, {
      by: 'address',
      values: ['xxljob@127.0.0.1:9999'],
      transferable: false,
    });
    clock.moveMs(1_000);
    const labelled = await artifact(idOf(await execute({ DesignateType: '2', Label: 'gray' })));
    assert.deepEqual(labelled.kind === 'worker' && labelled.designated?.values, ['gray']);
    // What is given tells the type: it must not be passed over.
    clock.moveMs(1_000);
    const inferred = await artifact(idOf(await execute({ Worker: 'xxljob@127.0.0.1:9999' })));
    assert.deepEqual(inferred.kind === 'worker' && inferred.designated?.by, 'address');
    clock.moveMs(1_000);
    const byLabel = await artifact(idOf(await execute({ Label: 'gray' })));
    assert.deepEqual(byLabel.kind === 'worker' && byLabel.designated?.by, 'label');
    assert.deepEqual(
      failureOf(await execute({ DesignateType: '1' })),
      told('Invalid parameter: Worker cannot be null'),
    );
    assert.deepEqual(
      failureOf(await execute({ DesignateType: '3' })),
      told('Invalid parameter: DesignateType=3 invalid'),
    );
    const shell = String(await newJob(host, group));
    assert.deepEqual(
      failureOf(
        await host.call('ExecuteJob', { ...group, JobId: shell, DesignateType: '2', Label: 'x' }),
      ),
      told('Invalid parameter: Label: shell jobs run on the built-in worker'),
    );
    const listed = (await host.call('GetWorkerList', group))['Data'] as {
      WorkerInfos: readonly { WorkerAddress: string }[];
    };
    const Worker = listed.WorkerInfos[0]?.WorkerAddress ?? '';
    idOf(await host.call('ExecuteJob', { ...group, JobId: shell, Worker }));
  });
});

describe('scripts run', () => {
  for (const [JobType, Content] of [
    ['shell', 'echo "p=#{schedulerx.jobParameters} t=#{schedulerx.triggerType}"\r\n'],
    [
      'python',
      'print("p=#{schedulerx.jobParameters} t=#{schedulerx.triggerType}".replace("a", "b"))',
    ],
  ] as const) {
    test(`${JobType}, with its placeholders replaced`, async (t) => {
      const host = await startSchedulerxHost(t, {
        running: true,
        executors: [await scriptExecutor(t)],
      });
      const group = await newGroup(host);
      const JobId = String(await newJob(host, group, { JobType, Content }));
      const query = { ...group, JobId, InstanceParameters: 'x y' };
      const id = idOf(await host.call('ExecuteJob', query));
      const run = await until('the end of the run', async () => {
        const found = await runOf(host, id);
        return found.endedAtMs === null ? null : found;
      });
      assert.equal(run.state, 'succeeded', run.message);
      const [instance] = await host.engine.runs.instances(id);
      assert.equal(instance?.attempts[0]?.result, 'p=x y t=3');
    });
  }
});

describe('RerunJob', () => {
  test('one instance per day, each with its data time and a second of its own', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock });
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group, { Content: script }));
    idOf(await host.call('ExecuteJob', { ...group, JobId }));
    const answer = await host.call(
      'RerunJob',
      {},
      {
        ...group,
        JobId,
        DataTime: '01:02:03',
        // 2026-01-31 23:30 and 2026-02-02 00:10 in GMT+8.
        StartDate: String(Date.UTC(2026, 0, 31, 15, 30)),
        EndDate: String(Date.UTC(2026, 1, 1, 16, 10)),
      },
    );
    assert.equal(answer['Success'], true, JSON.stringify(answer));
    const { rows } = await host.engine.runs.list({ templateId: JobId, offset: 0, limit: 10 });
    const reruns = [];
    for (const { id } of rows) {
      const run = await runOf(host, id);
      const values = placeholdersOf(run);
      if (values['#{schedulerx.triggerType}'] === '2') {
        reruns.push([run.idempotencyKey, Number(values['#{schedulerx.dataTime}'])]);
      }
    }
    const second = Math.floor(noonMs / 1000);
    const dataTime = (month: number, day: number) => Date.UTC(2026, month, day, 1 - 8, 2, 3);
    assert.deepEqual(
      reruns.toSorted((a, b) => Number(a[1]) - Number(b[1])),
      [
        [`@${second + 1}`, dataTime(0, 31)],
        [`@${second + 2}`, dataTime(1, 1)],
        [`@${second + 3}`, dataTime(1, 2)],
      ],
    );
  });

  test('what cannot be', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const JobId = String(await newJob(host, group));
    const rerun = (fields: Texts) =>
      host.call(
        'RerunJob',
        {},
        {
          ...group,
          JobId,
          DataTime: '00:00:00',
          StartDate: '1700000000000',
          EndDate: '1700000000000',
          ...fields,
        },
      );
    assert.match(String(failureOf(await rerun({ DataTime: '24:00:00' })).message), /DataTime=24/);
    assert.match(String(failureOf(await rerun({ EndDate: '1' })).message), /EndDate=1 invalid/);
    assert.match(
      String(failureOf(await rerun({ EndDate: '1800000000000' })).message),
      /at most 366 days/,
    );
    assert.equal(
      (await host.engine.runs.list({ templateId: JobId, offset: 0, limit: 1 })).total,
      0,
    );
  });
});

describe('schedules', () => {
  test('firings have numbers for ids and a key, and share their second with ExecuteJob', async (t) => {
    const host = await startSchedulerxHost(t, { running: true });
    const group = await newGroup(host);
    const JobId = String(
      await newJob(host, group, {
        TimeType: '1',
        TimeExpression: '* * * * * ?',
        MaxConcurrency: '50',
      }),
    );
    const rows = await until('two firings', async () => {
      // Asked for in the same seconds, by both.
      await host.call('ExecuteJob', { ...group, JobId });
      const page = await host.engine.runs.list({ templateId: JobId, offset: 0, limit: 100 });
      return page.rows.filter(({ trigger }) => trigger === 'schedule').length >= 2
        ? page.rows
        : null;
    });
    for (const { id } of rows) assert.match(id, /^\d{1,16}$/);
    const keys = rows.map(({ idempotencyKey }) => idempotencyKey);
    for (const key of keys) assert.match(String(key), /^@\d{10}$/);
    assert.equal(new Set(keys).size, keys.length);
  });

  test('a one_time job is gone after it ran, its instance is not', async (t) => {
    const host = await startSchedulerxHost(t, {
      running: true,
      executors: [await scriptExecutor(t)],
    });
    const group = await newGroup(host);
    const atMs = Date.now() + 1_200;
    const id = await newJob(host, group, { TimeType: '5', TimeExpression: String(atMs) });
    const JobId = String(id);
    const query = { ...group, JobId };
    assert.equal((await host.call('GetJobInfo', query))['Success'], true);
    await until('the end of the job', async () => {
      const answer = await host.call('GetJobInfo', query);
      return answer['Message'] === `jobId=${JobId} is not existed`;
    });
    assert.equal(((await host.call('ListJobs', group))['Data'] as Answer)['Total'], 0);
    const { rows } = await host.engine.runs.list({ templateId: JobId, offset: 0, limit: 5 });
    assert.equal(rows.length, 1);
    const instanceId = rows[0]?.id ?? '';
    assert.equal((await runOf(host, instanceId)).templateName, 'job');
    // When its last instance has gone, so has the job itself.
    await host.engine.runs.delete(instanceId, 'retention');
    await until('the end of the template', async () => {
      assert.equal((await host.call('GetJobInfo', query))['Success'], false);
      return (await host.engine.templates.get(JobId)) === null;
    });
  });

  test('what the schedule of each time type is', async (t) => {
    const clock = movedClock(noonMs);
    const host = await startSchedulerxHost(t, { clock });
    const group = await newGroup(host);
    const next = async (fields: Texts) => {
      const id = await newJob(host, group, fields);
      const schedule = await host.engine.templates.schedule(String(id));
      return schedule === null || schedule.nextAtMs === null
        ? null
        : new Date(schedule.nextAtMs).toISOString();
    };
    const cron = { TimeType: '1', TimeExpression: '0 0 13 * * ?' };
    assert.equal(await next(cron), '2026-03-01T05:00:00.000Z');
    assert.equal(await next({ ...cron, Timezone: 'UTC' }), '2026-03-01T13:00:00.000Z');
    assert.equal(await next({ ...cron, Timezone: 'GTM+7' }), '2026-03-01T05:00:00.000Z');
    assert.equal(await next({ ...cron, Timezone: 'America/New_York' }), '2026-03-01T18:00:00.000Z');
    assert.equal(
      await next({ ...cron, StartTime: String(noonMs + 86_400_000) }),
      '2026-03-02T05:00:00.000Z',
    );
    assert.equal(await next({ TimeType: '3', TimeExpression: '50' }), '2026-03-01T04:05:56.000Z');
    assert.equal(
      await next({ TimeType: '3', TimeExpression: '60', StartTime: String(noonMs - 6_700) }),
      '2026-03-01T04:06:00.000Z',
    );
    assert.equal(await next({ TimeType: '4', TimeExpression: '5' }), '2026-03-01T04:05:11.700Z');
    assert.equal(
      await next({ TimeType: '5', TimeExpression: '2026-03-01 13:00:00' }),
      '2026-03-01T05:00:00.000Z',
    );
    for (const TimeType of ['-1', '100']) assert.equal(await next({ TimeType }), null);
    assert.equal(await next({ ...cron, Status: '0' }), null);
  });
});

describe('instance ids', () => {
  test('are numbers below 2^53, ascend, and differ between servers and seconds', () => {
    const one = new InstanceIds(0.5);
    const two = new InstanceIds(0.5);
    one.setNode(1);
    two.setNode(2);
    const seen = new Set<string>();
    let last = 0;
    for (let count = 0; count < 40_000; count++) {
      const id = one.next(noonMs + Math.floor(count / 1_000));
      assert.ok(Number(id) > last && Number(id) < 2 ** 53);
      last = Number(id);
      seen.add(id);
      seen.add(two.next(noonMs));
    }
    assert.equal(seen.size, 80_000);
    assert.ok(Number(one.next(Date.UTC(2087, 11, 31))) < 2 ** 53);
    // A clock that steps back gives no id twice.
    assert.equal(seen.has(one.next(noonMs - 60_000)), false);
  });
});
