import assert from 'node:assert/strict';
import os from 'node:os';
import { Session } from '../harness.ts';
import { scenario } from './scenario.ts';
import type { MakeExecutor } from './scenario.ts';

/** Starting: environment, arguments, ends, at most once, many at a time. */
export function startCases(make: MakeExecutor): void {
  scenario(make, 'a job sees its own environment and nothing else', async (harness) => {
    const session = await Session.open(harness);
    const env = {
      TZ: 'Asia/Shanghai',
      PLAIN: 'value',
      EMPTY: '',
      QUOTES: `it's "quoted" $HOME \`id\` \\ *`,
      LINES: 'one\ntwo\n',
      UNICODE: 'Häfen 港口 🚢',
      'spring.profile': 'dotted',
      LC_ALL: 'xx_YY.UTF-8',
      IFS: ',',
      SHLVL: '9',
    };
    session.start('e.0.1', ['env', '-0'], { env });
    assert.equal((await session.report('e.0.1', 'ended')).exitCode, 0);
    const seen = new Map(
      (await session.output('e.0.1'))
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
    assert.equal(seen.get('LONGSHORE_ATTEMPT_ID'), 'e.0.1');
    const { addedVariables } = harness.traits;
    for (const name of addedVariables) seen.delete(name);
    assert.deepEqual(Object.fromEntries(seen), env);
    assert.equal(await session.output('e.0.1', 'stderr'), '');

    session.start('e.0.2', ['env', '-0']);
    await session.report('e.0.2', 'ended');
    const names = (await session.output('e.0.2')).split('\0').map((entry) => entry.split('=')[0]);
    assert.deepEqual(names.toSorted(), ['', ...addedVariables].toSorted());
    await session.executor.close();
  });

  scenario(make, 'given variables win over the defaults; TZ acts', async (harness) => {
    const session = await Session.open(harness);
    const env = { HOME: '/', PATH: '/bin:/usr/bin', TZ: 'EST5' };
    session.shell('e.0.1', 'echo "$HOME $PATH"; date +%Z', { env });
    await session.report('e.0.1', 'ended');
    assert.equal(await session.output('e.0.1'), '/ /bin:/usr/bin\nEST\n');
    await session.executor.close();
  });

  scenario(make, 'arguments arrive as they are', async (harness) => {
    const session = await Session.open(harness);
    const words = [`it's`, '"', '', ' ', 'a\nb', '$HOME', '`id`', '\\', '*', '港 🚢', '-n', '--'];
    session.start('a.0.1', ['printf', '%s\\0', ...words]);
    await session.report('a.0.1', 'ended');
    assert.deepEqual((await session.output('a.0.1')).split('\0'), [...words, '']);
    await session.executor.close();
  });

  scenario(make, 'an exit with 128+n is told from death by signal n', async (harness) => {
    const session = await Session.open(harness, { maxConcurrent: 4 });
    const { firstProcess } = harness.traits;
    const names = ['INT', 'PIPE', 'TERM', 'KILL', 'SEGV', 'USR1', 'HUP', 'QUIT', 'ALRM', 'ABRT'];
    for (const name of names) {
      const number = os.constants.signals[`SIG${name}` as NodeJS.Signals];
      if (!firstProcess) session.shell(`signal.${name}`, `kill -${name} $$; sleep 60`);
      session.shell(`exit.${name}`, `exit ${128 + number}`);
    }
    for (const name of names) {
      const number = os.constants.signals[`SIG${name}` as NodeJS.Signals];
      if (!firstProcess) {
        const signal = await session.report(`signal.${name}`, 'ended');
        assert.deepEqual([signal.exitCode, signal.signal], [null, `SIG${name}`]);
      }
      const exit = await session.report(`exit.${name}`, 'ended');
      assert.deepEqual([exit.exitCode, exit.signal], [128 + number, null], name);
      assert.equal(exit.stopped, false);
    }
    await session.executor.close();
  });

  scenario(make, 'a missing program fails and says so', async (harness) => {
    const session = await Session.open(harness);
    session.start('m.0.1', ['no-such-program', 'x']);
    if (harness.traits.firstProcess) {
      const { message } = await session.report('m.0.1', 'refused');
      assert.match(message, /no-such-program.*not found/);
    } else {
      assert.equal((await session.report('m.0.1', 'ended')).exitCode, 127);
      assert.match(await session.output('m.0.1', 'stderr'), /no-such-program.*not found/);
    }
    await session.executor.close();
  });

  scenario(make, 'the same id never starts twice', async (harness) => {
    const session = await Session.open(harness);
    session.shell('s.0.1', 'echo ran');
    session.shell('s.0.1', 'echo ran');
    await session.report('s.0.1', 'ended');
    session.shell('s.0.1', 'echo again');
    await session.executor.close();
    const next = await Session.open(harness);
    next.shell('s.0.1', 'echo later');
    const { fence } = await next.report('s.0.1', 'ended');
    assert.equal(fence, 7);
    assert.equal(await next.output('s.0.1'), 'ran\n');
    await next.executor.close();
  });

  scenario(make, 'ids that could leave their place are refused', async (harness) => {
    const session = await Session.open(harness);
    for (const id of ['../x', '.hidden', 'a/b', '', 'x'.repeat(129)]) {
      session.shell(id, 'true');
      assert.match((await session.report(id, 'refused')).message, /attempt id/);
    }
    await session.executor.close();
  });

  scenario(make, 'specs it cannot run are refused in words', async (harness) => {
    const session = await Session.open(harness);
    const good = session.spec(['true']);
    assert.equal(session.executor.refuses(good), null);
    const task = { ...good.task, artifact: harness.foreignArtifact };
    assert.ok(session.executor.refuses({ ...good, task }));
    assert.match(session.executor.refuses(session.spec(['a\0b'])) ?? '', /zero byte/);
    await session.executor.close();
  });

  scenario(make, 'many at a time each start, print and end once', async (harness) => {
    const session = await Session.open(harness, { maxConcurrent: 16 });
    const ids = Array.from({ length: harness.traits.many }, (_, index) => `many.${index}.1`);
    session.executor.start(ids.map((id) => session.attempt(id, ['sh', '-c', `echo ${id}`])));
    for (const id of ids) {
      assert.equal((await session.report(id, 'ended')).exitCode, 0);
      assert.deepEqual(
        session.about(id).map((report) => report.kind),
        ['started', 'ended'],
      );
      assert.equal(await session.output(id), `${id}\n`);
    }
    await session.executor.close();
  });

  scenario(make, 'PostStart runs beside the job; its failure ends the attempt', async (harness) => {
    const session = await Session.open(harness);
    const wait = 'while [ ! -e hooked ]; do sleep 0.02; done; echo seen';
    session.shell('p.0.1', wait, {
      postStart: ['sh', '-c', 'echo "$WHO"; touch hooked'],
      env: { WHO: 'hook' },
    });
    assert.equal((await session.report('p.0.1', 'ended')).exitCode, 0);
    const { hookOutput, firstProcess } = harness.traits;
    assert.equal(await session.output('p.0.1'), hookOutput ? 'hook\nseen\n' : 'seen\n');

    const postStart = ['sh', '-c', 'exit 3'];
    session.shell('p.0.2', 'exec sleep 60', { postStart, ...(firstProcess && { graceMs: 300 }) });
    const failed = await session.report('p.0.2', 'ended');
    assert.match(failed.message, /PostStart hook failed: exit 3/);
    assert.equal(failed.signal, firstProcess ? 'SIGKILL' : 'SIGTERM');
    assert.equal(failed.stopped, false);
    await session.executor.close();
  });
}
