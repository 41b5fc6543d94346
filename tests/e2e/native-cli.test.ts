import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startProgram, type Program } from '../support/program.ts';
import { createKey, dataFolder, type RunningServer, startServer } from '../support/server.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');

suite('the CLI against a real server', { concurrency: 2 }, () => {
  let server: RunningServer;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  before(async () => {
    server = await startServer(cleanup, await dataFolder(cleanup));
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  /** `command` stands after `--`. */
  const start = (args: readonly string[], command: readonly string[] = []): Program =>
    startProgram(cleanup, main, [
      ...args,
      '--data',
      server.dataDir,
      ...(command.length === 0 ? [] : ['--', ...command]),
    ]);
  const run = async (args: readonly string[], command: readonly string[] = []): Promise<string> => {
    const program = start(args, command);
    const { code } = await program.ended();
    assert.equal(code, 0, `${args.join(' ')}: ${program.stderr()}`);
    return program.lines.join('\n');
  };
  const json = async <T>(...args: readonly string[]): Promise<T> =>
    JSON.parse(await run([...args, '--json'])) as T;
  const template = (name: string, script: string, ...flags: readonly string[]): Promise<string> =>
    run(['templates', 'create', name, ...flags], ['sh', '-c', script]);

  test('a template is made, run and explained; its lines are told apart', async () => {
    await template(
      'hello',
      'echo "$WORD $LONGSHORE_INSTANCE_INDEX"; echo oops >&2',
      '--replicas',
      '2',
      '--env',
      'WORD=hi',
    );
    assert.match(await run(['run', 'hello', '--wait']), /^manual-\S+: succeeded/);
    const { rows } = await json<{ rows: { id: string; templateId: string }[] }>(
      'runs',
      'list',
      '--template',
      'hello',
    );
    const id = rows[0]?.id ?? '';
    assert.deepEqual((await run(['logs', id, '--stdout'])).split('\n').toSorted(), [
      '#0 | hi 0',
      '#1 | hi 1',
    ]);
    assert.deepEqual((await run(['logs', id, '--stderr', '--instance', '1'])).split('\n'), [
      '#1 ! oops',
    ]);
    const shown = await run(['runs', 'show', id]);
    for (const words of [/Why:/, /succeeded/, /#0\.1/, /#1\.1/, /hello/])
      assert.match(shown, words);
    const whole = await json<{ state: string; instances: unknown[]; events: { reason: string }[] }>(
      'runs',
      'show',
      id,
    );
    assert.deepEqual([whole.state, whole.instances.length], ['succeeded', 2]);
    assert.match(await run(['templates', 'list']), /hello/);
    assert.match(await run(['templates', 'show', 'hello']), /create/);
  });

  test('logs -f prints while the job runs, and ends with the run', async () => {
    const [gate, second] = [join(server.dataDir, 'gate-1'), join(server.dataDir, 'gate-2')];
    const wait = `until [ -e ${gate} ]; do sleep 0.05; done`;
    const script = `echo "try $LONGSHORE_ATTEMPT"; ${wait}; echo more; [ -e ${second} ]`;
    await template('slow', script);
    const { id } = await json<{ id: string }>('run', 'slow');
    const logs = start(['logs', id, '-f']);
    await logs.line((line) => line === '#0 | try 1');
    await writeFile(second, '');
    await writeFile(gate, '');
    assert.equal((await logs.ended()).code, 0, logs.stderr());
    assert.deepEqual(logs.lines, ['#0 | try 1', '#0 | more']);
  });

  test('run --wait exits 1 when the run fails, and stop ends one', async () => {
    await template('broken', 'exit 9');
    const failing = start(['run', 'broken', '--wait']);
    assert.equal((await failing.ended()).code, 1);
    assert.match(failing.lines.join('\n'), /failed: .*code 9/);

    await template('endless', 'sleep 600');
    const { id } = await json<{ id: string }>('run', 'endless');
    const waiting = start(['logs', id, '-f']);
    await run(['stop', id]);
    assert.equal((await waiting.ended()).code, 0);
    assert.equal((await json<{ state: string }>('runs', 'show', id)).state, 'canceled');
  });

  test('suspended templates refuse runs, and show keeps the reason', async () => {
    await template('paused', 'true');
    await run(['templates', 'suspend', 'paused']);
    const refused = start(['run', 'paused']);
    assert.equal((await refused.ended()).code, 1);
    assert.match(refused.stderr(), /suspended/);
    assert.match(refused.stderr(), /longshore templates resume/);
    assert.match(await run(['templates', 'show', 'paused']), /SUSPENDED[^]*made no run/);
    await run(['templates', 'resume', 'paused']);
    assert.match(await run(['run', 'paused', '--wait']), /succeeded/);
    await run(['templates', 'delete', 'paused']);
    const gone = start(['templates', 'show', 'paused']);
    assert.equal((await gone.ended()).code, 1);
    assert.match(gone.stderr(), /no template has the id or name paused/);
  });

  test('keys, users and policies decide what another client may do', async () => {
    const file = join(server.dataDir, 'policy.json');
    const statement = { Effect: 'Allow', Action: 'longshore:ListRuns', Resource: '*' };
    await writeFile(file, JSON.stringify({ Version: '1', Statement: [statement] }));
    await run(['policies', 'put', 'runs-only', file]);
    const key = await createKey(cleanup, server.dataDir, ['--user', 'viewer']);
    const asViewer = async (
      ...args: readonly string[]
    ): Promise<{ code: number | null; stderr: string }> => {
      const program = startProgram(cleanup, main, [...args, '--server', server.url], {
        env: { LONGSHORE_ACCESS_KEY_ID: key.id, LONGSHORE_ACCESS_KEY_SECRET: key.secret },
      });
      return { code: (await program.ended()).code, stderr: program.stderr() };
    };
    const denied = await asViewer('runs', 'list');
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /no policy allows longshore:ListRuns .*viewer/);
    await run(['policies', 'attach', 'runs-only', 'viewer']);
    assert.equal((await asViewer('runs', 'list')).code, 0);
    assert.equal((await asViewer('keys', 'list')).code, 1);
    assert.match(await run(['users', 'list']), /viewer/);
    await run(['keys', 'disable', key.id]);
    assert.equal((await asViewer('runs', 'list')).code, 1);
    const keys = await run(['keys', 'list']);
    assert.match(keys, new RegExp(`${key.id}.*disabled`));
    assert.ok(!keys.includes(key.secret));
  });
});
