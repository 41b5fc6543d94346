import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock, systemIds, systemRandom } from '../../../src/app/clock.ts';
import type { RunDetail } from '../../../src/domain/run.ts';
import { isFinal } from '../../../src/domain/states.ts';
import type { JobSpec, WorkerArtifact } from '../../../src/domain/template.ts';
import { readProgress } from '../../../src/domain/workflow.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { createCatalog } from '../../../src/engine/catalog.ts';
import {
  createEngine,
  type EngineOptions,
  type RunningEngine,
} from '../../../src/engine/create.ts';
import { plainWorkflowRules } from '../../../src/engine/workflows.ts';
import type { AttemptReport, AttemptStart, Executor } from '../../../src/ports/executor.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const dialect = 'schedulerx';

/** How an attempt of a job ends; `hold` = when the test says so. */
type Script = { readonly exitCode: number; readonly result?: string } | 'hold';

/** Where attempts run: it outlives servers, as processes do. */
class Machine {
  readonly scripts = new Map<string, Script>();
  /** Names of jobs in the order of their starts. */
  readonly starts: string[] = [];
  readonly started = new Map<string, AttemptStart>();
  readonly #ends = new Map<string, AttemptReport>();
  report: (reports: readonly AttemptReport[]) => void = () => {};

  executor(): Executor {
    return {
      name: 'scripted',
      maxConcurrent: 4,
      refuses: ({ task }) => (task.artifact.kind === 'worker' ? null : 'workers only'),
      open: async (report) => {
        this.report = report;
      },
      start: (attempts) => {
        for (const attempt of attempts) {
          const name = attempt.run?.templateName ?? '';
          this.starts.push(name);
          this.started.set(attempt.attemptId, attempt);
          this.#tell({ kind: 'started', ...this.#at(attempt), pid: null });
          const script = this.scripts.get(name) ?? { exitCode: 0 };
          if (script !== 'hold') this.#end(attempt, script);
        }
      },
      stop: (attemptId) => {
        const attempt = this.started.get(attemptId);
        if (attempt !== undefined) this.#end(attempt, { exitCode: 143 }, true);
      },
      adopt: async (attempts) => {
        for (const { attemptId, fence } of attempts) {
          const end = this.#ends.get(attemptId);
          const attempt = this.started.get(attemptId);
          if (attempt === undefined) {
            const message = 'never started';
            this.#tell({ kind: 'refused', attemptId, fence, atMs: Date.now(), message });
          } else {
            this.started.set(attemptId, { ...attempt, fence });
            if (end !== undefined) this.#tell({ ...end, fence });
          }
        }
      },
      stopOthers: () => {},
      readLog: async () => null,
      remove: async () => {},
      location: () => '',
      health: () => ({ ready: true, reason: '' }),
      close: async () => {},
    };
  }

  /** Ends the attempt of a job that was held. */
  end(name: string, script: Exclude<Script, 'hold'> = { exitCode: 0 }): void {
    const attempt = [...this.started.values()].find(
      ({ attemptId, run }) => run?.templateName === name && !this.#ends.has(attemptId),
    );
    assert.ok(attempt !== undefined, `${name} does not run`);
    this.#end(attempt, script);
  }

  #end(attempt: AttemptStart, { exitCode, result }: Exclude<Script, 'hold'>, stopped = false) {
    if (this.#ends.has(attempt.attemptId)) return;
    const end: AttemptReport = {
      kind: 'ended',
      ...this.#at(this.started.get(attempt.attemptId) ?? attempt),
      exitCode,
      signal: null,
      stopped,
      message: '',
      ...(result === undefined ? {} : { result }),
    };
    this.#ends.set(attempt.attemptId, end);
    this.#tell(end);
  }

  #at({ attemptId, fence }: { readonly attemptId: string; readonly fence: number }) {
    return { attemptId, fence, atMs: Date.now() };
  }

  /** As real executors do: not in the middle of what the engine does. */
  #tell(report: AttemptReport): void {
    const { report: tell } = this;
    setImmediate(() => tell([report]));
  }
}

/** A store whose caller dies: after so many calls what is asked is done, and nobody hears of it. */
function dyingAfter(store: Store, calls: number, onDeath: () => void): Store {
  let left = calls;
  return new Proxy(store, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (left < 0) return new Promise(() => {});
        left -= 1;
        const answer: unknown = value.apply(target, args);
        if (left >= 0) return answer;
        const died = Promise.resolve(answer).then(onDeath, onDeath);
        return died.then(() => new Promise(() => {}));
      };
    },
  });
}

interface Bench {
  readonly machine: Machine;
  readonly store: Store;
  /** Starts a server on the store; what is not closed is a server that died. */
  serve(options?: Partial<EngineOptions>): Promise<RunningEngine>;
}

async function openBench(cleanup: Cleanup): Promise<Bench> {
  const folder = await temporaryFolder(cleanup);
  const store = createSqliteStore({ path: join(folder, 'store.db') });
  await store.open();
  const machine = new Machine();
  const masterKey = randomBytes(32);
  const access = await createAccess({ store, masterKey, clock: systemClock, randomBytes });
  const lives: RunningEngine[] = [];
  cleanup.after(async () => {
    await lives.at(-1)?.close();
    await store.close();
  });
  return {
    machine,
    store,
    async serve(options = {}) {
      const life = createEngine({
        store,
        host: 'test',
        leaseTtlMs: 60_000,
        executors: [machine.executor()],
        access,
        catalog: createCatalog({ store, masterKey, randomBytes }),
        unseal: (sealed) => sealed,
        clock: systemClock,
        ids: systemIds,
        random: systemRandom,
        log: { info: () => {}, warn: () => {}, error: () => {} },
        ...options,
      });
      lives.push(life);
      await life.start();
      return life;
    },
  };
}

const plain = {
  argv: [],
  env: {},
  identityEnv: {},
  postStart: null,
  preStop: null,
} as const;

const limits = {
  replicas: 1,
  shards: null,
  concurrency: 'allow',
  retry: { limit: 0, backoffMs: 1, backoffMaxMs: 1 },
  timeoutMs: null,
  graceMs: 1_000,
  timezone: 'UTC',
  resources: { cpuMillis: 100, memoryMib: 64 },
} as const;

const worker: WorkerArtifact = {
  kind: 'worker',
  group: 1,
  jobType: 'xxljob',
  content: 'demo',
  contentAtMs: 0,
  mode: 'standalone',
  parameters: '',
  instanceParameters: null,
  attributes: '',
  designated: null,
};

async function createTemplate(store: Store, name: string, spec: JobSpec): Promise<string> {
  const template = await store.createTemplate(
    {
      id: randomUUID(),
      dialect,
      namespace: 'n/g',
      name,
      spec,
      document: {},
      notActedOn: [],
      refersTo: null,
      schedule: null,
    },
    { changeId: randomUUID(), atMs: Date.now(), by: 'test', note: '' },
  );
  return template.id;
}

/** Jobs and a workflow of them: `a>b` is an edge, `a` a job. Gives ids by name, `workflow` too. */
async function createWorkflow(
  store: Store,
  parts: readonly string[],
  more: Partial<JobSpec> = {},
): Promise<Readonly<Record<string, string>>> {
  const ids: Record<string, string> = {};
  for (const name of new Set(parts.flatMap((part) => part.split('>')))) {
    ids[name] = await createTemplate(store, name, {
      ...limits,
      ...more,
      task: { ...plain, artifact: worker },
    });
  }
  const edges = parts
    .filter((part) => part.includes('>'))
    .map((part) => {
      const [from = '', to = ''] = part.split('>');
      return { from: ids[from] ?? '', to: ids[to] ?? '' };
    });
  const nodes = Object.values(ids);
  ids['workflow'] = await createTemplate(store, 'workflow', {
    ...limits,
    task: { ...plain, artifact: { kind: 'workflow', nodes, edges, instanceParameters: 'today' } },
  });
  return ids;
}

async function execute(life: RunningEngine, templateId = ''): Promise<string> {
  const { run } = await life.engine.runs.submit({
    templateId,
    dialect,
    trigger: 'manual',
    idPrefix: '',
    idSuffix: '',
    idempotencyKey: null,
    notBeforeMs: null,
    by: 'test',
    override: null,
  });
  return run.id;
}

function ended(store: Store, runId: string): Promise<RunDetail> {
  return until(`run ${runId} ends`, async () => {
    const run = await store.run(runId);
    return run !== null && isFinal('run', run.state) ? run : null;
  });
}

async function runsOf(store: Store, templateId = '') {
  return (await store.runs({ templateId, offset: 0, limit: 100 })).rows;
}

describe('workflow runs', () => {
  it('runs every job once, each after what is before it', async (t) => {
    const bench = await openBench(t);
    const ids = await createWorkflow(bench.store, ['a>b', 'a>c', 'b>d', 'c>d']);
    const life = await bench.serve();
    const runId = await execute(life, ids['workflow']);
    const run = await ended(bench.store, runId);
    assert.equal(run.state, 'succeeded', run.message);
    assert.deepEqual(bench.machine.starts.toSorted(), ['a', 'b', 'c', 'd']);
    assert.equal(bench.machine.starts[0], 'a');
    assert.equal(bench.machine.starts[3], 'd');
    const [of] = await runsOf(bench.store, ids['a']);
    assert.equal(of?.trigger, 'workflow');
    assert.equal(of?.idempotencyKey, `wf:${runId}:${ids['a']}`);
    const [instance] = await bench.store.instances(runId);
    const progress = readProgress(instance?.attempts[0]?.progress ?? '');
    assert.deepEqual(
      progress.map(({ id, state }) => [id, state]).toSorted(),
      [ids['a'], ids['b'], ids['c'], ids['d']].map((id) => [id, 'succeeded']).toSorted(),
    );
  });

  it('hands on results and parameters', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>c', 'b>c']);
    machine.scripts.set('a', { exitCode: 0, result: '42' });
    const life = await serve();
    await ended(store, await execute(life, ids['workflow']));
    const [run] = await runsOf(store, ids['c']);
    const artifact = (await store.run(run?.id ?? ''))?.spec.task.artifact;
    assert.ok(artifact?.kind === 'worker');
    assert.equal(artifact.instanceParameters, 'today');
    assert.deepEqual(artifact.upstream, [
      { name: 'a', data: '42' },
      { name: 'b', data: '' },
    ]);
  });

  it('goes on beside a failed job, runs nothing behind it, and says so', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'c>d']);
    machine.scripts.set('a', { exitCode: 7 });
    const life = await serve();
    const run = await ended(store, await execute(life, ids['workflow']));
    assert.equal(run.state, 'failed');
    assert.match(
      run.message,
      new RegExp(`job ${ids['a']} failed: .*7.*not run after it: ${ids['b']}`),
    );
    assert.deepEqual(machine.starts.toSorted(), ['a', 'c', 'd']);
  });

  it('goes on behind a failed job that a person judged succeeded meanwhile', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'c']);
    machine.scripts.set('a', { exitCode: 7 });
    machine.scripts.set('c', 'hold');
    const life = await serve();
    const runId = await execute(life, ids['workflow']);
    const failed = await until('a fails', async () => {
      const [run] = await runsOf(store, ids['a']);
      return run?.state === 'failed' && machine.starts.includes('c') ? run : null;
    });
    await life.engine.runs.judge(failed.id, 'ann');
    await until('b starts', () => machine.starts.includes('b'));
    machine.end('c');
    assert.equal((await ended(store, runId)).state, 'succeeded');
  });

  it('stops its jobs when it is stopped, and starts no more', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b']);
    machine.scripts.set('a', 'hold');
    const life = await serve();
    const runId = await execute(life, ids['workflow']);
    await until('a starts', () => machine.starts.includes('a'));
    await life.engine.runs.stop(runId, 'ann');
    const run = await ended(store, runId);
    assert.equal(run.state, 'canceled');
    const [of] = await runsOf(store, ids['a']);
    assert.equal(of?.state, 'canceled');
    assert.deepEqual(machine.starts, ['a']);
  });

  it('says when a job is gone, and passes over what its dialect skips', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'b>c', 'd']);
    const context = { changeId: randomUUID(), atMs: Date.now(), by: 'test', note: '' };
    await store.deleteTemplate(ids['d'] ?? '', dialect, context);
    const life = await serve({
      workflowRules: () => ({
        ...plainWorkflowRules,
        skips: ({ name }) => (name === 'b' ? 'it is disabled' : null),
      }),
    });
    const runId = await execute(life, ids['workflow']);
    const run = await ended(store, runId);
    assert.equal(run.state, 'failed');
    assert.match(run.message, /the job does not exist any more/);
    assert.deepEqual(machine.starts, ['a', 'c']);
    const [instance] = await store.instances(runId);
    const progress = readProgress(instance?.attempts[0]?.progress ?? '');
    const skipped = progress.find(({ id }) => id === ids['b']);
    assert.deepEqual([skipped?.state, skipped?.note], ['skipped', 'it is disabled']);
  });

  it('fails a job whose parameters its dialect refuses, instead of trying for ever', async (t) => {
    const { store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a']);
    const life = await serve({
      workflowRules: () => ({
        ...plainWorkflowRules,
        override: () => {
          throw new Error('parameters are too long');
        },
      }),
    });
    const run = await ended(store, await execute(life, ids['workflow']));
    assert.match(run.message, /parameters are too long/);
  });

  it('waits for a job that is busy elsewhere', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a'], { maxUnfinished: 1 });
    machine.scripts.set('a', 'hold');
    const life = await serve();
    const other = await execute(life, ids['a']);
    await until('a starts', () => machine.starts.length === 1);
    const runId = await execute(life, ids['workflow']);
    await until('the workflow runs', async () => (await store.run(runId))?.startedAtMs !== null);
    machine.end('a');
    await ended(store, other);
    await until('a starts again', () => machine.starts.length === 2);
    machine.end('a');
    assert.equal((await ended(store, runId)).state, 'succeeded');
  });

  it('refuses what has no order, in words', async (t) => {
    const { store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'b>a']);
    const life = await serve();
    const run = await ended(store, await execute(life, ids['workflow']));
    assert.equal(run.state, 'failed');
    assert.match(run.message, /workflow: the DAG has a cycle/);
  });

  it('takes no room from its jobs, however many workflows run', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b']);
    const life = await serve();
    const runs = await Promise.all(
      Array.from({ length: 30 }, () => execute(life, ids['workflow'])),
    );
    for (const runId of runs) assert.equal((await ended(store, runId)).state, 'succeeded');
    assert.equal(machine.starts.length, 60);
  });
});

describe('workflow runs across restarts', () => {
  it('goes on where it was, with what ended while no server was there', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'b>c']);
    machine.scripts.set('b', 'hold');
    const first = await serve();
    const runId = await execute(first, ids['workflow']);
    await until('b starts', () => machine.starts.includes('b'));
    await first.close();
    machine.end('b');
    await serve();
    assert.equal((await ended(store, runId)).state, 'succeeded');
    assert.deepEqual(machine.starts, ['a', 'b', 'c']);
  });

  it('starts nothing twice, wherever the server dies', async () => {
    for (let calls = 3; ; calls += 1) {
      const cleanup: (() => void | Promise<void>)[] = [];
      let died = false;
      try {
        const bench = await openBench({ after: (task) => void cleanup.unshift(task) });
        const { machine, store } = bench;
        const ids = await createWorkflow(store, ['a>b', 'a>c', 'b>d', 'c>d']);
        const run = await store.admit({
          runId: randomUUID(),
          templateId: ids['workflow'] ?? '',
          dialect,
          trigger: 'manual',
          idempotencyKey: null,
          nowMs: Date.now(),
          notBeforeMs: Date.now(),
          scheduledAtMs: null,
          by: 'test',
          override: null,
        });
        assert.ok(run.kind === 'created');
        const dying = dyingAfter(store, calls, () => {
          died = true;
        });
        void bench.serve({ store: dying });
        await until(`death after ${calls} calls`, async () => {
          const now = await store.run(run.run.id);
          return died || (now !== null && isFinal('run', now.state));
        });
        machine.report = () => {};
        await bench.serve();
        const end = await ended(store, run.run.id);
        assert.equal(end.state, 'succeeded', `died after ${calls} calls: ${end.message}`);
        assert.deepEqual(machine.starts.toSorted(), ['a', 'b', 'c', 'd'], `after ${calls} calls`);
        for (const name of ['a', 'b', 'c', 'd']) {
          assert.equal((await runsOf(store, ids[name])).length, 1, `${name}, after ${calls} calls`);
        }
      } finally {
        for (const task of cleanup) await task();
      }
      if (!died) {
        assert.ok(calls > 20, `a life without death after ${calls} calls: nothing was tested`);
        return;
      }
      assert.ok(calls < 500, 'no life ends before its server dies');
    }
  });
});
