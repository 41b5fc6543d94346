import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineClient } from '../../../src/executors/container/client.ts';
import type { PullPolicy } from '../../../src/executors/container/starter.ts';
import {
  type TestEngine,
  testDocker,
  testImage,
  testRegistry,
  type TestRegistry,
} from '../../support/docker.ts';
import { needs } from '../../support/tools.ts';
import { type ContainerHarness, containerHarness } from './container-harness.ts';
import { Session } from './harness.ts';

const missing = { ...needs('dockerd'), ...needs('docker-registry') };

/** Pulling from a real registry that asks who is there. */
describe('pulling images', missing, () => {
  let engine: TestEngine;
  let registry: TestRegistry;
  let client: EngineClient;
  let image = '';
  before(async () => {
    [engine, registry] = await Promise.all([testDocker(), testRegistry()]);
    client = new EngineClient(engine.socket);
    await client.hello(AbortSignal.timeout(5_000));
    const name = `${registry.host}/team/app`;
    image = `${name}:1`;
    await client.call('POST', `/images/${testImage}/tag?repo=${name}&tag=1`);
    const auth = { username: registry.user, password: registry.password };
    const push = await client.stream('POST', `/images/${name}/push?tag=1`, {
      headers: { 'x-registry-auth': Buffer.from(JSON.stringify(auth)).toString('base64url') },
    });
    let words = '';
    for await (const part of push as AsyncIterable<Buffer>) words += part.toString();
    assert.ok(!words.includes('"error"'), words);
  });
  after(async () => {
    client.close();
    await Promise.all([engine.stop(), registry.stop()]);
  });

  async function withSession(
    pullPolicy: PullPolicy,
    body: (session: Session, harness: ContainerHarness) => Promise<void>,
  ): Promise<void> {
    await client.call('DELETE', `/images/${image}?force=true`).catch(() => undefined);
    const harness = await containerHarness(engine, { pullPolicy });
    try {
      const session = await Session.open(harness);
      await body(session, harness);
      await session.executor.close();
    } finally {
      await harness.dispose();
    }
  }

  function start(session: Session, attemptId: string, password: string | null): void {
    const plain = session.attempt(attemptId, ['sh', '-c', 'echo pulled']);
    const spec = {
      ...plain.spec,
      task: { ...plain.spec.task, artifact: { kind: 'image', image } as const },
    };
    const auth = Buffer.from(`${registry.user}:${password}`).toString('base64');
    const config = { auths: { [`http://${registry.host}/v2/`]: { auth } } };
    const registryConfig = password === null ? {} : { registryConfig: JSON.stringify(config) };
    session.executor.start([{ ...plain, spec, ...registryConfig }]);
  }

  test('with credentials; several at a time share one pull', async () => {
    await withSession('if-not-present', async (session) => {
      for (const id of ['p.0.1', 'p.1.1', 'p.2.1']) start(session, id, registry.password);
      for (const id of ['p.0.1', 'p.1.1', 'p.2.1']) {
        assert.equal((await session.report(id, 'ended')).exitCode, 0);
        assert.equal(await session.output(id), 'pulled\n');
      }
      // It is there now: nobody is asked again.
      start(session, 'p.3.1', 'wrong');
      await session.report('p.3.1', 'ended');
    });
  });

  test('without credentials, with wrong ones, with text that is none', async () => {
    await withSession('if-not-present', async (session) => {
      start(session, 'w.0.1', null);
      const none = (await session.report('w.0.1', 'refused')).message;
      assert.match(none, /could not be pulled: .*no basic auth credentials.*none were given/);
      assert.ok(none.includes(image));
      start(session, 'w.0.2', 'wrong');
      assert.match(
        (await session.report('w.0.2', 'refused')).message,
        /could not be pulled: .*the given ones were not accepted/,
      );
      const plain = session.attempt('w.0.3', ['true']);
      const task = { ...plain.spec.task, artifact: { kind: 'image', image } as const };
      session.executor.start([{ ...plain, spec: { ...plain.spec, task }, registryConfig: '{' }]);
      assert.match(
        (await session.report('w.0.3', 'refused')).message,
        /not JSON; give a docker config.json/,
      );
    });
  });

  test('always asks the registry again', async () => {
    await withSession('always', async (session) => {
      start(session, 'a.0.1', registry.password);
      assert.equal((await session.report('a.0.1', 'ended')).exitCode, 0);
      start(session, 'a.0.2', 'wrong');
      await session.report('a.0.2', 'refused');
    });
  });
});
