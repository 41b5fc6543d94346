import { describe } from 'node:test';
import type { ExecutorHarness } from './harness.ts';
import { adoptCases } from './cases/adopt.ts';
import { logCases } from './cases/logs.ts';
import { startCases } from './cases/start.ts';
import { stopCases } from './cases/stop.ts';

/** What every executor must do; run it on each adapter with a harness per test. */
export function executorContract(name: string, makeExecutor: () => Promise<ExecutorHarness>): void {
  describe(`executor contract: ${name}`, { concurrency: 2 }, () => {
    startCases(makeExecutor);
    logCases(makeExecutor);
    stopCases(makeExecutor);
    adoptCases(makeExecutor);
  });
}
