import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type TestEngine, testDocker } from '../../support/docker.ts';
import { needs } from '../../support/tools.ts';
import { type ContainerHarness, containerHarness } from './container-harness.ts';
import { Session } from './harness.ts';

/** Which files of a container are collected, whatever its job calls them. */
describe('files that a container’s job names as it likes', needs('dockerd'), () => {
  let engine: TestEngine;
  let harness: ContainerHarness;
  let session: Session;
  before(async () => {
    engine = await testDocker();
    harness = await containerHarness(engine);
    session = await Session.open(harness);
  });
  after(async () => {
    await session.executor.close();
    await harness.dispose();
    await engine.stop();
  });

  /** Runs a script and gives the end's words and the paths that were collected. */
  async function collect(attemptId: string, script: string, ...paths: readonly string[]) {
    const plain = session.attempt(attemptId, ['sh', '-c', script]);
    const task = {
      ...plain.spec.task,
      collect: paths.map((path) => ({ source: { kind: 'file', path } as const, into: null })),
    };
    session.executor.start([{ ...plain, spec: { ...plain.spec, task } }]);
    const { message } = await session.report(attemptId, 'ended');
    return { message, found: (await session.executor.collected?.(attemptId)) ?? [] };
  }

  test('a pattern of many stars takes no longer than another', async () => {
    const name = 'a'.repeat(120);
    const pattern = `/var/tmp/${'*a'.repeat(30)}*b`;
    const { message, found } = await collect(
      's.0.1',
      `mkdir -p /var/tmp; echo x > /var/tmp/${name}; echo y > /var/tmp/${name}b`,
      pattern,
    );
    assert.deepEqual([message, found], ['', [`/var/tmp/${name}b`]]);
  });

  test('a pattern for the root is for the root alone', async () => {
    const { message, found } = await collect(
      'r.0.1',
      'echo x > /one.log; mkdir /deep; echo y > /deep/two.log',
      '/*.log',
    );
    assert.deepEqual([message, found], ['', ['/one.log']]);
  });

  test('files of an attempt are so many at most, however many patterns there are', async () => {
    const { message, found } = await collect(
      'm.0.1',
      'mkdir -p /a /b; i=0; while [ $i -lt 150 ]; do : > /a/$i.log; : > /b/$i.log; i=$((i+1)); done',
      '/a/*.log',
      '/b/*.log',
    );
    assert.match(message, /only 200 files are collected/);
    assert.equal(found.length, 200);
  });
});
