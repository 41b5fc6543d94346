import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hostLabelOf } from '../../../src/executors/container/api.ts';
import { createMountProvider } from '../../../src/executors/mounts/provider.ts';
import type { AttemptStart } from '../../../src/ports/executor.ts';
import { type TestEngine, testDocker } from '../../support/docker.ts';
import { type ObjectServer, startObjectServer } from '../../support/s3.ts';
import { needs } from '../../support/tools.ts';
import { until, within } from '../../support/until.ts';
import { type ContainerHarness, containerHarness } from './container-harness.ts';
import { Session } from './harness.ts';

/** Makes a job wait for a word of the test, which comes as a file of its container. */
const wait = 'while [ ! -e /go ]; do sleep 0.02; done';

/** What lies in an attempt's folder once its container is over. */
describe('what a container leaves behind', needs('dockerd', 'moto_server'), () => {
  let engine: TestEngine;
  let server: ObjectServer;
  let gate: Gate;
  let harness: ContainerHarness;
  let session: Session;
  const cleanup: (() => void | Promise<void>)[] = [];
  before(async () => {
    engine = await testDocker();
    cleanup.push(() => engine.stop());
    server = await startObjectServer({ after: (task) => void cleanup.push(task) });
    await server.makeBucket('shared');
    gate = await openGate(new URL(server.endpoint).port);
    cleanup.push(() => gate.end());
    const buckets = [{ name: 'shared', endpoint: gate.endpoint }];
    harness = await containerHarness(engine, {
      mounts: createMountProvider({ volumes: [], buckets }),
    });
    cleanup.push(() => harness.dispose());
    session = await Session.open(harness);
  });
  after(async () => {
    for (const task of cleanup.toReversed()) await task();
  });

  /** A start with the bucket at /data and a file of a ConfigMap. */
  function attempt(attemptId: string, script: string): AttemptStart {
    const plain = session.attempt(attemptId, ['sh', '-c', script]);
    const mount = { mountPath: '/data', readOnly: false } as const;
    const place = { kind: 'bucket', bucket: 'shared', path: '/' } as const;
    const sealed = { accessKeyId: 'ak', sealedSecret: 'sealed', purpose: 'p' };
    const clear = { accessKeyId: 'ak', secret: 'a very secret word' };
    return {
      ...plain,
      spec: {
        ...plain.spec,
        task: {
          ...plain.spec.task,
          mounts: [{ ...mount, source: { ...place, credentials: sealed } }],
        },
      },
      mounts: [{ ...mount, source: { ...place, credentials: clear } }],
      files: [{ path: '/etc/app.conf', content: 'a value of a ConfigMap' }],
    };
  }

  /** Files anywhere in the attempt's folder. */
  async function kept(attemptId: string): Promise<readonly string[]> {
    const found = await readdir(session.executor.location(attemptId), {
      recursive: true,
      withFileTypes: true,
    });
    const root = `${session.executor.location(attemptId)}/`;
    const files = found.filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name).replace(root, '')).toSorted();
  }

  async function gone(attemptId: string): Promise<void> {
    await until('its container is gone', async () => {
      const listed = await engine.api.list(hostLabelOf(harness.hostId), AbortSignal.timeout(5_000));
      return listed.every((one) => one.attemptId !== attemptId);
    });
  }

  test('nothing of mounts and ConfigMaps, when all went back', async () => {
    await server.put('shared', 'one', 'as it was');
    session.executor.start([attempt('l.0.1', 'cat /data/one; echo new > /data/two')]);
    assert.equal((await session.report('l.0.1', 'ended')).message, '');
    assert.equal(await session.output('l.0.1'), 'as it was');
    assert.equal(await server.get('shared', 'two'), 'new\n');
    await gone('l.0.1');
    assert.deepEqual(await kept('l.0.1'), ['attempt', 'end', 'stdout']);
  });

  test('the job’s copy of what could not go back, where the message says, also after a restart', async () => {
    session.executor.start([attempt('c.0.1', `echo mine > /data/one; echo up; ${wait}`)]);
    await session.outputWith('c.0.1', 'up');
    await server.put('shared', 'one', 'theirs');
    const container = `longshore-${hostLabelOf(harness.hostId)}-c.0.1`;
    await engine.api.exec(container, ['touch', '/go'], AbortSignal.timeout(5_000));
    const { message } = await session.report('c.0.1', 'ended');
    const folder = /the job's copy stays in (\S+?):/.exec(message)?.[1] ?? '';
    assert.match(message, /"one" \(changed in the bucket meanwhile\)/);
    assert.equal(await server.get('shared', 'one'), 'theirs');
    await gone('c.0.1');
    assert.equal(await readFile(join(folder, '0', 'one'), 'utf8'), 'mine\n');
    assert.ok(!(await kept('c.0.1')).some((file) => /manifest|mounted/.test(file)));
    await session.executor.close();
    session = await Session.open(harness);
    await session.executor.adopt([{ attemptId: 'c.0.1', fence: 8, started: true }]);
    await session.report('c.0.1', 'ended');
    assert.equal(await readFile(join(folder, '0', 'one'), 'utf8'), 'mine\n');
    await session.executor.remove(['c.0.1']);
    await assert.rejects(readFile(join(folder, '0', 'one'), 'utf8'), { code: 'ENOENT' });
  });

  test('what the job changed goes back in the next life of a server that closes meanwhile', async () => {
    await server.put('shared', 'late', 'as it was');
    session.executor.start([attempt('h.0.1', `echo up; ${wait}; echo new > /data/late`)]);
    await session.outputWith('h.0.1', 'up');
    const container = `longshore-${hostLabelOf(harness.hostId)}-h.0.1`;
    const held = gate.hold();
    await engine.api.exec(container, ['touch', '/go'], AbortSignal.timeout(5_000));
    await within('the object store is asked', held);
    await session.executor.close();
    gate.release();
    session = await Session.open(harness);
    await session.executor.adopt([{ attemptId: 'h.0.1', fence: 8, started: true }]);
    assert.equal((await session.report('h.0.1', 'ended')).message, '');
    assert.equal(await server.get('shared', 'late'), 'new\n');
  });

  test('no secret of a container that somebody removed while no server was there', async () => {
    session.executor.start([attempt('x.0.1', 'echo up; exec sleep 60')]);
    await session.outputWith('x.0.1', 'up');
    await session.executor.close();
    assert.ok((await kept('x.0.1')).some((file) => file.startsWith('mounted')));
    await engine.api.remove(`longshore-${hostLabelOf(harness.hostId)}-x.0.1`, true);
    session = await Session.open(harness);
    await session.executor.adopt([{ attemptId: 'x.0.1', fence: 8, started: true }]);
    assert.match((await session.report('x.0.1', 'lost')).message, /its container is gone/);
    await until('what may hold secrets is gone', async () =>
      (await kept('x.0.1')).every((file) => !/manifest|mounted/.test(file)),
    );
  });
});

/** A way to a server on loopback that can be closed for a while. */
interface Gate {
  readonly endpoint: string;
  /** From now on nothing passes. @returns what resolves when somebody has come. */
  hold(): Promise<void>;
  /** Whoever waits is let through, and everybody after. */
  release(): void;
  end(): void;
}

async function openGate(port: string): Promise<Gate> {
  const sockets = new Set<net.Socket>();
  let open = Promise.withResolvers<void>();
  let somebody = Promise.withResolvers<void>();
  open.resolve();
  const listening = net.createServer((near) => {
    sockets.add(near);
    near.on('error', () => near.destroy());
    somebody.resolve();
    void open.promise.then(() => {
      const far = net.connect(Number(port), '127.0.0.1');
      sockets.add(far);
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.pipe(far).pipe(near);
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    hold() {
      open = Promise.withResolvers();
      somebody = Promise.withResolvers();
      return somebody.promise;
    },
    release: () => open.resolve(),
    end() {
      for (const socket of sockets) socket.destroy();
      listening.close();
    },
  };
}
