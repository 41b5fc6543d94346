import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { testDocker } from '../../support/docker.ts';
import { needs } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { containerHarness } from './container-harness.ts';
import { Session } from './harness.ts';

/** An engine that goes away and comes back. */
test(
  'the engine restarts: what ran has ended, what waits starts',
  { ...needs('dockerd'), timeout: 120_000 },
  async () => {
    const engine = await testDocker();
    const harness = await containerHarness(engine);
    try {
      const session = await Session.open(harness);
      session.shell(
        'g.0.1',
        'trap "echo term; exit 4" TERM; echo up; while :; do sleep 0.05; done',
      );
      await session.outputWith('g.0.1', 'up');
      await engine.halt();
      await until('health tells it', () => !session.executor.health().ready);
      assert.match(
        session.executor.health().reason,
        /no container engine answers at .*start Docker/,
      );
      // A short absence is waited for.
      session.shell('g.0.2', 'echo later');
      assert.equal(session.executor.refuses(session.spec(['true'])), null);
      await engine.start();
      const ended = await session.report('g.0.1', 'ended');
      assert.equal(ended.stopped, false);
      assert.equal(await session.output('g.0.1'), 'up\nterm\n');
      assert.equal((await session.report('g.0.2', 'ended')).exitCode, 0);
      assert.equal(await session.output('g.0.2'), 'later\n');
      assert.deepEqual(session.executor.health(), { ready: true, reason: '' });
      await session.executor.close();
    } finally {
      await harness.dispose();
      await engine.stop();
    }
  },
);

test('without an engine it says so, and adopts when one comes', needs('dockerd'), async () => {
  const engine = await testDocker();
  const harness = await containerHarness(engine, { enabled: 'auto' });
  try {
    const first = await Session.open(harness);
    first.shell('g.0.1', 'exit 3');
    await first.report('g.0.1', 'ended');
    await first.executor.close();
    await engine.halt();
    const away = await Session.open(harness);
    const { executor } = away;
    assert.match(executor.refuses(away.spec(['true'])) ?? '', /no container engine answers/);
    assert.equal(executor.maxConcurrent, 0);
    await executor.adopt([
      { attemptId: 'g.0.1', fence: 2, started: true },
      { attemptId: 'g.0.2', fence: 2, started: false },
    ]);
    assert.equal((await away.report('g.0.1', 'ended')).exitCode, 3);
    assert.equal(away.about('g.0.2').length, 0);
    await engine.start();
    await away.report('g.0.2', 'refused');
    assert.equal(executor.refuses(away.spec(['true'])), null);
    await executor.close();
  } finally {
    await engine.clean(harness.hostId);
    await harness.dispose();
    await engine.stop();
  }
});

test('switched off, or pointed to a socket that is not there', async () => {
  const nowhere = { socket: join('/nonexistent', 'engine.sock'), network: '', ulimits: [] };
  const engine = { ...nowhere, kind: 'docker', clean: () => Promise.resolve() } as const;
  for (const [enabled, ready, words] of [
    ['auto', true, /no container engine answers at \/nonexistent\/engine.sock \(ENOENT\)/],
    ['always', false, /no container engine answers/],
    ['never', true, /switched off; set container.enabled/],
  ] as const) {
    const harness = await containerHarness(engine, { enabled });
    const executor = harness.create();
    await executor.open(() => {});
    assert.equal(executor.health().ready, ready);
    assert.match(executor.refuses(new Session(harness, executor).spec(['true'])) ?? '', words);
    await executor.close();
    await harness.dispose();
  }
});
