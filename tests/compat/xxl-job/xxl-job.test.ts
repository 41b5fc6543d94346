import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { needs } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { freePort } from '../../unit/executors/worker/xxl-job/peer.ts';
import { group, groupKey, Session } from '../../unit/executors/worker/xxl-job/session.ts';
import { preparedSample, type Sample, startSample } from './sample.ts';

/** The line before the reply lost `content`, and the newest that the registry has. */
const versions = ['2.4.1', '3.3.2'] as const;

/** Downloads and virtual machines on a busy computer. */
const timeoutMs = 4 * 60_000;
/** Executors register, and tell what they could not tell, every 30 s. */
const restartDeadlineMs = 75_000;

for (const version of versions) {
  const options = { ...needs('java'), timeout: timeoutMs };
  test(`a real executor (xxl-job-core ${version})`, options, async (t) => {
    const built = await preparedSample(version);
    if ('missing' in built) return t.skip(built.missing);
    const session = await Session.open(t, { timing: {} });
    const start = async (admin = session.url, port?: number): Promise<Sample> =>
      startSample(t, built.folder, {
        admin,
        appName: group.name,
        token: groupKey,
        port: port ?? (await freePort()),
        folder: await temporaryFolder(t),
      });
    // One with the address of before 3.4.1, one with a slash at its end.
    const samples = [await start(`${session.url}/xxl-job-admin`), await start(`${session.url}/`)];
    await until('both are registered', () => session.executor.workers?.(group.number).length === 2);
    await jobs(t, session, samples);
    await kills(t, session);
    await restarts(t, session, samples);
  });
}

async function jobs(t: TestContext, session: Session, samples: readonly Sample[]): Promise<void> {
  await t.test('a handler runs, with its parameters, result and output', async () => {
    session.start('demo.0.1', { content: 'demo', parameters: 'with 界' });
    const started = await session.report('demo.0.1', 'started');
    assert.ok(samples.some(({ address }) => address === started.worker));
    const { exitCode, result } = await session.report('demo.0.1', 'ended');
    assert.deepEqual([exitCode, result], [0, 'done with 界']);
    assert.match(await session.output('demo.0.1', 4_096), /hello with 界\n/);
  });
  await t.test('a failure is told with its words', async () => {
    session.start('fail.0.1', { content: 'fail' });
    const { exitCode, message } = await session.report('fail.0.1', 'ended');
    assert.deepEqual([exitCode, message], [1, 'no luck']);
  });
  await t.test('an unknown handler is refused', async () => {
    session.start('none.0.1', { content: 'none' });
    const { message } = await session.report('none.0.1', 'refused');
    assert.match(message, /job handler \[none\] not found/);
  });
  await t.test('a broadcast runs everywhere', async () => {
    session.start('all.0.1', { content: 'shard', mode: 'broadcast', parameters: 'p' });
    const { exitCode, result } = await session.report('all.0.1', 'ended');
    assert.deepEqual([exitCode, result], [0, '#0: shard 0/2 p\n#1: shard 1/2 p']);
    const counts = samples.map(
      ({ runs }) => runs().filter((line) => line.startsWith('shard')).length,
    );
    assert.deepEqual(counts, [1, 1]);
  });
  await t.test('shards run with their parameters', async () => {
    session.start('shards.0.1', { content: 'shard', mode: 'sharding', parameters: '0=a,1=b,2=c' });
    const { result = '' } = await session.report('shards.0.1', 'ended');
    assert.deepEqual(result.split('\n'), ['#0: shard 0/3 a', '#1: shard 1/3 b', '#2: shard 2/3 c']);
    assert.match(await session.output('shards.0.1', 4_096), /shard 2\/3 has c/);
  });
  await t.test('a shell script runs, with its exit code and output', async () => {
    session.start('sh.0.1', { jobType: 'shell', content: 'echo "got $1"\r\n', parameters: 'x' });
    assert.equal((await session.report('sh.0.1', 'ended')).exitCode, 0);
    assert.match(await session.output('sh.0.1', 4_096), /got x\n/);
    session.start('sh.0.2', { jobType: 'shell', content: 'exit 3', contentAtMs: 2 });
    assert.equal((await session.report('sh.0.2', 'ended')).exitCode, 1);
  });
  await t.test('the executor ends what takes too long', async () => {
    session.start('late.0.1', { content: 'slow', parameters: '60000' }, 1_000);
    const { exitCode, message } = await session.report('late.0.1', 'ended');
    assert.equal(exitCode, 1);
    assert.match(message, /timeout/i);
  });
}

async function kills(t: TestContext, session: Session): Promise<void> {
  await t.test('a stop kills what runs', async () => {
    session.start('slow.0.1', { content: 'slow', parameters: '60000' });
    await until('it runs', async () => /slow begins/.test(await session.output('slow.0.1', 4_096)));
    session.executor.stop('slow.0.1');
    const { stopped, message } = await session.report('slow.0.1', 'ended');
    assert.deepEqual([stopped, message], [true, 'killed from server']);
    // The executor takes the next run of the job at once.
    session.start('slow.0.2', { content: 'demo' });
    assert.equal((await session.report('slow.0.2', 'ended')).exitCode, 0);
  });
}

async function restarts(
  t: TestContext,
  session: Session,
  samples: readonly Sample[],
): Promise<void> {
  const { number } = group;
  const runs = (): number => samples.flatMap((sample) => sample.runs()).length;
  session.start('over.0.1', { content: 'slow', parameters: '1500' });
  await session.report('over.0.1', 'started');
  await until('it runs', async () => /slow begins/.test(await session.output('over.0.1', 4_096)));
  const before = runs();
  await session.close();
  const next = await Session.open(t, {
    dataDir: session.dataDir,
    port: Number(new URL(session.url).port),
    adopted: false,
    timing: {},
  });
  await t.test('a job outlives the server, which hears of its end', async () => {
    await next.executor.adopt([{ attemptId: 'over.0.1', fence: 9, started: true }]);
    next.executor.stopOthers();
    const ended = await until(
      'the end is told',
      () => next.about('over.0.1').find(({ kind }) => kind !== 'started'),
      // What could not be told is told again every 30 s (workers.md §1.3).
      restartDeadlineMs,
    );
    assert.ok(ended.kind === 'ended');
    assert.deepEqual([ended.result, ended.fence], ['slow ended', 9]);
    assert.equal(runs(), before);
  });
  await t.test('an executor that ends takes itself off, one that dies is not asked', async () => {
    const registered = (): number => next.executor.workers?.(number).length ?? 0;
    await until('both are back', () => registered() === 2, restartDeadlineMs);
    const [first, second] = samples;
    await first?.end();
    await until('it is off', () => registered() === 1);
    assert.equal(next.executor.workers?.(number)[0]?.address, second?.address);
    await second?.kill();
    next.start('gone.0.1', { content: 'demo' });
    assert.match((await next.report('gone.0.1', 'refused')).message, /^no available worker/);
  });
}
