/** What the process executor does after the end of a program: results of scripts, collected files. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { LogCollection, ScriptArtifact, Task } from '../../../src/domain/template.ts';
import { createProcessExecutor, hostImage } from '../../../src/executors/process/executor.ts';
import type { AttemptReport } from '../../../src/ports/executor.ts';
import { needs } from '../../support/tools.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const isRoot = process.getuid?.() === 0;

/** An executor over a data folder, with its reports. */
async function open(t: TestContext, dataDir: string) {
  const reports: AttemptReport[] = [];
  const pids: number[] = [];
  const executor = createProcessExecutor({
    dataDir,
    jobUser: isRoot ? 'nobody' : null,
    maxConcurrent: 4,
    maxLogBytes: 1024 * 1024,
    enabled: true,
    disabledReason: '',
    supervisorIdleMs: 2_000,
    nowMs: Date.now,
    log: {
      info: (fields: object) => {
        if ('pid' in fields) pids.push(Number(fields.pid));
      },
      warn: () => {},
    },
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
  const start = (attemptId: string, task: Partial<Task>): void =>
    executor.start([
      {
        attemptId,
        fence: 1,
        env: {},
        spec: {
          task: {
            artifact: { kind: 'image', image: hostImage },
            argv: [],
            env: {},
            identityEnv: {},
            postStart: null,
            preStop: null,
            ...task,
          },
          replicas: 1,
          shards: null,
          concurrency: 'allow',
          retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
          timeoutMs: null,
          graceMs: 5_000,
          timezone: 'UTC',
          resources: { cpuMillis: 0, memoryMib: 0 },
        },
      },
    ]);
  const report = async <Kind extends AttemptReport['kind']>(attemptId: string, kind: Kind) =>
    until(`${kind} of ${attemptId}: ${JSON.stringify(reports)}`, () =>
      reports.find(
        (one): one is Extract<AttemptReport, { kind: Kind }> =>
          one.attemptId === attemptId && one.kind === kind,
      ),
    );
  return { executor, start, report };
}

const shell = (text: string): ScriptArtifact => ({ kind: 'script', language: 'shell', text });

const files = (...paths: readonly string[]): readonly LogCollection[] =>
  paths.map((path) => ({ source: { kind: 'file', path }, into: null }));

async function folders(t: TestContext): Promise<{ dataDir: string; logs: string }> {
  const [dataDir, logs] = [await temporaryFolder(t), await temporaryFolder(t)];
  await chmod(dataDir, 0o711);
  await chmod(logs, 0o777);
  return { dataDir, logs };
}

test('the last line of a shell script is its result, whatever its exit code', async (t) => {
  const { dataDir } = await folders(t);
  const { start, report } = await open(t, dataDir);
  const text =
    'echo "$0 $1" | sed "s,.*/,,"\r\nif true\r\nthen echo "half past"\r\nfi\r\nexit 3\r\n';
  start('s.0.1', { artifact: shell(text), argv: ['given'] });
  const ended = await report('s.0.1', 'ended');
  assert.deepEqual([ended.exitCode, ended.result, ended.message], [3, 'half past', '']);
  start('s.0.2', { artifact: shell('true') });
  assert.equal((await report('s.0.2', 'ended')).result, '');
  start('s.0.3', { argv: ['echo', 'plain'] });
  assert.equal((await report('s.0.3', 'ended')).result, undefined, 'it is no script');
});

test('bash and python scripts run as such', needs('bash', 'python3'), async (t) => {
  const { dataDir } = await folders(t);
  const { start, report } = await open(t, dataDir);
  const bash = '#!/usr/bin/env bash\r\nset -o pipefail\na=(x y)\necho "${a[1]}"\n';
  start('b.0.1', { artifact: shell(bash) });
  const text = 'import sys\nprint(sys.version_info[0])\nprint("ok")\nsys.exit(4)\n';
  start('p.0.1', { artifact: { kind: 'script', language: 'python', text } });
  assert.deepEqual((await report('b.0.1', 'ended')).result, 'y');
  const python = await report('p.0.1', 'ended');
  assert.deepEqual([python.exitCode, python.result], [4, 'ok']);
});

test('results are kept by whoever adopts the attempt', async (t) => {
  const { dataDir, logs } = await folders(t);
  const first = await open(t, dataDir);
  const text = `while [ ! -e '${logs}/go' ]; do sleep 0.02; done; echo adopted`;
  first.start('a.0.1', { artifact: shell(text), collect: files(`${logs}/*.log`) });
  await first.report('a.0.1', 'started');
  await first.executor.close();
  const second = await open(t, dataDir);
  await second.executor.adopt([{ attemptId: 'a.0.1', fence: 1, started: true }]);
  await writeFile(join(logs, 'one.log'), 'line\n', { mode: 0o644 });
  await writeFile(join(logs, 'go'), '');
  assert.equal((await second.report('a.0.1', 'ended')).result, 'adopted');
  assert.deepEqual(await second.executor.collected?.('a.0.1'), [join(logs, 'one.log')]);
});

test('files are collected before the end is told', async (t) => {
  const { dataDir, logs } = await folders(t);
  const { executor, start, report } = await open(t, dataDir);
  await mkdir(join(logs, 'folder.log'));
  await writeFile(join(logs, 'closed.log'), 'secret', { mode: 0o600 });
  start('c.0.1', {
    argv: ['sh', '-c', 'echo one >"$0/a 1.log"; echo two >"$0/b.log"; echo no >"$0/c.txt"', logs],
    collect: files(`${logs}/*.log`, `${logs}/missing`),
  });
  const ended = await report('c.0.1', 'ended');
  assert.deepEqual([ended.exitCode, ended.message, ended.result], [0, '', undefined]);
  const found = await executor.collected?.('c.0.1');
  const closed = join(logs, 'closed.log');
  assert.deepEqual(
    found?.filter((path) => path !== closed),
    [join(logs, 'a 1.log'), join(logs, 'b.log')],
  );
  // What comes later is another job's.
  await writeFile(join(logs, 'b.log'), 'changed\n');
  const read = async (path: string, offset = 0): Promise<string | null> => {
    const chunk = await executor.readCollected?.('c.0.1', path, offset, 100);
    return chunk ? Buffer.from(chunk.bytes).toString() : null;
  };
  assert.equal(await read(join(logs, 'b.log')), 'two\n');
  assert.equal(await read(join(logs, 'b.log'), 2), 'o\n');
  assert.equal(await read(join(logs, 'c.txt')), null);
  assert.equal((await read(closed)) === 'secret', !isRoot, 'only what the job could read');
  await executor.remove(['c.0.1']);
  assert.deepEqual(await executor.collected?.('c.0.1'), []);
  assert.deepEqual(await executor.collected?.('../c.0.1'), []);
  assert.equal(await executor.readCollected?.('../x', '/a', 0, 1), null);
});

test('what cannot be collected is named; a job that removes its start folder ends', async (t) => {
  const { dataDir, logs } = await folders(t);
  const { executor, start, report } = await open(t, dataDir);
  const long = join(logs, `${'x'.repeat(230)}.log`);
  start('n.0.1', { argv: ['touch', long], collect: files(`${logs}/*.log`) });
  const ended = await report('n.0.1', 'ended');
  assert.equal(ended.exitCode, 0);
  assert.match(ended.message, /is too long to be collected/);
  await rm(long);
  start('n.0.2', {
    argv: ['sh', '-c', `mv ../start ../gone; mkdir ../start; mkfifo ../start/collect; exit 5`],
    collect: files(`${logs}/*.log`),
  });
  assert.equal((await report('n.0.2', 'ended')).exitCode, 5);
  assert.deepEqual(await executor.collected?.('n.0.2'), []);
  assert.deepEqual(await readdir(logs), []);
});
