import assert from 'node:assert/strict';
import { until } from '../../../support/until.ts';
import { eventually, Session, someProcessHas, uniqueSeconds } from '../harness.ts';
import { scenario } from './scenario.ts';
import type { MakeExecutor } from './scenario.ts';

/** Stopping: hook, SIGTERM, grace, SIGKILL of everything. */
export function stopCases(make: MakeExecutor): void {
  scenario(make, 'a job may clean up on SIGTERM', async (harness) => {
    const session = await Session.open(harness);
    session.shell('t.0.1', 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.05; done');
    await session.outputWith('t.0.1', 'up');
    session.executor.stop('t.0.1');
    session.executor.stop('t.0.1');
    const ended = await session.report('t.0.1', 'ended');
    assert.deepEqual([ended.exitCode, ended.signal, ended.stopped], [3, null, true]);
    assert.equal(await session.output('t.0.1'), 'up\nbye\n');
    session.executor.stop('t.0.1');
    session.executor.stop('unknown');
    await session.executor.close();
  });

  scenario(make, 'SIGTERM reaches the whole group', async (harness) => {
    // Engines signal the first process alone.
    if (harness.traits.firstProcess) return;
    const session = await Session.open(harness);
    session.shell(
      't.0.1',
      '(trap "echo child; exit" TERM; echo up; while :; do sleep 0.05; done) & wait',
    );
    await session.outputWith('t.0.1', 'up');
    session.executor.stop('t.0.1');
    const ended = await session.report('t.0.1', 'ended');
    assert.deepEqual([ended.signal, ended.stopped], ['SIGTERM', true]);
    await session.executor.close();
  });

  scenario(make, 'after the grace the whole tree is killed', async (harness) => {
    const session = await Session.open(harness);
    // A child in the group, one in a session of its own, and one there without its parent.
    const seconds = uniqueSeconds();
    const script = `trap "" TERM
      sleep ${seconds} & echo child
      setsid sh -c 'trap "" TERM; echo child; sleep ${seconds} & echo child; wait' &
      setsid sh -c 'trap "" TERM; (sleep ${seconds} & echo child) ; exit' 
      echo up; while :; do sleep 0.1; done`;
    session.shell('t.0.1', script, { graceMs: 300 });
    await session.outputWith('t.0.1', 'up');
    await session.outputWith('t.0.1', 'child', 4);
    assert.ok(await someProcessHas(seconds));
    const begin = performance.now();
    session.executor.stop('t.0.1');
    const ended = await session.report('t.0.1', 'ended');
    assert.ok(performance.now() - begin >= 290, 'the grace was kept');
    assert.deepEqual([ended.signal, ended.stopped, ended.message], ['SIGKILL', true, '']);
    assert.equal(await someProcessHas(seconds), false, 'a process is left');
    await session.executor.close();
  });

  scenario(make, 'what a job leaves in its group ends with it', async (harness) => {
    const session = await Session.open(harness);
    const seconds = uniqueSeconds();
    session.shell('t.0.1', `sleep ${seconds} & echo $!`);
    assert.equal((await session.report('t.0.1', 'ended')).exitCode, 0);
    assert.match(await session.output('t.0.1'), /^\d+\n$/);
    await until('what it left is gone', async () => !(await someProcessHas(seconds)));
    await session.executor.close();
  });

  scenario(make, 'PreStop runs first and counts against the grace', async (harness) => {
    const session = await Session.open(harness);
    session.shell('t.0.1', 'trap "echo term; exit 0" TERM; echo up; while :; do sleep 0.05; done', {
      env: { WHO: 'hook' },
      preStop: ['sh', '-c', 'echo "pre $WHO"; test "$WHO" = hook'],
    });
    await session.outputWith('t.0.1', 'up');
    session.executor.stop('t.0.1');
    const ended = await session.report('t.0.1', 'ended');
    assert.deepEqual([ended.exitCode, ended.stopped, ended.message], [0, true, '']);
    const hook = harness.traits.hookOutput ? 'pre hook\n' : '';
    assert.equal(await session.output('t.0.1'), `up\n${hook}term\n`);

    session.shell('t.0.2', 'echo up; exec sleep 60', { preStop: ['sleep', '60'], graceMs: 200 });
    await session.outputWith('t.0.2', 'up');
    session.executor.stop('t.0.2');
    const late = await session.report('t.0.2', 'ended');
    assert.equal(late.stopped, true);
    assert.match(late.message, /PreStop hook took longer than 200 ms/);
    await session.executor.close();
  });

  scenario(make, 'a stop right after the start is not lost', async (harness) => {
    const session = await Session.open(harness, { maxConcurrent: 1 });
    session.shell('t.0.1', 'exec sleep 60');
    session.shell('t.0.2', 'exec sleep 60');
    session.executor.stop('t.0.2');
    session.executor.stop('t.0.1');
    assert.match((await session.report('t.0.2', 'refused')).message, /before it was started/);
    const last = await eventually('t.0.1 is over', () =>
      Promise.resolve(session.about('t.0.1').find(({ kind }) => kind !== 'started') ?? null),
    );
    if (last.kind === 'ended') assert.equal(last.stopped, true);
    else assert.match(last.kind === 'refused' ? last.message : '', /before it was started/);
    await session.executor.close();
  });
}
