import type { FastifyInstance } from 'fastify';
import { createWorkerGroups } from '../dialects/schedulerx/index.ts';
import type { EngineLog } from '../engine/runtime.ts';
import type { Executor } from '../ports/executor.ts';
import type { Store } from '../ports/store.ts';
import type { FrozenConfig } from './config/schema.ts';

export interface WorkersOptions {
  readonly store: Store;
  readonly unseal: (sealed: string, purpose: string) => string;
  readonly nowMs: () => number;
  readonly log: EngineLog;
}

/** Executors whose workers are programs of others, and what those programs call. */
export interface Workers {
  readonly executors: readonly Executor[];
  /** Adds the endpoints that workers call, each in a scope of its own. */
  mount(scope: FastifyInstance): Promise<void>;
}

type Mount = (scope: FastifyInstance) => Promise<void>;

/** Makes the executors that are switched on; the code of the others is not loaded. */
export async function createWorkers(
  config: FrozenConfig,
  options: WorkersOptions,
): Promise<Workers> {
  const executors: Executor[] = [];
  const mounts: Mount[] = [];
  // The first that takes a job gets it: XXL-JOB takes `java` only where such executors live.
  if (config.workers.xxlJob.enabled) await addXxlJob(config, options, executors, mounts);
  if (config.workers.schedulerx.enabled) await addSchedulerx(config, options, executors, mounts);
  return {
    executors,
    async mount(scope) {
      for (const mount of mounts) await mount(scope);
    },
  };
}

async function addXxlJob(
  { dataDir, workers: { xxlJob } }: FrozenConfig,
  { store, unseal, nowMs, log }: WorkersOptions,
  executors: Executor[],
  mounts: Mount[],
): Promise<void> {
  const { createXxlJobExecutor } = await import('../executors/worker/xxl-job/executor.ts');
  const { mountXxlJobAdmin } = await import('../executors/worker/xxl-job/admin.ts');
  const { numbersInBlocks } = await import('../executors/worker/numbers.ts');
  const executor = createXxlJobExecutor({
    dataDir,
    groups: createWorkerGroups({ documents: store }, unseal, nowMs),
    allowAddresses: xxlJob.allow,
    maxConcurrent: xxlJob.maxConcurrentAttempts,
    nowMs,
    nextNumber: numbersInBlocks((count) => store.takeNumbers('xxl-job dispatch', count)),
    log,
  });
  executors.push(executor);
  mounts.push((scope) =>
    mountXxlJobAdmin(scope, executor, xxlJob.prefix === '' ? [] : [xxlJob.prefix]),
  );
}

async function addSchedulerx(
  { dataDir, workers: { schedulerx } }: FrozenConfig,
  { store, unseal, nowMs, log }: WorkersOptions,
  executors: Executor[],
  mounts: Mount[],
): Promise<void> {
  const { createSchedulerxWorkerExecutor } =
    await import('../executors/worker/schedulerx/executor.ts');
  const { mountSchedulerxWorkers } = await import('../executors/worker/schedulerx/bootstrap.ts');
  const executor = createSchedulerxWorkerExecutor({
    dataDir,
    listen: { host: schedulerx.host, port: schedulerx.port },
    ...(schedulerx.advertise === null ? {} : { advertisedAddress: schedulerx.advertise }),
    groups: createWorkerGroups({ documents: store }, unseal, nowMs),
    maxConcurrent: schedulerx.maxConcurrentAttempts,
    nowMs,
    log,
  });
  executors.push(executor);
  mounts.push(async (scope) => {
    await scope.register(async (inner) => mountSchedulerxWorkers(inner, executor));
  });
}
