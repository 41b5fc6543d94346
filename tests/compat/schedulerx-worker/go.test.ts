/**
 * SchedulerX's official worker library for Go, in a worker of our own (`go/`), against a real
 * server: the oracle for `src/executors/worker/schedulerx`.
 *
 * The library comes from the Go module proxy. A proxy may refuse it; then name a checkout of
 * github.com/alibaba/schedulerx-worker-go in LONGSHORE_SCHEDULERX_WORKER_GO. Without either the
 * test is skipped, in CI too.
 */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { needs } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { preparedWorker, type Sample, startSample } from './sample.ts';
import { application, Session, type Started } from './session.ts';

/** Builds, and silences of half a minute, on a busy computer. */
const timeoutMs = 9 * 60_000;
/** Workers look for the server every 5 s and need two looks. */
const backDeadlineMs = 40_000;
const lost = "don't update progress more than 30s";

interface Stage {
  readonly session: Session;
  readonly samples: readonly [Sample, Sample];
}

test(
  'a real worker (schedulerx-worker-go)',
  { ...needs('go', 'bash', 'setsid'), timeout: timeoutMs },
  async (t) => {
    // The library makes a worker's id of it, and does not start without.
    if (!hasAddress()) return t.skip('this machine has no IPv4 address besides loopback');
    const built = await preparedWorker();
    if ('missing' in built) return t.skip(built.missing);
    const session = await Session.open(t);
    const folder = await temporaryFolder(t);
    const { Namespace: namespace, GroupId: group } = application;
    const start = (label: string): Promise<Sample> =>
      startSample(t, built.folder, {
        server: session.host,
        namespace,
        group,
        key: session.appKey,
        notes: join(folder, label),
        label,
      });
    const stage: Stage = { session, samples: [await start('blue'), await start('green')] };
    await registered(session, 'blue', 'green');
    await standalone(t, stage);
    await spread(t, stage);
    await kills(t, stage);
    await many(t, stage);
    await restarts(t, stage);
    await losses(t, stage);
  },
);

async function standalone(t: TestContext, { session, samples }: Stage): Promise<void> {
  await t.test('a job runs, with its parameters and result', async () => {
    const job = { Name: 'greeting', Parameters: 'with 界' };
    const { Status, Result, WorkAddr } = await session.run('hello', job, {
      InstanceParameters: 'now',
    });
    assert.deepEqual([Status, Result], [4, 'hello|with 界|now|greeting']);
    assert.match(WorkAddr ?? '', /^127\.0\.0\.1:\d+$/);
  });
  await t.test('failures are told with their words', async () => {
    const failures = {
      failing: /^no luck$/,
      broken: /^something broke$/,
      panicking: /out of control/,
      unknown: /^jobName=unknown is unregistered$/,
    };
    for (const [processor, words] of Object.entries(failures)) {
      const { Status, Result } = await session.run(processor);
      assert.equal(Status, 5, processor);
      assert.match(Result ?? '', words);
    }
  });
  await t.test('a failure is tried again as often as the job says', async () => {
    for (const processor of ['failing', 'broken']) {
      const started = await session.begin(processor, { MaxAttempt: '2', AttemptInterval: '1' });
      assert.equal((await session.over(started)).Status, 5);
      assert.deepEqual(notesOf(samples, started).toSorted(), [
        `${processor} 0`,
        `${processor} 1`,
        `${processor} 2`,
      ]);
    }
  });
  await t.test('a result of 3 MB is cut, not lost', async () => {
    const { Status, Result } = await session.run('big', { Parameters: '3000000' });
    assert.deepEqual([Status, Result], [4, 'x'.repeat(1_000)]);
  });
  await t.test('a job of type java runs the processor of that name', async () => {
    const java = { JobType: 'java', ClassName: 'hello', Content: '{"className":"hello"}' };
    const { Status, Result } = await session.run('hello', { Name: 'in Java', ...java });
    assert.deepEqual([Status, Result], [4, 'hello|||in Java']);
  });
  await t.test('results of a workflow reach the jobs after it', async () => {
    const first = await session.createJob('hello', { Name: 'first', Parameters: 'a' });
    const second = await session.createJob('hello', { Name: 'second', Parameters: 'b' });
    const results = await session.runWorkflow(first, second);
    assert.deepEqual(results, ['hello|a||first', 'hello|b||second|first=hello|a||first']);
  });
  await t.test('a job that takes too long is killed', async () => {
    const limit = { Timeout: '2', TimeoutEnable: 'true', TimeoutKillEnable: 'true' };
    const started = await session.begin('slow', { Parameters: '600000', ...limit });
    assert.equal((await session.over(started)).Status, 5);
    await noted(samples, started, 'slow is killed');
  });
  await t.test('a run goes to the worker with the label', async () => {
    for (const label of ['green', 'green', 'blue']) {
      const started = await session.begin('hello', {}, { DesignateType: '2', Label: label });
      assert.equal((await session.over(started)).Status, 4);
      const [blue, green] = samples.map((sample) => notesOf([sample], started).length);
      assert.deepEqual([blue, green], label === 'blue' ? [1, 0] : [0, 1]);
    }
  });
}

async function spread(t: TestContext, { session, samples }: Stage): Promise<void> {
  const counts = (started: Started, of: RegExp): readonly number[] =>
    samples.map((sample) => notesOf([sample], started).filter((text) => of.test(text)).length);

  await t.test('a broadcast runs everywhere', async () => {
    const started = await session.begin('everywhere', { ExecuteMode: 'broadcast' });
    const { Status, Result, Progress = '' } = await session.over(started);
    assert.deepEqual([Status, Result], [4, '0/2,1/2']);
    assert.deepEqual(counts(started, /^everywhere \d\/2$/), [1, 1]);
    assert.equal(notesOf(samples, started).filter((text) => text.endsWith('before')).length, 1);
    assert.match(Progress, /"workerProgress":/);
  });
  await t.test('a broadcast that fails is tried again on each worker, once a retry', async () => {
    const job = { ExecuteMode: 'broadcast', MaxAttempt: '1', AttemptInterval: '1' };
    const started = await session.begin('failing', job);
    assert.equal((await session.over(started)).Status, 5);
    assert.deepEqual(counts(started, /^failing 0$/), [1, 1]);
    assert.deepEqual(counts(started, /^failing 1$/), [1, 1]);
  });
  await t.test('shards run once each, with their parameters', async () => {
    const job = { ExecuteMode: 'sharding', Parameters: '0=a,1=b,2=c,3=d,4=e' };
    const started = await session.begin('shard', job);
    const { Status, Progress = '' } = await session.over(started);
    assert.equal(Status, 4);
    // The worker may tell a success as soon as all shards that it has heard of are over.
    await until('all have run', () => notesOf(samples, started).length >= 5);
    assert.deepEqual(
      notesOf(samples, started).toSorted(),
      ['a', 'b', 'c', 'd', 'e'].map((text, index) => `shard ${index}/5 ${text}`),
    );
    assert.notEqual(Progress, '');
  });
  await t.test('a shard that fails fails the run', async () => {
    // A success that is told too early would hide it, so the others take their time.
    const job = { ExecuteMode: 'sharding', Parameters: '0=3000\r\n1=fail\r\n2=3000' };
    assert.equal((await session.run('shard', job)).Status, 5);
  });
  for (const mode of ['batch', 'grid', 'parallel']) {
    await t.test(`MapReduce (${mode}) runs each task once and reduces the results`, async () => {
      const started = await session.begin('sum', { ExecuteMode: mode, Parameters: '10' });
      const { Status, Result } = await session.over(started);
      assert.deepEqual([Status, Result], [4, '55']);
      assert.equal(new Set(notesOf(samples, started)).size, 10);
      assert.equal(notesOf(samples, started).length, 10);
    });
  }
}

async function kills(t: TestContext, { session, samples }: Stage): Promise<void> {
  await t.test('a stop kills what runs', async () => {
    const jobId = await session.createJob('slow', { Parameters: '600000' });
    const started = await session.execute(jobId);
    await noted(samples, started, 'slow begins');
    await session.stop(started);
    const { Status, Result } = await session.over(started);
    assert.deepEqual([Status, Result], [5, 'killed from server']);
    await noted(samples, started, 'slow is killed');
    // The job runs again at once.
    await session.call('UpdateJob', { JobId: jobId, Parameters: '1' });
    assert.equal((await session.over(await session.execute(jobId))).Status, 4);
  });
  await t.test('a stop ends a broadcast', async () => {
    const job = { ExecuteMode: 'broadcast', Parameters: '15000' };
    const started = await session.begin('everywhere', job);
    await noted(samples, started, 'everywhere begins');
    await session.stop(started);
    const { Status, Result } = await session.over(started);
    assert.deepEqual([Status, Result], [5, 'killed from server']);
  });
}

async function many(t: TestContext, { session, samples }: Stage): Promise<void> {
  await t.test('of 50 jobs none is lost and none is doubled', async () => {
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => session.begin('hello', { Parameters: `${index}` })),
    );
    for (const started of all) assert.equal((await session.over(started)).Status, 4);
    const ran = all.map((started) => notesOf(samples, started));
    assert.deepEqual(
      ran,
      all.map((_, index) => [`hello ${index}`]),
    );
  });
}

async function restarts(t: TestContext, { session, samples }: Stage): Promise<void> {
  await t.test('a job outlives the server, which hears of its end', async () => {
    const long = await session.begin('slow', { Parameters: '30000' });
    const short = await session.begin('slow', { Parameters: '3000' });
    await noted(samples, long, 'slow begins');
    await noted(samples, short, 'slow begins');
    await session.crash();
    await noted(samples, short, 'slow ends');
    await session.start();
    await registered(session, 'blue', 'green');
    // Workers say only once how it ended; nobody listened.
    const { Status, Result = '' } = await session.over(short);
    assert.equal(Status, 5);
    assert.match(Result, /does not run it any more and its result did not arrive$/);
    const ended = await session.over(long);
    assert.deepEqual([ended.Status, ended.Result], [4, 'slow ended']);
    assert.deepEqual(notesOf(samples, long), ['slow begins', 'slow ends']);
    assert.deepEqual(notesOf(samples, short), ['slow begins', 'slow ends']);
  });
  await t.test('and jobs run as before', async () => {
    for (const label of ['blue', 'green']) {
      const more = { DesignateType: '2', Label: label };
      assert.equal((await session.run('hello', {}, more)).Status, 4);
    }
    const everywhere = await session.run('everywhere', { ExecuteMode: 'broadcast' });
    assert.equal(everywhere.Result, '0/2,1/2');
  });
}

async function losses(t: TestContext, { session, samples: [blue, green] }: Stage): Promise<void> {
  await t.test('a worker that dies loses its jobs, which are tried again elsewhere', async () => {
    const job = { Parameters: '12000', MaxAttempt: '1', AttemptInterval: '1' };
    // Workers take turns: one of two runs on each.
    const again: Started[] = [];
    for (let left = 2; left > 0; left--) {
      const started = await session.begin('slow', job);
      await noted([blue, green], started, 'slow begins');
      again.push(started);
    }
    const more = { DesignateType: '2', Label: 'blue' };
    const once = await session.begin('slow', { Parameters: '600000' }, more);
    await noted([blue], once, 'slow begins');
    await blue.kill();
    const { Status, Result } = await session.over(once);
    assert.deepEqual([Status, Result], [5, lost]);
    for (const started of again) assert.equal((await session.over(started)).Status, 4);
    const began = again.map((started) => notesOf([blue], started).length);
    assert.deepEqual(began.toSorted(), [0, 1]);
    for (const started of again) {
      assert.deepEqual(notesOf([green], started), ['slow begins', 'slow ends']);
    }
    assert.deepEqual(await session.labels(), ['green']);
  });
  await t.test('a worker that ends takes itself off', async () => {
    await green.end();
    await registered(session);
    const { Status, Result = '' } = await session.run('hello');
    assert.equal(Status, 5);
    assert.match(Result, /^no available worker/);
  });
}

/** Waits until the API lists exactly these. */
async function registered(session: Session, ...labels: readonly string[]): Promise<void> {
  await until(
    `the workers are ${labels.join(', ')}`,
    async () => (await session.labels()).join() === labels.join(),
    backDeadlineMs,
  );
}

/** What these workers noted about an instance. */
function notesOf(samples: readonly Sample[], { instanceId }: Started): readonly string[] {
  return samples.flatMap((sample) =>
    sample.notes().flatMap(([instance, text]) => (`${instance}` === instanceId ? [text] : [])),
  );
}

async function noted(samples: readonly Sample[], started: Started, text: string): Promise<void> {
  await until(`instance ${started.instanceId} noted “${text}”`, () =>
    notesOf(samples, started).includes(text),
  );
}

function hasAddress(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.some(({ family, internal }) => family === 'IPv4' && !internal);
}
