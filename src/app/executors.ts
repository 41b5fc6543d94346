import { createContainerExecutor } from '../executors/container/executor.ts';
import { findSocket } from '../executors/container/socket.ts';
import { createHttpExecutor } from '../executors/http/executor.ts';
import { createMountProvider } from '../executors/mounts/provider.ts';
import { createPackageRunner } from '../executors/packages/runner.ts';
import { createProcessExecutor } from '../executors/process/executor.ts';
import type { RunHomes } from '../executors/transfer/homes.ts';
import type { EngineLog } from '../engine/runtime.ts';
import type { Executor } from '../ports/executor.ts';
import type { FrozenConfig } from './config/schema.ts';
import { jobUser, processRefusal } from './process-policy.ts';
import { createTransfersExecutor } from './transfers.ts';

export interface ExecutorsOptions {
  /** Identity of the data folder. */
  readonly hostId: string;
  /** Where data jobs belong when several servers share a store; null = there is only this one. */
  readonly homes: RunHomes | null;
  readonly nowMs: () => number;
  readonly log: EngineLog;
}

/**
 * The registry of executors: a new one is a line here. One that is switched off stays registered,
 * so that it adopts what runs already, keeps its logs readable, and says why it refuses.
 */
export function createExecutors(
  config: FrozenConfig,
  { hostId, homes, nowMs, log }: ExecutorsOptions,
): readonly Executor[] {
  const { dataDir, process, container, workers } = config;
  const refusal = processRefusal(config);
  const packages = createPackageRunner({ dataDir, config: config.packages, log });
  const mounts = createMountProvider({ volumes: config.volumes, buckets: config.buckets });
  return [
    createProcessExecutor({
      dataDir,
      jobUser: jobUser(config),
      maxConcurrent: process.maxConcurrentAttempts,
      maxLogBytes: process.maxLogBytes,
      enabled: refusal === null,
      disabledReason: refusal ?? '',
      packages,
      mounts,
      nowMs,
      log,
    }),
    createContainerExecutor({
      dataDir,
      hostId,
      socket: container.socket === '' ? findSocket() : container.socket,
      enabled: container.enabled,
      pullPolicy: container.pullPolicy,
      pullTimeoutMs: container.pullTimeoutMs,
      network: container.network,
      pidsLimit: container.pidsLimit,
      maxConcurrent: container.maxConcurrentAttempts,
      maxLogBytes: container.maxLogBytes,
      packages,
      mounts,
      nowMs,
      log,
    }),
    createHttpExecutor({
      dataDir,
      allow: workers.http.allow,
      maxConcurrent: workers.http.maxConcurrentAttempts,
      nowMs,
      log,
    }),
    createTransfersExecutor(config, { homes, nowMs, log }),
  ];
}
