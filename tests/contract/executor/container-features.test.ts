import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hostLabelOf } from '../../../src/executors/container/api.ts';
import type { ContainerExecutorOptions } from '../../../src/executors/container/executor.ts';
import type { JobSpec, Task } from '../../../src/domain/template.ts';
import type { AttemptStart } from '../../../src/ports/executor.ts';
import { type TestEngine, testDocker, testImage, testPodman } from '../../support/docker.ts';
import { needs } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import {
  type ContainerHarness,
  containerHarness,
  noMounts,
  noPackages,
} from './container-harness.ts';
import { Session } from './harness.ts';

const engines = [
  { name: 'Docker', tool: 'dockerd', make: testDocker },
  { name: 'Podman', tool: 'podman', make: testPodman },
] as const;

for (const { name, tool, make } of engines) {
  describe(`containers on ${name}`, { ...needs(tool), concurrency: 2 }, () => features(make));
}

/** What containers have beyond the contract of all executors. */
function features(make: () => Promise<TestEngine>): void {
  let engine: TestEngine;
  before(async () => {
    engine = await make();
  });
  after(() => engine.stop());

  function scene(
    name: string,
    overrides: Partial<ContainerExecutorOptions>,
    body: (session: Session, harness: ContainerHarness) => Promise<void>,
  ): void {
    test(name, { timeout: 60_000 }, async () => {
      const harness = await containerHarness(engine, overrides);
      try {
        const session = await Session.open(harness);
        await body(session, harness);
        await session.executor.close();
      } finally {
        await harness.dispose();
      }
    });
  }

  /** A start that differs from a plain one. */
  function start(
    session: Session,
    attemptId: string,
    script: string,
    change: {
      readonly task?: Partial<Task>;
      readonly spec?: Partial<JobSpec>;
      readonly start?: Partial<AttemptStart>;
    },
  ): void {
    const plain = session.attempt(attemptId, script === '' ? [] : ['sh', '-c', script]);
    const task = { ...plain.spec.task, ...change.task };
    session.executor.start([
      { ...plain, spec: { ...plain.spec, ...change.spec, task }, ...change.start },
    ]);
  }

  scene('files, php settings and host names are there, files read-only', {}, async (session) => {
    const php = { config: 'memory_limit = 1M\n', location: null };
    start(
      session,
      'f.0.1',
      'cat /etc/app/a.conf /bin/other /usr/local/etc/php/php.ini; grep db.example /etc/hosts; id -u; ls /etc/app; echo x > /etc/app/a.conf || echo refused',
      {
        task: {
          artifact: { kind: 'image', image: testImage, php },
          hostAliases: [{ hostName: 'db.example', ip: '10.1.2.3' }],
        },
        start: {
          files: [
            { path: '/etc/app/a.conf', content: 'first\n' },
            { path: '/bin/other', content: 'second\n' },
          ],
        },
      },
    );
    assert.equal((await session.report('f.0.1', 'ended')).exitCode, 0);
    assert.equal(
      await session.output('f.0.1'),
      'first\nsecond\nmemory_limit = 1M\n10.1.2.3\tdb.example\n0\na.conf\nrefused\n',
    );
    // What may hold secrets does not outlast the attempt.
    await until('the files are gone', async () => {
      const left = await readdir(session.executor.location('f.0.1'));
      return !left.includes('mounted');
    });
  });

  scene('memory is limited, and an end for lack of it is told', {}, async (session) => {
    start(session, 'm.0.1', 'x=a; while :; do x="$x$x"; done', {
      spec: { resources: { cpuMillis: 250, memoryMib: 16 } },
    });
    const ended = await session.report('m.0.1', 'ended');
    assert.equal(ended.stopped, false);
    if (engine.kind === 'docker') {
      assert.deepEqual([ended.exitCode, ended.signal], [null, 'SIGKILL']);
      assert.match(ended.message, /out of memory: it needed more than its limit of 16 MiB/);
    } else {
      assert.equal(ended.exitCode, 137);
      assert.match(ended.message, /perhaps for lack of memory: the limit is 16 MiB/);
    }
  });

  scene('more CPUs than the machine has are as many as it has', {}, async (session) => {
    start(session, 'c.0.1', 'true', {
      spec: { resources: { cpuMillis: 1_024_000, memoryMib: 64 } },
    });
    assert.equal((await session.report('c.0.1', 'ended')).exitCode, 0);
  });

  scene(
    'an image that is not there is refused by name, whatever the policy',
    { pullPolicy: 'never' },
    async (session) => {
      const artifact = { kind: 'image', image: '127.0.0.1:9/none:1' } as const;
      start(session, 'i.0.1', 'true', { task: { artifact } });
      const { message } = await session.report('i.0.1', 'refused');
      assert.match(message, /the image 127\.0\.0\.1:9\/none:1 is not on this machine; load it/);
    },
  );

  scene('a pull that fails names image and reason', {}, async (session) => {
    const artifact = { kind: 'image', image: '127.0.0.1:9/none:1' } as const;
    start(session, 'i.0.1', 'true', { task: { artifact } });
    const { message } = await session.report('i.0.1', 'refused');
    assert.match(message, /the image 127\.0\.0\.1:9\/none:1 could not be pulled: .*refused/);
    assert.deepEqual(await readdir(session.executor.location('i.0.1')), ['attempt', 'end']);
  });

  scene('an empty command is the image’s own', {}, async (session) => {
    start(session, 'e.0.1', '', {});
    // This image has none: the engine's own words come through.
    assert.match((await session.report('e.0.1', 'refused')).message, /no command/i);
  });

  scene('files are collected, by name and by pattern', {}, async (session) => {
    const collect = ['/var/log/one.log', '/var/log/app/*.log', '/var/log/none', '/link'].map(
      (path) => ({ source: { kind: 'file', path } as const, into: null }),
    );
    start(
      session,
      'l.0.1',
      'mkdir -p /var/log/app/deep; cd /var/log; printf one > one.log; echo a > app/a.log; echo b > "app/b c.log"; echo no > app/d.txt; echo deep > app/deep/e.log; ln -s var/log/one.log /link; head -c 300000 /dev/zero > app/big.log',
      { task: { collect } },
    );
    assert.equal((await session.report('l.0.1', 'ended')).message, '');
    const { executor } = session;
    assert.deepEqual(await executor.collected?.('l.0.1'), [
      '/link',
      '/var/log/app/a.log',
      '/var/log/app/b c.log',
      '/var/log/app/big.log',
      '/var/log/one.log',
    ]);
    const read = async (path: string, offset: number): Promise<string> => {
      const chunk = await executor.readCollected?.('l.0.1', path, offset, 100);
      return Buffer.from(chunk?.bytes ?? []).toString();
    };
    assert.equal(await read('/var/log/app/b c.log', 0), 'b\n');
    assert.equal(await read('/var/log/one.log', 1), 'ne');
    assert.equal(await read('/link', 0), 'one');
    assert.equal(
      (await executor.readCollected?.('l.0.1', '/var/log/app/big.log', 0, 1))?.size,
      300_000,
    );
    assert.equal(await executor.readCollected?.('l.0.1', '/etc/passwd', 0, 1), null);
  });

  scene('files are collected while the job runs', {}, async (session) => {
    const collect = [{ source: { kind: 'file', path: '/tmp/live.log' } as const, into: null }];
    start(session, 'l.0.1', 'echo early > /tmp/live.log; exec sleep 60', {
      task: { collect },
      spec: { graceMs: 0 },
    });
    await until('it is there', async () =>
      (await session.executor.collected?.('l.0.1'))?.includes('/tmp/live.log'),
    );
    assert.equal(session.about('l.0.1').length, 1);
    session.executor.stop('l.0.1');
    await session.report('l.0.1', 'ended');
  });

  describe('with a package and a mount', () => {
    const done: string[] = [];
    let shared = '';
    scene(
      'both are laid in, given up again, and the note is told',
      {
        packages: {
          ...noPackages,
          refuses: (_, via) => (via === 'image' ? null : 'no'),
          prepare: async ({ startFolder, attemptId }) => {
            assert.equal(startFolder, '/opt/longshore/start');
            await writeFile(join(shared, 'package.txt'), `package of ${attemptId}\n`);
            return {
              folder: shared,
              mountPath: '/opt/package',
              image: testImage,
              files: [
                {
                  path: '/opt/longshore/start/run.sh',
                  content:
                    'cat /opt/package/*.txt "$1"\necho $A $B\nwhile [ ! -e /mnt/in/out ]; do sleep 0.02; done\n',
                },
              ],
              argv: ['sh', '/opt/longshore/start/run.sh', '/mnt/in/file'],
              env: { A: 'runtime', B: 'runtime' },
              note: 'another version',
            };
          },
          release: (attemptId) => void done.push(`release ${attemptId}`),
        },
        mounts: {
          ...noMounts,
          refuses: () => null,
          prepare: async (mounts, scratchFolder) => {
            const hostPath = join(scratchFolder, 'bucket');
            await mkdir(hostPath);
            await writeFile(join(hostPath, 'file'), 'mounted\n');
            return {
              binds: mounts.map(({ mountPath, readOnly }) => ({ hostPath, mountPath, readOnly })),
              nfs: [],
            };
          },
          finish: async (scratchFolder) => {
            done.push(`finish ${await readFile(join(scratchFolder, 'bucket', 'out'), 'utf8')}`);
          },
        },
      },
      async (session, harness) => {
        shared = join(harness.dataDir, 'shared');
        await mkdir(shared);
        const plain = session.attempt('p.0.1', ['unused'], { env: { B: 'template' } });
        const artifact = {
          kind: 'package',
          url: 'file:///x.jar',
          version: '1',
          format: 'jar',
          jdk: 'Open JDK 8',
          options: '',
          args: '',
        } as const;
        const source = { kind: 'bucket', bucket: 'b', path: '/', credentials: null } as const;
        const task = {
          ...plain.spec.task,
          artifact,
          mounts: [{ mountPath: '/mnt/in', readOnly: false, source }],
          postStart: ['sh', '-c', 'printf back > /tmp/out; mv /tmp/out /mnt/in/out'],
        };
        const spec = { ...plain.spec, task };
        assert.equal(session.executor.refuses(spec), null);
        const mounts = [{ mountPath: '/mnt/in', readOnly: false, source }];
        session.executor.start([{ ...plain, mounts, spec }]);
        assert.equal((await session.report('p.0.1', 'started')).note, 'another version');
        const ended = await session.report('p.0.1', 'ended');
        assert.equal(ended.exitCode, 0);
        assert.equal(
          await session.output('p.0.1'),
          'package of p.0.1\nmounted\nruntime template\n',
        );
        assert.deepEqual(done.toSorted(), ['finish back', 'release p.0.1']);
      },
    );
  });

  scene(
    'a package that cannot be prepared is refused with its reason',
    {
      packages: {
        ...noPackages,
        refuses: () => null,
        prepare: () => Promise.reject(new Error('https://x/app.jar answered 404')),
      },
    },
    async (session) => {
      const artifact = {
        kind: 'package',
        url: 'https://x/app.jar',
        version: '1',
        format: 'python',
        python: 'PYTHON 3.9.15',
        modules: null,
      } as const;
      start(session, 'p.0.1', '', { task: { artifact } });
      assert.equal(
        (await session.report('p.0.1', 'refused')).message,
        'https://x/app.jar answered 404',
      );
    },
  );

  scene(
    'what is being prepared can be stopped',
    {
      packages: {
        ...noPackages,
        refuses: () => null,
        prepare: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          }),
      },
    },
    async (session) => {
      const artifact = {
        kind: 'package',
        url: 'https://x/app.zip',
        version: '1',
        format: 'python',
        python: 'PYTHON 3.9.15',
        modules: null,
      } as const;
      start(session, 'p.0.1', '', { task: { artifact } });
      session.executor.stop('p.0.1');
      assert.match((await session.report('p.0.1', 'refused')).message, /before it was started/);
    },
  );

  scene(
    'output goes on byte for byte through restarts of the server',
    {},
    async (session, harness) => {
      const count = 30_000;
      session.shell(
        'r.0.1',
        `i=0; while [ $i -lt ${count} ]; do echo "out $i"; [ $((i % 7)) = 0 ] && echo "err $i" >&2; i=$((i+1)); done; printf end`,
      );
      await session.report('r.0.1', 'started');
      let current = session;
      for (let life = 0; life < 4; life += 1) {
        const known = (await current.output('r.0.1')).length;
        await until('some more is written', async () => {
          const over = current.about('r.0.1').some(({ kind }) => kind === 'ended');
          return over || (await current.output('r.0.1')).length > known + 2_000;
        });
        await current.executor.close();
        current = await Session.open(harness);
        await current.executor.adopt([{ attemptId: 'r.0.1', fence: 7, started: true }]);
      }
      await current.report('r.0.1', 'ended');
      const numbers = Array.from({ length: count }, (_, index) => index);
      const out = numbers.map((index) => `out ${index}\n`).join('');
      const err = numbers.filter((index) => index % 7 === 0).map((index) => `err ${index}\n`);
      assert.equal(await current.output('r.0.1'), `${out}end`);
      assert.equal(await current.output('r.0.1', 'stderr'), err.join(''));
      await current.executor.close();
    },
  );

  scene(
    'an end that was recorded is told again after the container is gone',
    {},
    async (session, harness) => {
      session.shell('e.0.1', 'echo done; exit 9');
      await session.report('e.0.1', 'ended');
      await until('the container is gone', async () => !(await harness.runs('e.0.1', null)));
      await session.executor.close();
      const next = await Session.open(harness);
      await next.executor.adopt([{ attemptId: 'e.0.1', fence: 8, started: false }]);
      const ended = await next.report('e.0.1', 'ended');
      assert.deepEqual([ended.exitCode, ended.fence], [9, 8]);
      assert.equal((await next.report('e.0.1', 'started')).fence, 8);
      assert.equal(await next.output('e.0.1'), 'done\n');
      await next.executor.close();
    },
  );

  scene(
    'a container that was made and never started cannot come up later',
    {},
    async (session, harness) => {
      // As a server leaves it that dies between the two calls.
      const label = hostLabelOf(harness.hostId);
      for (const id of ['n.0.1', 'n.0.2']) {
        await engine.api.create(`longshore-${label}-${id}`, {
          Image: testImage,
          Cmd: ['sh', '-c', 'echo never'],
          Labels: { 'io.longshore.host': label, 'io.longshore.attempt': id },
        });
      }
      await session.executor.adopt([{ attemptId: 'n.0.1', fence: 3, started: false }]);
      assert.equal(
        (await session.report('n.0.1', 'refused')).message,
        'the server stopped before the start',
      );
      session.executor.stopOthers();
      await until('both are removed', async () => {
        const left = await engine.api.list(label, AbortSignal.timeout(5_000));
        return left.length === 0;
      });
      session.shell('n.0.1', 'echo never');
      assert.equal(await session.output('n.0.1'), '');
    },
  );

  scene('a container that somebody removes is lost', {}, async (session, harness) => {
    session.shell('x.0.1', 'echo up; exec sleep 60');
    await session.outputWith('x.0.1', 'up');
    await engine.api.remove(`longshore-${hostLabelOf(harness.hostId)}-x.0.1`, true);
    const report = await until('it is over', () =>
      Promise.resolve(session.about('x.0.1').find(({ kind }) => kind !== 'started')),
    );
    // Removal by force kills first; whether the end is still seen is a race.
    assert.ok(report.kind === 'lost' || report.kind === 'ended', report.kind);
  });
}
