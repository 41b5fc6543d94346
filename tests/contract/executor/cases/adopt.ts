import assert from 'node:assert/strict';
import { until } from '../../../support/until.ts';
import { Session } from '../harness.ts';
import { scenario } from './scenario.ts';
import type { MakeExecutor } from './scenario.ts';

const waiting = 'echo "pid=$$"; while [ ! -e go ]; do sleep 0.02; done; echo end; exit 4';

/** Restarts of the server and of what runs attempts for it. */
export function adoptCases(make: MakeExecutor): void {
  scenario(make, 'attempts run on while the server is away', async (harness) => {
    const first = await Session.open(harness);
    first.shell('a.0.1', waiting, { preStop: ['touch', 'go'] });
    first.shell('a.0.2', 'exit 5');
    const { firstProcess } = harness.traits;
    first.shell('a.0.3', 'exec sleep 60', { graceMs: firstProcess ? 300 : 10_000 });
    const { pid } = await first.report('a.0.1', 'started');
    await first.report('a.0.2', 'ended');
    await first.report('a.0.3', 'started');
    await first.executor.close();
    assert.ok(await harness.runs('a.0.1', pid));

    const second = await Session.open(harness);
    await second.executor.adopt(refs('a.0.1', 'a.0.2', 'a.0.3'));
    assert.equal((await second.report('a.0.1', 'started')).pid, pid);
    const before = await second.report('a.0.2', 'ended');
    assert.deepEqual([before.exitCode, before.fence], [5, 9]);
    second.executor.stop('a.0.1');
    const ended = await second.report('a.0.1', 'ended');
    assert.equal(ended.stopped, true);
    second.executor.stop('a.0.3');
    const { signal } = await second.report('a.0.3', 'ended');
    assert.equal(signal, firstProcess ? 'SIGKILL' : 'SIGTERM');
    await second.executor.close();
  });

  scenario(
    make,
    'what nobody adopts is stopped, what is adopted or new goes on',
    async (harness) => {
      const first = await Session.open(harness);
      for (const id of ['o.0.1', 'o.0.2']) {
        first.shell(id, 'echo "pid=$$"; while [ ! -e go ]; do sleep 0.02; done', {
          preStop: ['touch', 'go'],
        });
        await first.outputWith(id, 'pid=');
      }
      const stray = (await first.report('o.0.1', 'started')).pid;
      await first.executor.close();
      const second = await Session.open(harness);
      await second.executor.adopt(refs('o.0.2'));
      second.executor.stopOthers();
      second.shell('o.0.3', 'echo "pid=$$"; while [ ! -e go ]; do sleep 0.02; done');
      await second.outputWith('o.0.3', 'pid=');
      await until('the stray one is gone', async () => !(await harness.runs('o.0.1', stray)));
      for (const id of ['o.0.2', 'o.0.3']) {
        const pid = (await second.report(id, 'started')).pid;
        assert.ok(await harness.runs(id, pid), `${id} goes on`);
        second.executor.stop(id);
        await second.report(id, 'ended');
      }
      await second.executor.close();
    },
  );

  scenario(
    make,
    'an attempt that never began is refused, one that vanished is lost',
    async (harness) => {
      const session = await Session.open(harness);
      await session.executor.adopt([
        { attemptId: 'n.0.1', fence: 3, started: false },
        { attemptId: 'n.0.2', fence: 3, started: true },
      ]);
      const refused = await session.report('n.0.1', 'refused');
      assert.deepEqual(
        [refused.fence, refused.message],
        [3, 'the server stopped before the start'],
      );
      await session.report('n.0.2', 'lost');
      await session.executor.close();
    },
  );

  scenario(
    make,
    'a start on its way when the server goes happens at most once',
    async (harness) => {
      const first = await Session.open(harness, { maxConcurrent: 4 });
      const ids = Array.from({ length: 12 }, (_, index) => `v.${index}.1`);
      first.executor.start(ids.map((id) => first.attempt(id, ['sh', '-c', 'echo once'])));
      // Some are queued, some are being made, some run.
      await first.report('v.0.1', 'started');
      await first.executor.close();
      const second = await Session.open(harness, { maxConcurrent: 12 });
      await second.executor.adopt(
        ids.map((attemptId) => ({ attemptId, fence: 9, started: attemptId === 'v.0.1' })),
      );
      await Promise.all(ids.map((id) => settled(second, id)));
      for (const id of ids) {
        const ended = second.about(id).some((report) => report.kind === 'ended');
        assert.equal(await second.output(id), ended ? 'once\n' : '', id);
      }
      await second.executor.close();
    },
  );

  scenario(make, 'attempts survive the death of their helper', async (harness) => {
    if (!harness.killHelper) return;
    const session = await Session.open(harness);
    session.shell('h.0.1', waiting, { preStop: ['touch', 'go'] });
    session.shell('h.0.2', 'echo "pid=$$"; while [ ! -e go ]; do sleep 0.02; done');
    await session.outputWith('h.0.1', 'pid=');
    await session.outputWith('h.0.2', 'pid=');
    await harness.killHelper();
    // The server finds a new helper by itself and stops through it.
    session.executor.stop('h.0.1');
    const ended = await session.report('h.0.1', 'ended');
    assert.equal(ended.stopped, true);
    const pid = pidIn(await session.output('h.0.2'));
    process.kill(pid, 'SIGKILL');
    const killed = await session.report('h.0.2', 'ended');
    assert.deepEqual([killed.signal, killed.stopped], ['SIGKILL', false]);
    session.shell('h.0.3', 'echo new');
    assert.equal((await session.report('h.0.3', 'ended')).exitCode, 0);
    await session.executor.close();
  });

  scenario(make, 'a start on its way when the helper dies happens once', async (harness) => {
    if (!harness.killHelper) return;
    const session = await Session.open(harness, { maxConcurrent: 4 });
    const ids = Array.from({ length: 40 }, (_, index) => `w.${index}.1`);
    session.executor.start(ids.map((id) => session.attempt(id, ['sh', '-c', 'echo once'])));
    await harness.killHelper();
    await Promise.all(ids.map((id) => settled(session, id)));
    for (const id of ids) {
      const ended = session.about(id).some((report) => report.kind === 'ended');
      assert.equal(await session.output(id), ended ? 'once\n' : '', id);
    }
    await session.executor.close();
  });

  scenario(make, 'an interrupted stop is finished by the next server', async (harness) => {
    if (!harness.killHelper) return;
    const session = await Session.open(harness);
    session.shell('i.0.1', 'trap "echo term" TERM; echo up; while :; do sleep 0.05; done', {
      graceMs: 1_000,
    });
    await session.outputWith('i.0.1', 'up');
    session.executor.stop('i.0.1');
    await session.outputWith('i.0.1', 'term');
    await session.executor.close();
    await harness.killHelper();
    const next = await Session.open(harness);
    await next.executor.adopt(refs('i.0.1'));
    const ended = await next.report('i.0.1', 'ended');
    assert.deepEqual([ended.signal, ended.stopped], ['SIGKILL', true]);
    await next.executor.close();
  });

  scenario(make, 'when nobody saw the end the attempt is lost', async (harness) => {
    if (!harness.killHelper) return;
    const session = await Session.open(harness);
    session.shell('g.0.1', 'echo "pid=$$ parent=$PPID"; exec sleep 60');
    const output = await session.outputWith('g.0.1', 'parent=');
    await session.executor.close();
    await harness.killHelper();
    for (const [, pid] of [...output.matchAll(/=(\d+)/g)].toReversed())
      process.kill(Number(pid), 'SIGKILL');
    const next = await Session.open(harness);
    await next.executor.adopt(refs('g.0.1'));
    assert.match((await next.report('g.0.1', 'lost')).message, /nobody saw/);
    await next.executor.close();
  });
}

function refs(...ids: string[]): { attemptId: string; fence: number; started: boolean }[] {
  return ids.map((attemptId) => ({ attemptId, fence: 9, started: true }));
}

function pidIn(output: string): number {
  return Number(/pid=(\d+)/.exec(output)?.[1]);
}

async function settled(session: Session, id: string): Promise<void> {
  await Promise.any(
    (['ended', 'refused', 'lost'] as const).map((kind) => session.report(id, kind)),
  );
}
