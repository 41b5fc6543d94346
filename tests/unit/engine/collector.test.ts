/** The collector over real folders, log stores and a real store; jobs are files that the test writes. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/app/clock.ts';
import { defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import type { LogCollection } from '../../../src/domain/template.ts';
import { Collector } from '../../../src/engine/collector.ts';
import {
  collectedFolder,
  collectedPaths,
  readCollectedChunk,
} from '../../../src/executors/attempts/collected.ts';
import { readLogChunk } from '../../../src/executors/attempts/log.ts';
import type { Executor } from '../../../src/ports/executor.ts';
import type { LogStore, LogStoreRef } from '../../../src/ports/log-store.ts';
import type { ClaimedAttempt } from '../../../src/ports/store.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { maxLogStoresPerTemplate } from '../../../src/stores/logs/limits.ts';
import { createLogStore } from '../../../src/stores/logs/store.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

/** Reads attempts' folders as executors do, and starts nothing: the test writes what jobs would. */
function folderExecutor(root: string): Executor {
  const folder = (attemptId: string): string => join(root, attemptId);
  return {
    name: 'folders',
    maxConcurrent: 10,
    refuses: () => null,
    open: () => Promise.resolve(),
    start: () => {},
    stop: () => {},
    adopt: () => Promise.resolve(),
    stopOthers: () => {},
    readLog: (id, stream, offset, maxBytes) =>
      Promise.resolve(readLogChunk(folder(id), stream, offset, maxBytes)),
    collected: (id) => Promise.resolve(collectedPaths(folder(id))),
    readCollected: (id, file, offset, maxBytes) =>
      Promise.resolve(readCollectedChunk(folder(id), file, offset, maxBytes)),
    remove: () => Promise.resolve(),
    location: folder,
    health: () => ({ ready: true, reason: '' }),
    close: () => Promise.resolve(),
  };
}

interface World {
  readonly faults: string[];
  /** A collector on this folder, opened and started, with log stores of its own. */
  life(): Promise<{ readonly collector: Collector; readonly logs: LogStore }>;
  /** Folder of an attempt. */
  folder(runId: string): Promise<string>;
}

async function world(cleanup: Cleanup): Promise<World> {
  const root = await temporaryFolder(cleanup);
  const store = createSqliteStore({
    path: join(root, 'longshore.db'),
    limits: defaultAdmissionLimits,
  });
  await store.open();
  cleanup.after(() => store.close());
  const { fence } = await store.join({ host: 'here', leaseTtlMs: 60_000 }, Date.now());
  const executor = folderExecutor(join(root, 'attempts'));
  const faults: string[] = [];
  const fault = (fields: object, message: string): void =>
    void faults.push(`${message}: ${JSON.stringify(fields)}`);
  return {
    faults,
    async life() {
      const logs = createLogStore({
        folder: join(root, 'logstores'),
        maxBytes: 1024 * 1024,
        maxAgeMs: null,
        nowMs: Date.now,
      });
      const collector = new Collector(
        {
          store,
          executors: new Map([[executor.name, executor]]),
          clock: systemClock,
          log: { info: () => {}, warn: fault, error: fault },
          owner: { fence },
        },
        logs,
      );
      await collector.open();
      collector.start();
      cleanup.after(() => collector.stop());
      return { collector, logs };
    },
    async folder(runId) {
      const folder = executor.location(`${runId}.0.1`);
      await mkdir(join(folder, collectedFolder), { recursive: true });
      return folder;
    },
  };
}

/** The parts of a claimed attempt that collecting looks at. */
function claimed(runId: string, collect: readonly LogCollection[]): ClaimedAttempt {
  const run = { id: runId, templateId: 't', templateName: 'job', spec: { task: { collect } } };
  const attempt = { attemptId: `${runId}.0.1`, executor: 'folders', fence: 1, index: 0, number: 1 };
  return { ...attempt, run } as unknown as ClaimedAttempt;
}

const ended = (runId: string) =>
  ({
    kind: 'ended',
    attemptId: `${runId}.0.1`,
    fence: 1,
    atMs: 1,
    exitCode: 0,
    signal: null,
    stopped: false,
    message: '',
  }) as const;

async function lines(logs: LogStore, into: LogStoreRef): Promise<string[]> {
  const page = await logs.search(into, { ascending: true, limit: 500 });
  return (page?.rows ?? []).map(({ source, text, missedBytes }) =>
    [source, ...(missedBytes > 0 ? [missedBytes] : []), text].join(' '),
  );
}

const into = { project: 'p', logstore: 's' };
const copy = (folder: string, file: string): string =>
  join(folder, collectedFolder, encodeURIComponent(file));

test('files that fit are collected by their path; one that was emptied begins anew', async (t) => {
  const { life, folder, faults } = await world(t);
  const { collector, logs } = await life();
  const own = await folder('run');
  const wanted: LogCollection = { source: { kind: 'file', path: '/var/log/*.log' }, into };
  collector.begin(claimed('run', [wanted, wanted]));
  await writeFile(copy(own, '/var/log/a.log'), 'a1\na2\nunfini');
  await writeFile(copy(own, '/var/log/b.txt'), 'not asked for\n');
  await writeFile(join(own, 'stdout'), 'not asked for\n');
  await until('both lines', async () => (await lines(logs, into)).length === 2);
  await appendFile(copy(own, '/var/log/a.log'), 'shed\n');
  await until('the third', async () => (await lines(logs, into)).length === 3);
  await writeFile(copy(own, '/var/log/a.log'), 'anew\n');
  await until('the fourth', async () => (await lines(logs, into)).length === 4);
  await appendFile(copy(own, '/var/log/a.log'), 'the end');
  collector.reported([ended('run')]);
  await until('the end', () => collector.following === 0);
  assert.deepEqual(
    await lines(logs, into),
    ['a1', 'a2', 'unfinished', 'anew', 'the end'].map((text) => `/var/log/a.log ${text}`),
  );
  assert.deepEqual(faults, []);
});

test('what was released before it could be collected is told', async (t) => {
  const { life, folder } = await world(t);
  const { collector, logs } = await life();
  const own = await folder('run');
  await writeFile(join(own, 'stdout.released'), '1000 1000\n');
  await writeFile(join(own, 'stdout'), 'kept\n');
  collector.begin(claimed('run', [{ source: { kind: 'stdout' }, into }]));
  collector.reported([ended('run')]);
  await until('the end', () => collector.following === 0);
  assert.deepEqual(await lines(logs, into), ['stdout 1000 kept']);
});

test('a started report is no end; an attempt that nobody reports on ends when the store says so', async (t) => {
  const { life, folder } = await world(t);
  const { collector: first, logs } = await life();
  const own = await folder('run');
  await writeFile(join(own, 'stdout'), 'one\ntw');
  first.begin(claimed('run', [{ source: { kind: 'stdout' }, into }]));
  first.reported([{ kind: 'started', attemptId: 'run.0.1', fence: 1, atMs: 1, pid: 1 }]);
  await until('the first line', async () => (await lines(logs, into)).length === 1);
  assert.equal(first.following, 1);
  await first.stop();
  await appendFile(join(own, 'stdout'), 'o');
  // The store knows no such attempt: it is over, and nothing of it is lost or doubled.
  const second = await life();
  assert.equal(second.collector.following, 1);
  await until('the end', () => second.collector.following === 0);
  assert.deepEqual(await lines(second.logs, into), ['stdout one', 'stdout two']);
  await second.collector.stop();
  assert.equal((await life()).collector.following, 0);
});

test('log stores of a template that another server deleted go; named ones stay', async (t) => {
  const { life, folder, faults } = await world(t);
  const { collector: first, logs } = await life();
  await writeFile(join(await folder('run'), 'stdout'), 'said\n');
  first.begin(
    claimed('run', [
      { source: { kind: 'stdout' }, into: null },
      { source: { kind: 'stdout' }, into },
    ]),
  );
  first.reported([ended('run')]);
  await until('the end', () => first.following === 0);
  assert.deepEqual(
    (await logs.list()).map(({ project }) => project),
    ['p', 'sae-t'],
  );
  await first.stop();
  // Its first look around finds that the store has no such template.
  const second = await life();
  await until('the look around', async () => (await second.logs.list()).length === 1);
  assert.deepEqual(await lines(second.logs, into), ['stdout said']);
  assert.deepEqual(faults, []);
});

test('what gets no log store is given up and told; the rest of the attempt is collected', async (t) => {
  const { life, folder, faults } = await world(t);
  const { collector, logs } = await life();
  const own = await folder('run');
  const stdout = { kind: 'stdout' } as const;
  const name = (at: number): LogStoreRef => ({ project: 'p', logstore: `s${at}` });
  const wanted = Array.from({ length: maxLogStoresPerTemplate + 1 }, (_, at) => name(at));
  collector.begin(
    claimed(
      'run',
      wanted.map((one) => ({ source: stdout, into: one })),
    ),
  );
  await writeFile(join(own, 'stdout'), 'one\n');
  await until('it is told', () => faults.length > 0);
  await appendFile(join(own, 'stdout'), 'two\n');
  collector.reported([ended('run')]);
  await until('the end', () => collector.following === 0);
  for (const one of wanted.slice(0, -1)) {
    assert.deepEqual(await lines(logs, one), ['stdout one', 'stdout two']);
  }
  assert.equal(
    await logs.search(name(maxLogStoresPerTemplate), { ascending: true, limit: 1 }),
    null,
  );
  assert.equal(faults.length, 1, faults.join());
  assert.match(
    faults[0] ?? '',
    /not collected any more.*"runId":"run".*"logstore":"s100".*longshore logstores delete/,
  );
});
