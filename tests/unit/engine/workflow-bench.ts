import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemClock, systemIds, systemRandom } from '../../../src/app/clock.ts';
import type { RunDetail } from '../../../src/domain/run.ts';
import { isFinal } from '../../../src/domain/states.ts';
import type { JobSpec, WorkerArtifact } from '../../../src/domain/template.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { createCatalog } from '../../../src/engine/catalog.ts';
import {
  createEngine,
  type EngineOptions,
  type RunningEngine,
} from '../../../src/engine/create.ts';
import type { AttemptReport, AttemptStart, Executor } from '../../../src/ports/executor.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

export const dialect = 'schedulerx';

/** How an attempt of a job ends; `hold` = when the test says so. */
type Script = { readonly exitCode: number; readonly result?: string } | 'hold';

/** Where attempts run: it outlives servers, as processes do. */
export class Machine {
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
export function dyingAfter(store: Store, calls: number, onDeath: () => void): Store {
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

export interface Bench {
  readonly machine: Machine;
  readonly store: Store;
  /** Starts a server on the store; what is not closed is a server that died. */
  serve(options?: Partial<EngineOptions>): Promise<RunningEngine>;
}

export async function openBench(cleanup: Cleanup): Promise<Bench> {
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
export async function createWorkflow(
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

export async function execute(life: RunningEngine, templateId = ''): Promise<string> {
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

export function ended(store: Store, runId: string): Promise<RunDetail> {
  return until(`run ${runId} ends`, async () => {
    const run = await store.run(runId);
    return run !== null && isFinal('run', run.state) ? run : null;
  });
}

export async function runsOf(store: Store, templateId = '') {
  return (await store.runs({ templateId, offset: 0, limit: 100 })).rows;
}
