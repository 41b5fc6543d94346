import type { AttemptReport } from '../ports/executor.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Runtime, stopAttempts } from './runtime.ts';

/**
 * What a new server life does first: takes over every attempt that has no end, lets its executor
 * say what became of it, and repeats the stops that were under way. Nothing is started twice and
 * nothing that still runs is disturbed.
 */
export async function recover(
  runtime: Runtime,
  fence: number,
  dispatcher: Dispatcher,
  report: (reports: readonly AttemptReport[]) => void,
): Promise<void> {
  const left = await runtime.store.takeOver(fence);
  for (const attempt of left) dispatcher.occupy(attempt.executor, attempt.attemptId);
  for (const [name, executor] of runtime.executors) {
    await executor.open(report);
    const own = left.filter((attempt) => attempt.executor === name);
    if (own.length === 0) continue;
    runtime.log.info(
      { executor: name, attempts: own.length },
      'adopting attempts of an earlier server life',
    );
    await executor.adopt(own);
    stopAttempts(
      runtime,
      own.filter((attempt) => attempt.stopping),
    );
  }
  for (const attempt of left) {
    if (runtime.executors.has(attempt.executor)) continue;
    report([
      {
        kind: 'lost',
        attemptId: attempt.attemptId,
        fence,
        atMs: runtime.clock.nowMs(),
        message: `the ${attempt.executor} executor that ran it is not configured any more`,
      },
    ]);
  }
}
