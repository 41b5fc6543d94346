import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkerArtifact } from '../../../../../src/domain/template.ts';
import {
  createSchedulerxWorkerExecutor,
  type SchedulerxWorkerExecutor,
  type SchedulerxWorkerExecutorOptions,
} from '../../../../../src/executors/worker/schedulerx/executor.ts';
import type { AttemptRecord } from '../../../../../src/executors/worker/schedulerx/journal.ts';
import type { AttemptReport, AttemptStart } from '../../../../../src/ports/executor.ts';
import type { WorkerGroups } from '../../../../../src/ports/workers.ts';
import type { Cleanup } from '../../../../support/temporary-folder.ts';
import { PATIENCE_MS, within } from '../../../../support/until.ts';
import { appKey, group } from './peer.ts';

/** Groups with one member. */
export const groups: WorkerGroups = {
  authenticate: (name, namespace, key) => {
    const known = name === group.name && (namespace ?? group.namespace) === group.namespace;
    if (!known) return Promise.resolve('unknown-group');
    return Promise.resolve(key === appKey ? group : 'wrong-key');
  },
  byNumber: (number) => Promise.resolve(number === group.number ? group : null),
};

/** Times that let a test see what takes minutes; long enough for a busy machine. */
const quick = { reconnectMs: 0, tickMs: 10, killAgainMs: 50, killedMs: 150 };

/** An executor on a data folder, as one life of a server has it. */
export class Host {
  readonly executor: SchedulerxWorkerExecutor;
  readonly reports: AttemptReport[] = [];
  readonly #dataDir: string;
  #wake: (() => void)[] = [];

  private constructor(dataDir: string, options: Partial<SchedulerxWorkerExecutorOptions>) {
    this.#dataDir = dataDir;
    this.executor = createSchedulerxWorkerExecutor({
      dataDir,
      listen: { host: '127.0.0.1', port: 0 },
      groups,
      maxConcurrent: 100,
      nowMs: () => Date.now(),
      log: { info: () => {}, warn: () => {} },
      ...options,
      timing: { ...quick, ...options.timing },
    });
  }

  static async open(
    cleanup: Cleanup,
    dataDir: string,
    options: Partial<SchedulerxWorkerExecutorOptions> = {},
  ): Promise<Host> {
    const host = new Host(dataDir, options);
    await host.executor.open((reports) => {
      host.reports.push(...reports);
      for (const wake of host.#wake.splice(0)) wake();
    });
    cleanup.after(() => host.executor.close());
    return host;
  }

  get port(): number {
    return Number(this.executor.leaderAddress('127.0.0.1')?.split(':').at(-1));
  }

  /** The first report about the attempt of one of these kinds, now or when it arrives. */
  async report<Kind extends AttemptReport['kind']>(
    attemptId: string,
    ...kinds: readonly Kind[]
  ): Promise<Extract<AttemptReport, { kind: Kind }>> {
    const endMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.reports.find(
        (report) => report.attemptId === attemptId && kinds.some((kind) => kind === report.kind),
      );
      if (found !== undefined) return found as Extract<AttemptReport, { kind: Kind }>;
      const changed = new Promise<void>((resolve) => void this.#wake.push(resolve));
      await within(`${kinds.join(' or ')} of ${attemptId}`, changed, endMs - performance.now());
    }
  }

  about(attemptId: string): readonly AttemptReport[] {
    return this.reports.filter((report) => report.attemptId === attemptId);
  }

  async journal(attemptId: string): Promise<AttemptRecord> {
    const file = join(this.#dataDir, 'workers', 'schedulerx', `${attemptId}.json`);
    return JSON.parse(await readFile(file, 'utf8')) as AttemptRecord;
  }
}

/** An attempt of a run with that number. */
export function attempt(
  runId: string,
  artifact: Partial<WorkerArtifact> = {},
  number = 1,
): AttemptStart {
  return {
    attemptId: `${runId}.0.${number}`,
    fence: 1,
    env: {},
    spec: {
      task: {
        artifact: {
          kind: 'worker',
          group: group.number,
          jobType: 'golang',
          content: '{"jobName":"hello"}',
          contentAtMs: 0,
          mode: 'standalone',
          parameters: '',
          instanceParameters: null,
          attributes: '',
          designated: null,
          ...artifact,
        },
        argv: [],
        env: {},
        identityEnv: {},
        postStart: null,
        preStop: null,
      },
      replicas: 1,
      shards: null,
      concurrency: 'allow',
      retry: { limit: 1, backoffMs: 0, backoffMaxMs: 0 },
      timeoutMs: null,
      graceMs: 0,
      timezone: 'UTC',
      resources: { cpuMillis: 0, memoryMib: 0 },
    },
    run: {
      id: runId,
      templateId: '42',
      templateName: 'job',
      namespace: 'engine-ns',
      trigger: 'schedule',
      scheduledAtMs: 1_700_000_000_000,
      replicas: 1,
      index: 0,
      number,
    },
  };
}
