import { DomainError } from '../domain/errors.ts';
import type { DialectName } from '../domain/template.ts';
import { keptTraceparent } from '../domain/trace-context.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Runs } from './engine.ts';
import type { Purger } from './purger.ts';
import { createReruns } from './reruns.ts';
import { shownEnvironment } from './run-environment.ts';
import { RunFeed } from './run-feed.ts';
import { announceFinished, type Runtime, stopAttempts } from './runtime.ts';

/** Use cases around runs: accept, stop, forget, look. */
export function createRuns(
  runtime: Runtime,
  dispatcher: Dispatcher,
  purger: Purger,
  newRunId: (dialect: DialectName) => string,
): Runs {
  const { store, ids, clock, signals, counters, executors, tracing, measuring } = runtime;
  const feed = new RunFeed(store, clock, signals);

  return {
    async submit(request) {
      const nowMs = clock.nowMs();
      const { templateId, dialect, trigger, by } = request;
      const runId = request.runId ?? `${request.idPrefix}${ids.uuid()}${request.idSuffix}`;
      const wish = { runId, templateId, dialect, trigger, by };
      const span = tracing?.admitting(wish, request.traceparent);
      const admitted = store.admit({
        ...wish,
        idempotencyKey: request.idempotencyKey,
        nowMs,
        notBeforeMs: request.notBeforeMs ?? nowMs,
        scheduledAtMs: null,
        traceparent: span === undefined ? keptTraceparent(request.traceparent) : span.traceparent,
        override: request.override,
      });
      // A store that failed may have accepted the run all the same: look for it.
      admitted.catch((error: unknown) => {
        dispatcher.wake();
        span?.ended({ kind: 'failed', error });
      });
      const result = await admitted;
      span?.ended(result);
      if (result.kind === 'refused') throw result.error;
      if (result.kind === 'created') {
        counters.runsAccepted += 1;
        measuring?.accepted(result.run);
        stopAttempts(runtime, result.stop);
        dispatcher.expect(result.run.notBeforeMs);
        signals.notify(result.run.id);
      }
      return { run: result.run, existing: result.kind === 'existing' };
    },

    async stop(runId, by) {
      if ((await store.run(runId)) === null) throw runNotFound(runId);
      const { run, finished, stop } = await store.stopRun(
        runId,
        'user',
        `stopped by ${by}`,
        clock.nowMs(),
      );
      stopAttempts(runtime, stop);
      if (finished) announceFinished(runtime, [runId]);
      signals.notify(runId);
      // A run that waited for this one may start now.
      dispatcher.wake();
      return run;
    },

    async judge(runId, by) {
      const run = await store.judgeRun(runId, 'succeeded', by, clock.nowMs());
      signals.notify(runId);
      return run;
    },

    async delete(runId) {
      const { stop } = await store.deleteRun(runId, clock.nowMs());
      stopAttempts(runtime, stop);
      signals.notify(runId);
      dispatcher.wake();
      purger.wake();
    },

    async limit(dialect, namespace, maxRunning) {
      if (maxRunning !== null && (!Number.isSafeInteger(maxRunning) || maxRunning < 1)) {
        throw new DomainError(
          'invalid-argument',
          `a limit of ${maxRunning} running runs is none; give a whole number from 1 on, or null`,
        );
      }
      const { wake } = await store.setRunLimit(dialect, namespace, maxRunning);
      if (wake) dispatcher.wake();
    },

    get: (runId) => store.run(runId),
    latest: (templateId) => store.latestRun(templateId),
    list: (query) => store.runs(query),
    rows: (query) => store.runRows(query),
    withInstances: (runIds) => store.runsWithInstances(runIds),
    known: (runIds) => store.knownRuns(runIds),
    search: (query) => store.searchRuns(query),
    rerun: createReruns(runtime, dispatcher, newRunId),
    async environment(runId, index) {
      const run = await store.run(runId);
      if (run === null) throw runNotFound(runId);
      return shownEnvironment(run, index, store);
    },
    follow: (templateId, position, signal) => feed.follow(templateId, position, signal),
    instances: (runId) => store.instances(runId),
    attempt: (attemptId) => store.attempt(attemptId),
    events: (runId) => store.events(runId),

    async readLog(attemptId, stream, offset, maxBytes) {
      const attempt = await store.attempt(attemptId);
      const executor = attempt === null ? undefined : executors.get(attempt.executor);
      return executor === undefined ? null : executor.readLog(attemptId, stream, offset, maxBytes);
    },

    async watchLog(attemptId, stream, listener) {
      const attempt = await store.attempt(attemptId);
      const executor = attempt === null ? undefined : executors.get(attempt.executor);
      return executor?.watchLog?.(attemptId, stream, listener) ?? null;
    },

    async location(attemptId) {
      const attempt = await store.attempt(attemptId);
      const executor = attempt === null ? undefined : executors.get(attempt.executor);
      return executor === undefined ? null : executor.location(attemptId);
    },

    changed: (runId, timeoutMs) => signals.changed(runId, timeoutMs),
  };
}

function runNotFound(runId: string): DomainError {
  return new DomainError('run-not-found', `there is no run ${runId}`, { runId });
}
