import { DomainError } from '../domain/errors.ts';
import { failedRerun, wholeRerun } from '../domain/rerun.ts';
import type { Run } from '../domain/run.ts';
import type { DialectName } from '../domain/template.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Runtime, stopAttempts } from './runtime.ts';

/** Repeats a run; see `Runs.rerun`. */
export type Rerunning = (
  runId: string,
  wish: { readonly failedOnly: boolean },
  by: string,
) => Promise<Run>;

/**
 * Repeating is accepting a run with the snapshot of another: its overrides, its document and its
 * nominal time, so that what depends on that time is the same again.
 */
export function createReruns(
  runtime: Runtime,
  dispatcher: Dispatcher,
  newRunId: (dialect: DialectName) => string,
): Rerunning {
  const { store, clock, counters, signals } = runtime;
  return async (runId, { failedOnly }, by) => {
    const run = await store.run(runId);
    if (run === null) throw new DomainError('run-not-found', `there is no run ${runId}`, { runId });
    const spec = failedOnly ? failedRerun(run, await store.instances(runId)) : wholeRerun(run);
    const { document, notActedOn } = run;
    const nowMs = clock.nowMs();
    const result = await store.admit({
      runId: newRunId(run.dialect),
      templateId: run.templateId,
      dialect: run.dialect,
      trigger: 'retry',
      idempotencyKey: null,
      nowMs,
      notBeforeMs: nowMs,
      scheduledAtMs: run.scheduledAtMs,
      by,
      override: () => ({ spec, document, notActedOn }),
    });
    if (result.kind === 'refused') throw result.error;
    if (result.kind === 'created') {
      counters.runsAccepted += 1;
      runtime.measuring?.accepted(result.run);
      stopAttempts(runtime, result.stop);
      dispatcher.expect(result.run.notBeforeMs);
      signals.notify(result.run.id);
    }
    return result.run;
  };
}
