import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { createProcessExecutor, hostImage } from '../../../src/executors/process/executor.ts';
import type { ProcessExecutorOptions } from '../../../src/executors/process/executor.ts';
import { supervisorSocketPath } from '../../../src/executors/process/launch.ts';
import type { Executor } from '../../../src/ports/executor.ts';
import { eventually, processRuns, Session } from './harness.ts';
import type { ExecutorHarness } from './harness.ts';
import { executorContract } from './suite.ts';

interface ProcessHarness extends ExecutorHarness {
  readonly dataDir: string;
}

function makeHarness(overrides: Partial<ProcessExecutorOptions> = {}): Promise<ProcessHarness> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-executor-'));
  fs.chmodSync(root, 0o711);
  const dataDir = path.resolve(root, overrides.dataDir ?? '.');
  const pids = new Set<number>();
  const executors: Executor[] = [];
  const kill = async (): Promise<void> => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
      await eventually(`supervisor ${pid} is dead`, async () => !(await processRuns(pid)) || null);
    }
    pids.clear();
  };
  const log = {
    info: (fields: object) => {
      if ('pid' in fields) pids.add(Number(fields.pid));
    },
    warn: () => {},
  };
  return Promise.resolve({
    dataDir,
    artifact: { kind: 'image', image: hostImage },
    foreignArtifact: { kind: 'image', image: 'other:1' },
    traits: {
      addedVariables: [
        'HOME',
        'USER',
        'LOGNAME',
        'SHELL',
        'PATH',
        'LONGSHORE_ATTEMPT_ID',
        'LONGSHORE_ATTEMPT_FOLDER',
      ],
      firstProcess: false,
      hookOutput: true,
      many: 200,
    },
    runs: (_, pid) => (pid === null ? Promise.resolve(false) : processRuns(pid)),
    create: (limits) => {
      const executor = createProcessExecutor({
        jobUser: null,
        maxConcurrent: limits?.maxConcurrent ?? 8,
        maxLogBytes: limits?.maxLogBytes ?? 4 * 1024 * 1024,
        enabled: true,
        disabledReason: '',
        supervisorIdleMs: 10_000,
        nowMs: Date.now,
        log,
        ...overrides,
        dataDir,
      });
      executors.push(executor);
      return executor;
    },
    killHelper: kill,
    dispose: async () => {
      // Before the supervisor dies: an open executor would start another.
      for (const executor of executors) await executor.close();
      await kill();
      const socketPath = supervisorSocketPath(dataDir);
      if (!socketPath.startsWith(root)) {
        await fs.promises.rm(path.dirname(socketPath), { recursive: true, force: true });
      }
      await fs.promises.rm(root, { recursive: true, force: true, maxRetries: 20 });
    },
  });
}

executorContract('process', makeHarness);

async function withHarness(
  overrides: Partial<ProcessExecutorOptions>,
  body: (harness: ProcessHarness) => Promise<void>,
): Promise<void> {
  const harness = await makeHarness(overrides);
  try {
    await body(harness);
  } finally {
    await harness.dispose();
  }
}

const root = process.getuid?.() === 0 ? false : 'needs root';

test('jobs run as the job user, in a folder closed to others', { skip: root }, async () => {
  await withHarness({ jobUser: 'nobody' }, async (harness) => {
    const session = await Session.open(harness);
    session.shell('u.0.1', 'id -un; id -G; echo "$USER"; pwd; grep NoNewPrivs /proc/self/status');
    await session.report('u.0.1', 'ended');
    const [user, groups, name, cwd, confined] = (await session.output('u.0.1')).split('\n');
    assert.deepEqual([user, name, groups?.split(' ').length], ['nobody', 'nobody', 1]);
    assert.equal(cwd, path.join(session.executor.location('u.0.1'), 'work'));
    assert.match(confined ?? '', /1$/);
    assert.equal(fs.statSync(session.executor.location('u.0.1')).mode & 0o777, 0o700);
    await session.executor.close();
  });
});

test('a job cannot make the server read through a link', { skip: root }, async () => {
  await withHarness({ jobUser: 'nobody' }, async (harness) => {
    const session = await Session.open(harness);
    session.shell('u.0.1', 'cd ..; rm stdout; ln -s /etc/shadow stdout');
    await session.report('u.0.1', 'ended');
    const chunk = await session.executor.readLog('u.0.1', 'stdout', 0, 4096);
    assert.equal(chunk?.bytes.length, 0);
    await session.executor.close();
  });
});

test('a data directory the job user cannot enter is explained', { skip: root }, async () => {
  await withHarness({ jobUser: 'nobody' }, async (harness) => {
    fs.chmodSync(harness.dataDir, 0o700);
    const executor = harness.create();
    await executor.open(() => {});
    assert.equal(executor.health().ready, false);
    assert.match(executor.health().reason, /nobody cannot enter .*chmod o\+x/);
    await executor.close();
  });
});

test('what a supervisor laid out and died before starting may start anew at once', async () => {
  await withHarness({}, async (harness) => {
    const session = await Session.open(harness);
    // As it leaves it: the folder that lets an attempt start only once, and no process.
    const folder = session.executor.location('d.0.1');
    fs.mkdirSync(folder);
    session.shell('d.0.1', 'echo must not run');
    const refused = await session.report('d.0.1', 'refused');
    assert.equal(refused.again, true);
    assert.match(refused.message, /supervisor ended before the attempt was started/);
    assert.match(fs.readFileSync(path.join(folder, 'process'), 'utf8'), /^pid 0 /, 'it is fenced');
    // What is wrong with the attempt itself is no such thing.
    session.shell('bad id', 'true');
    assert.equal((await session.report('bad id', 'refused')).again, undefined);
    await session.executor.close();
  });
});

test('an unknown job user is explained', { skip: root }, async () => {
  await withHarness({ jobUser: 'no-such-user' }, async (harness) => {
    const executor = harness.create();
    await executor.open(() => {});
    assert.match(executor.health().reason, /no-such-user does not exist; create it/);
    await executor.close();
  });
});

test('a long data directory works', async () => {
  await withHarness({ dataDir: 'long/'.repeat(24) }, async (harness) => {
    const session = await Session.open(harness);
    session.shell('d.0.1', 'echo far');
    await session.report('d.0.1', 'ended');
    assert.equal(await session.output('d.0.1'), 'far\n');
    await session.executor.close();
  });
});

test('garbage on the socket disturbs nobody; the newer server wins', async () => {
  await withHarness({}, async (harness) => {
    const first = await Session.open(harness);
    const socketPath = path.join(harness.dataDir, 'supervisor.sock');
    assert.equal(fs.statSync(socketPath).mode & 0o777, 0o600);
    const stranger = net.connect(socketPath);
    stranger.on('error', () => {});
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => {
      stranger.once('close', resolve);
    });
    first.shell('x.0.1', 'echo fine');
    await first.report('x.0.1', 'ended');

    const second = await Session.open(harness);
    await eventually('the first server knows', () =>
      Promise.resolve(first.executor.health().reason.includes('took over') || null),
    );
    second.shell('x.0.2', 'echo second');
    await second.report('x.0.2', 'ended');
    await first.executor.close();
    await second.executor.close();
  });
});

test('another configuration replaces the supervisor, attempts run on', async () => {
  await withHarness({}, async (harness) => {
    const first = await Session.open(harness, { maxConcurrent: 2 });
    first.shell('c.0.1', 'while [ ! -e go ]; do sleep 0.02; done; exit 6');
    await first.report('c.0.1', 'started');
    await first.executor.close();
    const second = await Session.open(harness, { maxConcurrent: 3 });
    await second.executor.adopt([{ attemptId: 'c.0.1', fence: 1, started: true }]);
    await second.report('c.0.1', 'started');
    fs.writeFileSync(path.join(second.executor.location('c.0.1'), 'work', 'go'), '');
    assert.equal((await second.report('c.0.1', 'ended')).exitCode, 6);
    await second.executor.close();
  });
});

test('the same attempt id in another data directory is another attempt', async () => {
  await withHarness({}, async (one) => {
    await withHarness({}, async (other) => {
      const sessions = [await Session.open(one), await Session.open(other)] as const;
      for (const session of sessions) {
        session.shell('same.0.1', 'echo up; exec sleep 60', { graceMs: 0 });
        await session.outputWith('same.0.1', 'up');
      }
      sessions[0].executor.stop('same.0.1');
      await sessions[0].report('same.0.1', 'ended');
      const { pid } = await sessions[1].report('same.0.1', 'started');
      assert.ok(pid !== null && (await processRuns(pid)));
      sessions[1].executor.stop('same.0.1');
      await sessions[1].report('same.0.1', 'ended');
      for (const session of sessions) await session.executor.close();
    });
  });
});

test('a paused job has not ended', async () => {
  await withHarness({}, async (harness) => {
    const session = await Session.open(harness);
    session.shell('p.0.1', 'kill -STOP $$; echo on; exit 147');
    const { pid } = await session.report('p.0.1', 'started');
    assert.ok(pid !== null);
    await eventually('it is paused', async () =>
      /\) T /.test(await fs.promises.readFile(`/proc/${pid}/stat`, 'latin1')) ? true : null,
    );
    process.kill(pid, 'SIGCONT');
    const ended = await session.report('p.0.1', 'ended');
    assert.deepEqual([ended.exitCode, ended.signal], [147, null]);
    assert.equal(await session.output('p.0.1'), 'on\n');
    await session.executor.close();
  });
});

test('supervisors that are killed before they answer cost no attempt', async () => {
  await withHarness({}, async (harness) => {
    const session = await Session.open(harness);
    const seen = new Set(supervisorsOf(harness.dataDir));
    assert.equal(seen.size, 1);
    await harness.killHelper?.();
    session.shell('k.0.1', 'echo done');
    for (let count = 0; count < 3; count += 1) {
      const pid = await eventually('a supervisor is started', () =>
        Promise.resolve(supervisorsOf(harness.dataDir).find((each) => !seen.has(each)) ?? null),
      );
      seen.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    const { exitCode } = await session.report('k.0.1', 'ended');
    assert.equal(exitCode, 0);
    assert.equal(await session.output('k.0.1'), 'done\n');
    await session.executor.close();
  });
});

/** Processes of supervisors that were started for a data directory. */
function supervisorsOf(dataDir: string): readonly number[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const ours = words.some((word) => word.includes(`"dataDir":${JSON.stringify(dataDir)}`));
      return ours && words.some((word) => word.includes('supervisor/main')) ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

test('a supervisor nobody needs ends by itself', async () => {
  await withHarness({ supervisorIdleMs: 50 }, async (harness) => {
    const session = await Session.open(harness);
    const socketPath = path.join(harness.dataDir, 'supervisor.sock');
    await session.executor.close();
    await eventually('it is gone', () => Promise.resolve(!fs.existsSync(socketPath) || null));
  });
});

test('a disabled executor says why and still opens', async () => {
  const disabledReason = 'switched off; switch it on';
  await withHarness({ enabled: false, disabledReason }, async (harness) => {
    const session = await Session.open(harness);
    assert.equal(session.executor.refuses(session.spec(['true'])), disabledReason);
    session.shell('o.0.1', 'true');
    assert.equal((await session.report('o.0.1', 'refused')).message, disabledReason);
    await session.executor.close();
  });
});

test('a folder that cannot be made refuses the attempt only', async () => {
  await withHarness({}, async (harness) => {
    const session = await Session.open(harness);
    const attempts = path.join(harness.dataDir, 'attempts');
    fs.renameSync(attempts, `${attempts}.away`);
    session.shell('f.0.1', 'true');
    assert.match((await session.report('f.0.1', 'refused')).message, /could not be made/);
    fs.renameSync(`${attempts}.away`, attempts);
    session.shell('f.0.2', 'true');
    assert.equal((await session.report('f.0.2', 'ended')).exitCode, 0);
    await session.executor.close();
  });
});
