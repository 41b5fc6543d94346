import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Mount } from '../../../src/domain/template.ts';
import { namespaceProblem } from '../../../src/executors/mounts/namespace.ts';
import { hostMounts } from '../../support/host-mounts.ts';
import { createMountProvider } from '../../../src/executors/mounts/provider.ts';
import { createProcessExecutor, hostImage } from '../../../src/executors/process/executor.ts';
import type { AttemptReport, AttemptStart, Executor } from '../../../src/ports/executor.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until, within } from '../../support/until.ts';

const isRoot = process.getuid?.() === 0;
const problem = await namespaceProblem(isRoot ? { uid: 65_534, gid: 65_534 } : null);
if (problem !== null && process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(problem);

interface Wish {
  readonly script: string;
  readonly files?: AttemptStart['files'];
  readonly mounts?: NonNullable<AttemptStart['mounts']>;
  readonly postStart?: string;
  readonly preStop?: string;
  readonly graceMs?: number;
}

/** An executor over a data folder, with its reports. */
async function open(t: TestContext, dataDir: string, volume: string) {
  const reports: AttemptReport[] = [];
  const pids: number[] = [];
  const log = {
    info: (fields: object) => {
      if ('pid' in fields) pids.push(Number(fields.pid));
    },
    warn: () => {},
  };
  const executor: Executor = createProcessExecutor({
    dataDir,
    jobUser: isRoot ? 'nobody' : null,
    maxConcurrent: 4,
    maxLogBytes: 1024 * 1024,
    enabled: true,
    disabledReason: '',
    supervisorIdleMs: 2_000,
    mounts: createMountProvider({
      volumes: [{ id: 'nas', folder: volume }],
      buckets: [{ name: 'b', folder: volume }],
    }),
    nowMs: Date.now,
    log,
  });
  await executor.open((news) => void reports.push(...news));
  t.after(async () => {
    await executor.close();
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  });
  const start = (attemptId: string, wish: Wish): void => {
    const mounts = wish.mounts ?? [];
    executor.start([
      {
        attemptId,
        fence: 1,
        env: {},
        files: wish.files ?? [],
        mounts,
        spec: {
          task: {
            artifact: { kind: 'image', image: hostImage },
            argv: ['sh', '-c', wish.script],
            env: {},
            identityEnv: {},
            postStart: wish.postStart === undefined ? null : ['sh', '-c', wish.postStart],
            preStop: wish.preStop === undefined ? null : ['sh', '-c', wish.preStop],
            mounts: mounts.filter(({ source }) => source.kind === 'volume') as readonly Mount[],
            hostAliases: [{ hostName: 'alias.example', ip: '192.0.2.1' }],
          },
          replicas: 1,
          shards: null,
          concurrency: 'allow',
          retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
          timeoutMs: null,
          graceMs: wish.graceMs ?? 5_000,
          timezone: 'UTC',
          resources: { cpuMillis: 0, memoryMib: 0 },
        },
      },
    ]);
  };
  const report = (attemptId: string, kind: AttemptReport['kind']) =>
    until(`${kind} of ${attemptId}: ${JSON.stringify(reports)}`, () =>
      reports.find((one) => one.attemptId === attemptId && one.kind === kind),
    );
  const output = async (attemptId: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    Buffer.from(
      (await executor.readLog(attemptId, stream, 0, 65_536))?.bytes ?? new Uint8Array(),
    ).toString();
  return { executor, start, report, output };
}

async function folders(t: TestContext) {
  const [dataDir, volume] = [await temporaryFolder(t), await temporaryFolder(t)];
  fs.chmodSync(dataDir, 0o711);
  fs.chmodSync(volume, 0o777);
  return { dataDir, volume };
}

const nas = (readOnly: boolean, inside = '/') => ({
  mountPath: '/mnt/nas',
  readOnly,
  source: { kind: 'volume', id: 'nas', host: '', path: inside } as const,
});

describe('processes with mounts', problem === null ? {} : { skip: problem }, () => {
  const before = hostMounts();
  after(() => assert.deepEqual(hostMounts(), before));

  test('see files, volumes and hosts lines; exit codes come through', async (t) => {
    const { dataDir, volume } = await folders(t);
    const { executor, start, report, output } = await open(t, dataDir, volume);
    start('a.0.1', {
      script:
        'cat /etc/longshore/x; head -1 /etc/hosts; echo out >/mnt/nas/made; id -un; pwd; exit 137',
      files: [{ path: '/etc/longshore/x', content: 'config\n' }],
      mounts: [nas(false)],
    });
    const ended = await report('a.0.1', 'ended');
    assert.ok(ended.kind === 'ended');
    assert.deepEqual([ended.exitCode, ended.signal], [137, null]);
    const work = path.join(executor.location('a.0.1'), 'work');
    const name = isRoot ? 'nobody' : os.userInfo().username;
    assert.equal(await output('a.0.1'), `config\n192.0.2.1\talias.example\n${name}\n${work}\n`);
    assert.equal(fs.readFileSync(path.join(volume, 'made'), 'utf8'), 'out\n');
    assert.equal(fs.statSync(path.join(dataDir, 'mounts')).mode & 0o777, 0o700);
    // At once, not only when the output is removed: the files may hold secrets.
    await until('nothing is left', () => fs.readdirSync(path.join(dataDir, 'mounts')).length === 0);
    await executor.remove(['a.0.1']);
  });

  test('have hooks in the same mounts, also after the server came back', async (t) => {
    const { dataDir, volume } = await folders(t);
    const first = await open(t, dataDir, volume);
    first.start('h.0.1', {
      script: 'trap "exit 5" TERM; echo up; while :; do sleep 0.05; done',
      mounts: [nas(false)],
      files: [{ path: '/etc/longshore/x', content: '' }],
      postStart: 'id -u >/mnt/nas/post; pwd >>/mnt/nas/post',
      preStop: 'id -u >/mnt/nas/pre; ls -d /etc/longshore/x >>/mnt/nas/pre',
    });
    await first.report('h.0.1', 'started');
    const work = path.join(first.executor.location('h.0.1'), 'work');
    const uid = isRoot ? 65_534 : process.getuid?.();
    await until('PostStart ran', () => {
      const file = path.join(volume, 'post');
      return fs.existsSync(file) && fs.readFileSync(file, 'utf8') === `${uid}\n${work}\n`;
    });
    await first.executor.close();
    const second = await open(t, dataDir, volume);
    await second.executor.adopt([{ attemptId: 'h.0.1', fence: 1, started: true }]);
    await second.report('h.0.1', 'started');
    second.executor.stop('h.0.1');
    const ended = await second.report('h.0.1', 'ended');
    assert.ok(ended.kind === 'ended');
    assert.deepEqual([ended.exitCode, ended.stopped, ended.message], [5, true, '']);
    assert.equal(fs.readFileSync(path.join(volume, 'pre'), 'utf8'), `${uid}\n/etc/longshore/x\n`);
  });

  test('are killed with everything they started', async (t) => {
    const { dataDir, volume } = await folders(t);
    const { executor, start, report, output } = await open(t, dataDir, volume);
    start('k.0.1', {
      script: 'trap "" TERM; setsid sleep 999 & echo $!; while :; do sleep 0.05; done',
      mounts: [nas(true)],
      graceMs: 50,
    });
    await report('k.0.1', 'started');
    const child = Number(await until('its child', () => output('k.0.1')));
    executor.stop('k.0.1');
    const ended = await report('k.0.1', 'ended');
    assert.ok(ended.kind === 'ended' && ended.stopped);
    assert.equal(ended.signal, 'SIGKILL');
    await until('the child is gone', () => !fs.existsSync(`/proc/${child}`));
  });

  test('run more often than there are keepers', async (t) => {
    const { dataDir, volume } = await folders(t);
    const { start, report } = await open(t, dataDir, volume);
    const ids = Array.from({ length: 20 }, (_, at) => `m.${at}.1`);
    for (const id of ids) start(id, { script: `echo ${id} >/mnt/nas/${id}`, mounts: [nas(false)] });
    start('plain.0.1', { script: 'exit 3' });
    for (const id of [...ids, 'plain.0.1']) {
      await within(`${id} ends`, report(id, 'ended'));
    }
    assert.equal(fs.readdirSync(volume).length, ids.length);
  });

  test('are refused in words when a mount is impossible', async (t) => {
    const { dataDir, volume } = await folders(t);
    const { start, report } = await open(t, dataDir, volume);
    start('r.0.1', { script: 'true', mounts: [nas(true, '/missing')] });
    const refused = await report('r.0.1', 'refused');
    assert.ok(refused.kind === 'refused');
    assert.match(refused.message, /the path "\/missing" does not exist in volume "nas"/);
    assert.deepEqual(fs.readdirSync(path.join(dataDir, 'mounts')), []);
  });
});
