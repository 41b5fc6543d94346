import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock, systemIds, systemRandom } from '../../../src/app/clock.ts';
import type { JobSpec } from '../../../src/domain/template.ts';
import { scheduleDefaults } from '../../../src/domain/schedule/definition.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { createCatalog } from '../../../src/engine/catalog.ts';
import { createEngine, type EngineOptions } from '../../../src/engine/create.ts';
import type { AttemptReport, AttemptStart, Executor } from '../../../src/ports/executor.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { rejectsWith } from '../../contract/store/fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const spec: JobSpec = {
  task: {
    artifact: { kind: 'image', image: 'team/app:1' },
    argv: [],
    env: {},
    identityEnv: {},
    postStart: null,
    preStop: null,
  },
  replicas: 1,
  shards: null,
  concurrency: 'allow',
  retry: { limit: 0, backoffMs: 10_000, backoffMaxMs: 360_000 },
  timeoutMs: null,
  graceMs: 30_000,
  timezone: 'UTC',
  resources: { cpuMillis: 500, memoryMib: 1024 },
};

test('progress keeps the room of an attempt; its end frees it', async (t) => {
  const { engine, executor, submit } = await serving(t);
  const first = await submit();
  const second = await submit();
  const attempt = await until('the first start', () => executor.started[0]);
  assert.equal(attempt.attemptId, `${first}.0.1`);
  const { attemptId, fence } = attempt;
  const about = { attemptId, fence, atMs: systemClock.nowMs() };
  executor.report([
    { ...about, kind: 'started', pid: null, worker: '10.0.0.7:8080' },
    { ...about, kind: 'progress', progress: '1' },
    { ...about, kind: 'progress', progress: '2' },
  ]);
  const told = await until('the progress', async () => {
    const stored = await engine.runs.attempt(attemptId);
    return stored?.progress === '2' ? stored : null;
  });
  assert.deepEqual([told.worker, told.state], ['10.0.0.7:8080', 'running']);
  // Another wish wakes the dispatcher: had there been room, it would have been taken by now.
  await submit();
  assert.equal((await engine.runs.get(second))?.state, 'queued');
  assert.equal(executor.started.length, 1);

  executor.report([ended(attempt, 3, 'no such handler')]);
  const next = await until('the second start', () => executor.started[1]);
  assert.equal(next.attemptId, `${second}.0.1`);
  assert.equal((await engine.runs.attempt(attemptId))?.result, 'no such handler');
  executor.report([ended(next, 0, '')]);
  await until('the end', async () => (await engine.runs.get(second))?.state === 'succeeded');
});

test('a failed run is judged, and whoever waits for a change hears it', async (t) => {
  const { engine, executor, submit } = await serving(t);
  const id = await submit();
  const attempt = await until('the start', () => executor.started[0]);
  await rejectsWith(engine.runs.judge(id, 'alice'), 'invalid-argument');
  executor.report([ended(attempt, 1, '')]);
  await until('the end', async () => (await engine.runs.get(id))?.state === 'failed');
  const heard = engine.runs.changed(id, 60_000);
  assert.equal((await engine.runs.judge(id, 'alice')).verdict, 'succeeded');
  await heard;
  assert.equal((await engine.runs.get(id))?.verdict, 'succeeded');
  await rejectsWith(engine.runs.judge('unknown', 'alice'), 'run-not-found');
});

test('runs of a schedule carry the key of their dialect, when the engine is given one', async (t) => {
  const { engine, create } = await serving(t, {
    runKey: (dialect, nominalMs) => (dialect === 'native' ? `at ${nominalMs}` : null),
  });
  const soon = { kind: 'one-time', atMs: systemClock.nowMs() + 300 } as const;
  const mine = await create('native', { ...scheduleDefaults, timing: soon });
  const other = await create('sae', { ...scheduleDefaults, timing: soon });
  const keys = new Map<string, string | null>();
  for (const id of [mine, other]) {
    const run = await until('the firing', () => engine.runs.latest(id));
    keys.set(id, run.idempotencyKey);
  }
  assert.deepEqual([keys.get(mine), keys.get(other)], [`at ${soon.atMs}`, null]);
});

test('documents and numbers are the store’s', async (t) => {
  const { engine } = await serving(t);
  const name = { dialect: 'schedulerx', kind: 'calendar', key: 'workdays' } as const;
  const made = await engine.documents.changeDocument(name, 5, () => ({ parent: 'p', value: {} }));
  assert.deepEqual(await engine.documents.document(name), made);
  assert.deepEqual(await engine.documents.documentByNumber('schedulerx', 'calendar', 1), made);
  const page = await engine.documents.documents({ ...name, offset: 0, limit: 5 });
  assert.deepEqual(page, { rows: [made], total: 1 });
  assert.deepEqual(
    [await engine.documents.takeNumbers('n', 3), await engine.documents.takeNumbers('n', 1)],
    [1, 4],
  );
});

/** An executor with one room that does what the test says. */
class OneRoom implements Executor {
  readonly name = 'one-room';
  readonly maxConcurrent = 1;
  readonly started: AttemptStart[] = [];
  report: (reports: readonly AttemptReport[]) => void = () => undefined;

  refuses(): string | null {
    return null;
  }

  async open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.report = report;
  }

  start(attempts: readonly AttemptStart[]): void {
    this.started.push(...attempts);
  }

  stop(): void {
    // No test asks for it.
  }

  async adopt(): Promise<void> {
    // There is no earlier life.
  }

  stopOthers(): void {
    // There are no others.
  }

  async readLog(): Promise<null> {
    return null;
  }

  async remove(): Promise<void> {
    // It keeps nothing.
  }

  location(): string {
    return 'nowhere';
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return { ready: true, reason: '' };
  }

  async close(): Promise<void> {
    this.report = () => undefined;
  }
}

/** An engine that serves, on a store of its own. */
async function serving(t: TestContext, other: Partial<EngineOptions> = {}) {
  const tasks: (() => void | Promise<void>)[] = [];
  const folder = await temporaryFolder({ after: (task) => tasks.push(task) });
  const store = createSqliteStore({ path: join(folder, 'store.db') });
  await store.open();
  const masterKey = randomBytes(32);
  const executor = new OneRoom();
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const running = createEngine({
    store,
    host: 'test',
    leaseTtlMs: 60_000,
    executors: [executor],
    access: await createAccess({ store, masterKey, clock: systemClock, randomBytes }),
    catalog: createCatalog({ store, masterKey, randomBytes }),
    unseal: (sealed) => sealed,
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log,
    ...other,
  });
  t.after(async () => {
    await running.close();
    await store.close();
    for (const task of tasks) await task();
  });
  await running.start();
  const { engine } = running;
  const create = async (
    dialect: 'native' | 'sae',
    schedule: Parameters<typeof engine.templates.create>[0]['schedule'] = null,
  ): Promise<string> => {
    const given = { dialect, namespace: 'default', name: 'job', spec, document: {}, schedule };
    const input = { ...given, notActedOn: [], refersTo: null };
    return (await engine.templates.create(input, 'alice')).template.id;
  };
  const templateId = await create('native');
  const submit = async (): Promise<string> => {
    const { run } = await engine.runs.submit({
      templateId,
      dialect: 'native',
      trigger: 'manual',
      idPrefix: 'manual-',
      idSuffix: '',
      idempotencyKey: null,
      notBeforeMs: null,
      by: 'alice',
      override: null,
    });
    return run.id;
  };
  return { engine, executor, create, submit };
}

function ended({ attemptId, fence }: AttemptStart, exitCode: number, result: string) {
  const atMs = systemClock.nowMs();
  const how = { exitCode, signal: null, stopped: false, message: '', result };
  return { kind: 'ended', attemptId, fence, atMs, ...how } as const;
}
