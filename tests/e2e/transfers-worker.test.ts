/** The worker by itself, without a server around it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { TransferDefinition } from '../../src/domain/transfer/definition.ts';
import { jobConnectors } from '../../src/app/connectors.ts';
import { abandonRun } from '../../src/executors/transfer/abandon.ts';
import { exitCodes, TransferFolders } from '../../src/executors/transfer/folders.ts';
import { reportOf } from '../../src/executors/transfer/reading.ts';
import { startProgram } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { definition, fromTable, rowsOf, seedSqlite, toTable } from './transfers/harness.ts';

const root = join(import.meta.dirname, '..', '..');
const source = join(root, 'src', 'app', 'transfer-worker.ts');
const buildMs = 120_000;
const rows = 500;

/** A run whose workers are started by hand. */
async function prepared(t: TestContext, more: Partial<TransferDefinition> = {}) {
  const folder = await temporaryFolder(t);
  seedSqlite(join(folder, 'from.db'), 'orders', rows);
  const folders = new TransferFolders(join(folder, 'transfers'));
  const link = (file: string) =>
    ({ kind: 'sqlite', file, batchRows: 100, commitRows: 1_000 }) as const;
  const work = {
    definition: definition({ from: fromTable('a', 'orders'), to: toTable('b', 'orders'), ...more }),
    links: { a: link('from.db'), b: link('to.db') },
  };
  const settings = { databaseRoot: folder, shares: {}, hosts: [] };
  const begin = (number: number): readonly string[] => {
    folders.begin({
      runId: 'run',
      index: 0,
      number,
      attemptId: `attempt-${number}`,
      replicas: 1,
      timezone: 'UTC',
      work,
      context: settings,
    });
    return [folders.run('run'), '0', String(number)];
  };
  const check = (): void => {
    const sql = 'select * from orders';
    assert.deepEqual(rowsOf(join(folder, 'to.db'), sql), rowsOf(join(folder, 'from.db'), sql));
  };
  return { folder, folders, work, settings, begin, check };
}

test('the built worker moves rows as the sources do', async (t) => {
  const { folder, begin, check } = await prepared(t);
  const installed = join(folder, 'installed');
  await mkdir(installed);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const config = join(root, 'tsconfig.build.json');
  await promisify(execFile)(
    process.execPath,
    [tsc, '-p', config, '--outDir', join(installed, 'dist')],
    { timeout: buildMs },
  );
  await writeFile(join(installed, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(installed, 'node_modules'));
  const built = join(installed, 'dist', 'app', 'transfer-worker.js');
  const worker = startProgram(t, built, begin(1));
  assert.equal((await worker.ended()).code, exitCodes.done, worker.stderr());
  check();
});

test('a signal from outside leaves everything to the next attempt; a stop does not', async (t) => {
  const { folder, folders, begin } = await prepared(t, {
    // The first batch waits for the others' time: it is at work until it is told to end.
    throttle: { bytesPerSecond: null, rowsPerSecond: 1 },
  });
  const attempt = join(folder, 'attempt');
  await mkdir(attempt);
  const env = { LONGSHORE_ATTEMPT_FOLDER: attempt };
  const loading = (): Promise<unknown> =>
    until('it loads', () => reportOf(folders.state('run'), Date.now())?.phase === 'loading');

  const first = startProgram(t, source, begin(1), { env });
  await loading();
  first.kill('SIGTERM');
  assert.equal((await first.ended()).code, exitCodes.interrupted, first.stderr());
  assert.equal(reportOf(folders.state('run'), Date.now())?.phase, 'loading');

  const second = startProgram(t, source, begin(2), { env });
  await until('it has begun', () =>
    readdirSync(folders.run('run')).every((name) => !name.startsWith('work-')),
  );
  // As the supervisor leaves word of a stop before it sends the signal.
  writeFileSync(join(attempt, 'stop'), '{}');
  second.kill('SIGTERM');
  assert.equal((await second.ended()).code, exitCodes.stopped, second.stderr());
  const report = reportOf(folders.state('run'), Date.now());
  assert.equal(report?.phase, 'failed');
  assert.equal(report.error?.code, 'stopped');
  assert.deepEqual(folders.end({ runId: 'run', index: 0, number: 2 })?.final, true);
});

test('a worker that finds its predecessor’s run goes on with it', async (t) => {
  const { folders, begin, check } = await prepared(t, {
    throttle: { bytesPerSecond: null, rowsPerSecond: 200 },
  });
  const first = startProgram(t, source, begin(1));
  // The phase begins before the first chunk is taken.
  await until(
    'it has a chunk',
    () => reportOf(folders.state('run'), Date.now())?.tables[0]?.state === 'loading',
  );
  first.kill('SIGKILL');
  await first.ended();
  const second = startProgram(t, source, begin(2));
  assert.equal((await second.ended()).code, exitCodes.done, second.stderr());
  check();
  const report = reportOf(folders.state('run'), Date.now());
  assert.equal(report?.counters.rowsWritten, rows);
  assert.equal(report.resumes.length, 1);
  assert.match(report.resumes[0]?.message ?? '', /taken over from worker 0\.1/);
});

test('a run that no worker is left of is ended, and its stage goes', async (t) => {
  const { folder, folders, work, settings, begin } = await prepared(t, {
    to: toTable('b', 'orders', { stage: true }),
    throttle: { bytesPerSecond: null, rowsPerSecond: 1 },
  });
  const tables = (): readonly string[] =>
    rowsOf(join(folder, 'to.db'), `select name from sqlite_master where type = 'table'`);
  const state = folders.state('run');
  const said: string[] = [];
  const nowMs = (): number => Date.now();
  const abandon = (): Promise<void> =>
    abandonRun(
      state,
      {
        runId: 'run',
        work,
        ...jobConnectors(work, settings, { nowMs }),
        nowMs,
        say: (line) => said.push(line),
      },
      { code: 'stopped', message: 'stopped by tester', details: '' },
    );
  const worker = startProgram(t, source, begin(1));
  await until('it has a chunk', () => reportOf(state, nowMs())?.tables[0]?.state === 'loading');
  await abandon();
  assert.equal(reportOf(state, nowMs())?.phase, 'loading', 'a worker lives');
  worker.kill('SIGKILL');
  await worker.ended();
  assert.ok(tables().length > 1, tables().join());
  await abandon();
  assert.deepEqual(tables(), ['orders']);
  assert.deepEqual(rowsOf(join(folder, 'to.db'), 'select * from orders'), []);
  const report = reportOf(state, nowMs());
  assert.equal(report?.phase, 'failed');
  assert.equal(report.error?.message, 'stopped by tester');
  assert.deepEqual(said, []);
});
