import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readCollectedChunk } from '../../../src/executors/attempts/collected.ts';
import { hostLabelOf } from '../../../src/executors/container/api.ts';
import { EngineClient } from '../../../src/executors/container/client.ts';
import { FileCollector } from '../../../src/executors/container/collect.ts';
import { type TestEngine, testDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { needs } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
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

  test('files of an attempt take so many bytes at most, also over restarts', async (t) => {
    session.start('t.0.1', [
      'sh',
      '-c',
      'for f in a b c; do printf %0600d 0 >/$f.log; done; : >/d.log; echo up; exec sleep 60',
    ]);
    const chunk = () => session.executor.readLog('t.0.1', 'stdout', 0, 10);
    await until('the files are there', async () => ((await chunk())?.size ?? 0) > 0);
    const folder = await temporaryFolder(t);
    const name = `longshore-${hostLabelOf(harness.hostId)}-t.0.1`;
    const paths = ['/a.log', '/b.log', '/c.log', '/d.log'];
    const sizes = () => paths.map((file) => readCollectedChunk(folder, file, 0, 1)?.size);
    for (const life of [1, 2]) {
      const collector = new FileCollector(engine.api, folder, paths, 1000);
      const told = await collector.fetch(name, true, new AbortController().signal);
      assert.deepEqual(told, [
        'only the first 400 of 600 bytes of /b.log were collected',
        '/c.log is not collected: files of an attempt take 1000 bytes at most',
      ]);
      assert.deepEqual(sizes(), [600, 400, undefined, 0], `life ${life}`);
    }
    const client = new EngineClient(engine.socket);
    await client.hello(new AbortController().signal);
    const { HostConfig } = (await client.call('GET', `/containers/${name}/json`)) as {
      HostConfig: { PidsLimit: number | null };
    };
    assert.equal(HostConfig.PidsLimit, 4096);
    session.executor.stop('t.0.1');
    await session.report('t.0.1', 'ended');
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
