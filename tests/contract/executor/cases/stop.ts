import assert from 'node:assert/strict';
import { until } from '../../../support/until.ts';
import { processRuns, Session } from '../harness.ts';
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
    const script = `trap "" TERM
      sleep 61 & echo pid=$!
      setsid sh -c 'trap "" TERM; echo pid=$$; sleep 62 & echo pid=$!; wait' &
      setsid sh -c 'trap "" TERM; (sleep 63 & echo pid=$!) ; exit' 
      echo up; while :; do sleep 0.1; done`;
    session.shell('t.0.1', script, { graceMs: 300 });
    let output = await session.outputWith('t.0.1', 'up');
    while (output.split('pid=').length < 5) output = await session.outputWith('t.0.1', 'pid=');
    const begin = performance.now();
    session.executor.stop('t.0.1');
    const ended = await session.report('t.0.1', 'ended');
    assert.ok(performance.now() - begin >= 290, 'the grace was kept');
    assert.deepEqual([ended.signal, ended.stopped, ended.message], ['SIGKILL', true, '']);
    for (const [, pid] of output.matchAll(/pid=(\d+)/g)) {
      assert.equal(await processRuns(Number(pid)), false, `process ${pid} is left`);
    }
    await session.executor.close();
  });

  scenario(make, 'what a job leaves in its group ends with it', async (harness) => {
    const session = await Session.open(harness);
    session.shell('t.0.1', 'sleep 64 & echo $!');
    assert.equal((await session.report('t.0.1', 'ended')).exitCode, 0);
    const left = Number(await session.output('t.0.1'));
    await until('what it left is gone', async () => !(await processRuns(left)));
    await session.executor.close();
  });

  scenario(make, 'PreStop runs first and counts against the grace', async (harness) => {
    const session = await Session.open(harness);
    session.shell('t.0.1', 'trap "echo term; exit 0" TERM; echo up; while :; do sleep 0.05; done', {
      env: { WHO: 'hook' },
      preStop: ['sh', '-c', 'echo "pre $WHO"'],
    });
    await session.outputWith('t.0.1', 'up');
    session.executor.stop('t.0.1');
    const ended = await session.report('t.0.1', 'ended');
    assert.deepEqual([ended.exitCode, ended.stopped], [0, true]);
    assert.equal(await session.output('t.0.1'), 'up\npre hook\nterm\n');

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
    assert.equal((await session.report('t.0.1', 'ended')).stopped, true);
    assert.match((await session.report('t.0.2', 'refused')).message, /before it was started/);
    await session.executor.close();
  });
}
