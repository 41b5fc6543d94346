import { createProcessExecutor } from '../executors/process/executor.ts';
import type { EngineLog } from '../engine/runtime.ts';
import type { Executor } from '../ports/executor.ts';
import type { FrozenConfig } from './config/schema.ts';
import { jobUser, processRefusal } from './process-policy.ts';

/**
 * The registry of executors: a new one is a line here. One that is switched off stays registered,
 * so that it adopts what runs already, keeps its logs readable, and says why it refuses.
 */
export function createExecutors(
  config: FrozenConfig,
  options: { readonly nowMs: () => number; readonly log: EngineLog },
): readonly Executor[] {
  const refusal = processRefusal(config);
  return [
    createProcessExecutor({
      dataDir: config.dataDir,
      jobUser: jobUser(config),
      maxConcurrent: config.process.maxConcurrentAttempts,
      maxLogBytes: config.process.maxLogBytes,
      enabled: refusal === null,
      disabledReason: refusal ?? '',
      nowMs: options.nowMs,
      log: options.log,
    }),
  ];
}
