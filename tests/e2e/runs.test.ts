import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  createTemplate,
  exec,
  finished,
  refusal,
  startSaeServer,
  status,
  stdout,
  type SaeServer,
} from '../support/sae.ts';
import { until } from '../support/until.ts';

/** One real server for the whole file; every test has its own template. */
suite('runs of the host executor, through Alibaba’s client core', { concurrency: 4 }, () => {
  let server: SaeServer;
  const cleanups: (() => void | Promise<void>)[] = [];
  before(async () => {
    server = await startSaeServer(
      { after: (task) => void cleanups.push(task) },
      { env: { LONGSHORE_SAE_BACKOFF_MS: '50', LONGSHORE_SAE_BACKOFF_MAX_MS: '200' } },
    );
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });
  const sh = (script: string, more: Record<string, string> = {}): Promise<string> =>
    createTemplate(server.sae, ['sh', '-c', script], more);

  test('every replica runs with its own identity and the whole run succeeds', async () => {
    const appId = await sh(
      'echo "$JOB_COMPLETION_INDEX/$SAE_REPLICAS $SAE_APP_ID $SAE_JOB_ID $TZ $GREETING"',
      {
        Replicas: '3',
        Timezone: 'Europe/Berlin',
        Envs: JSON.stringify([{ name: 'GREETING', value: 'it\'s "quoted" $HOME\nsecond line' }]),
      },
    );
    const jobId = await exec(server.sae, appId);
    assert.match(jobId, /^manual-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    const end = await finished(server.sae, appId, jobId);
    assert.deepEqual(
      [end.State, end.Succeeded, end.Active, end.Failed, end.Message],
      ['1', 3, 0, 0, 'success'],
    );
    for (const index of [0, 1, 2]) {
      const text = await stdout(server, jobId, index);
      assert.equal(
        text,
        `${index}/3 ${appId} ${jobId} Europe/Berlin it's "quoted" $HOME\nsecond line\n`,
      );
    }
  });

  test('nothing of the server’s environment reaches a job', async () => {
    const appId = await sh('env | sed "s/=.*//" | sort');
    const jobId = await exec(server.sae, appId);
    await finished(server.sae, appId, jobId);
    const names = (await stdout(server, jobId)).trim().split('\n');
    for (const name of names) {
      assert.ok(
        !/^(npm_|NODE|LONGSHORE_(?!ATTEMPT)|CI$|SHLVL|OLDPWD)/.test(name),
        `${name} leaked into the job`,
      );
    }
  });

  test('shards get their element; object members become variables', async () => {
    const appId = await sh('echo "$SAE_SLICE_INDEX/$SAE_SLICE_TOTAL $SAE_SLICE_ENV $TABLE"', {
      Replicas: '2',
      Slice: 'true',
      SliceEnvs: JSON.stringify(['plain', { TABLE: 'orders' }]),
    });
    const jobId = await exec(server.sae, appId);
    await finished(server.sae, appId, jobId);
    assert.equal(await stdout(server, jobId, 0), '0/2 plain \n');
    assert.equal(await stdout(server, jobId, 1), '1/2 {"TABLE":"orders"} orders\n');
  });

  test('a failure is retried within the budget, then the run fails and says why', async () => {
    const appId = await sh('echo try; exit 3', { BackoffLimit: '2' });
    const jobId = await exec(server.sae, appId);
    const end = await finished(server.sae, appId, jobId);
    assert.deepEqual([end.State, end.Failed, end.Succeeded], ['2', 3, 0]);
    assert.match(end.Message, /exited with code 3; the budget of 2 retries is used up/);
    for (const attempt of [1, 2, 3]) assert.equal(await stdout(server, jobId, 0, attempt), 'try\n');
  });

  test('a signal and an exit code of 128+n are told apart', async () => {
    const [exitId, killId] = [await sh('exit 137'), await sh('kill -9 $$')];
    const [exited, killed] = [await exec(server.sae, exitId), await exec(server.sae, killId)];
    assert.match((await finished(server.sae, exitId, exited)).Message, /exited with code 137/);
    assert.match((await finished(server.sae, killId, killed)).Message, /ended by signal SIGKILL/);
  });

  test('the timeout ends the whole process tree, also what left its group', async () => {
    const appId = await sh(
      'trap "" TERM; setsid sleep 300 & echo $! > tree; echo $$ >> tree; sleep 300',
      {
        Timeout: '1',
        TerminationGracePeriodSeconds: '1',
      },
    );
    const jobId = await exec(server.sae, appId);
    const end = await finished(server.sae, appId, jobId);
    assert.equal(end.State, '2');
    assert.match(end.Message, /timeout of 1 s/);
    const pids = (await runFile(server, jobId, 'tree')).trim().split('\n').map(Number);
    assert.equal(pids.length, 2);
    for (const pid of pids) await until(`process ${pid} is gone`, () => !isAlive(pid));
  });

  test('PreStop and SIGTERM come before the kill, PostStart after the start', async () => {
    const appId = await sh(
      'trap "echo term; exit 0" TERM; echo main; while :; do sleep 0.05; done',
      {
        Timeout: '1',
        PostStart: JSON.stringify({ exec: { command: ['sh', '-c', 'echo post'] } }),
        PreStop: JSON.stringify({ exec: { command: ['sh', '-c', 'echo pre'] } }),
      },
    );
    const jobId = await exec(server.sae, appId);
    await finished(server.sae, appId, jobId);
    const lines = (await stdout(server, jobId)).trim().split('\n');
    assert.deepEqual(lines.toSorted(), ['main', 'post', 'pre', 'term']);
    assert.ok(lines.indexOf('pre') < lines.indexOf('term'), lines.join());
  });

  test('Forbid refuses a second run, Allow does not, and the refusal is on record', async () => {
    const appId = await sh('sleep 300', { ConcurrencyPolicy: 'Forbid' });
    const first = await exec(server.sae, appId);
    const refused = await refusal(exec(server.sae, appId));
    assert.deepEqual([refused.code, refused.status], ['JobForbidPolicy', 400]);
    await remove(appId, first);
    const allowed = await sh('true', { ConcurrencyPolicy: 'Allow' });
    assert.notEqual(await exec(server.sae, allowed), await exec(server.sae, allowed));
  });

  test('Replace stops the old run, waits for its end, then starts the new one', async () => {
    const appId = await sh('echo $$; if [ "$KEEP" = 1 ]; then sleep 300; fi', {
      ConcurrencyPolicy: 'Replace',
      Envs: JSON.stringify([{ name: 'KEEP', value: '1' }]),
    });
    const old = await exec(server.sae, appId);
    await until('the old run prints its pid', async () =>
      (await stdout(server, old)).includes('\n'),
    );
    const next = await exec(server.sae, appId, {
      Envs: JSON.stringify([{ name: 'KEEP', value: '0' }]),
    });
    assert.equal((await finished(server.sae, appId, next)).State, '1');
    const replaced = await status(server.sae, appId, old);
    assert.equal(replaced.State, '2');
    assert.equal(replaced.Message, `replaced by ${next}`);
    assert.ok(!isAlive(Number((await stdout(server, old)).trim())));
  });

  test('a suspended template refuses ExecJob; resumed it runs', async () => {
    const appId = await sh('true');
    const suspend = (value: string) =>
      server.sae('SuspendJob', 'GET', '/pop/v1/sam/job/suspendJob', {
        AppId: appId,
        Suspend: value,
      });
    assert.equal((await suspend('true'))['Data'], '{"success":true}');
    assert.equal((await refusal(exec(server.sae, appId))).code, 'JobSuspend');
    await suspend('false');
    assert.equal((await finished(server.sae, appId, await exec(server.sae, appId))).State, '1');
  });

  test('racing calls with one EventId make one run', async () => {
    const appId = await sh('true');
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => exec(server.sae, appId, { EventId: 'once' })),
    );
    assert.equal(new Set(ids).size, 1);
    assert.notEqual(await exec(server.sae, appId, { EventId: 'twice' }), ids[0]);
  });

  test('a delayed run waits for its time; a past time means now', async () => {
    const appId = await sh('true');
    const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    const later = await exec(server.sae, appId, { Time: at.toISOString().replace('.000Z', 'Z') });
    assert.equal((await status(server.sae, appId, later)).State, '0');
    const past = await exec(server.sae, appId, { Time: '2020-01-01T00:00:00Z' });
    assert.equal((await finished(server.sae, appId, past)).State, '1');
    assert.equal((await finished(server.sae, appId, later)).State, '1');
    const started = await readFile(
      join(server.dataDir, 'attempts', `${later}.0.1`, 'process'),
      'utf8',
    );
    assert.match(started, /^exit 0$/m);
    const shown = (await server.cli('runs', 'show', later)) as { startedAtMs: number };
    assert.ok(shown.startedAtMs >= at.getTime());
  });

  test('DeleteHistoryJob stops an unfinished run and erases it', async () => {
    const appId = await sh('echo $$; sleep 300');
    const jobId = await exec(server.sae, appId);
    const pid = await until(
      'the job prints its pid',
      async () => Number((await stdout(server, jobId)).trim()) || null,
    );
    await remove(appId, jobId);
    assert.equal(
      (await refusal(status(server.sae, appId, jobId))).code,
      'InvalidParameter.WithMessage',
    );
    await until('its process is gone', () => !isAlive(pid));
    await until('its folder is gone', () =>
      stdout(server, jobId).then(
        () => false,
        () => true,
      ),
    );
  });

  test('an image that nothing here can run fails with words, and parameters without effect are named', async () => {
    const appId = await createTemplate(server.sae, ['true'], {
      ImageUrl: 'team/app:1',
      BestEffortType: 'some',
    });
    const jobId = await exec(server.sae, appId);
    const end = await finished(server.sae, appId, jobId);
    assert.equal(end.State, '2');
    assert.match(end.Message, /longshore\/host.*container/s);
    const shown = JSON.stringify(await server.cli('runs', 'show', jobId));
    assert.match(shown, /BestEffortType/);
  });

  test('every state change of a run has its reason', async () => {
    const appId = await sh('exit 1', { BackoffLimit: '1' });
    const jobId = await exec(server.sae, appId);
    await finished(server.sae, appId, jobId);
    const shown = (await server.cli('runs', 'show', jobId)) as {
      events: { subject: string; to: string; reason: string }[];
    };
    assert.deepEqual(
      shown.events.map(({ subject, to }) => `${subject} ${to}`),
      [
        'run queued',
        'run running',
        '#0.1 claimed',
        '#0.1 running',
        '#0.1 failed',
        '#0.2 claimed',
        '#0.2 running',
        '#0.2 failed',
        'run stopping',
        'run failed',
      ],
    );
    for (const event of shown.events) assert.ok(event.reason.length > 5, JSON.stringify(event));
  });

  async function remove(appId: string, jobId: string): Promise<void> {
    const answer = await server.sae(
      'DeleteHistoryJob',
      'DELETE',
      '/pop/v1/sam/job/deleteHistoryJob',
      { AppId: appId, JobId: jobId },
    );
    assert.equal(answer['Data'], '{"msg":"","code":200,"success":true}');
  }
});

/** A file that a job wrote into its working folder. */
async function runFile(server: SaeServer, jobId: string, name: string): Promise<string> {
  const folder = join(server.dataDir, 'attempts', `${jobId}.0.1`);
  return readFile(join(folder, 'work', name), 'utf8');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
