import type { AuditRetention } from '../domain/audit.ts';
import type { DialectName } from '../domain/template.ts';
import type { Clock, Ids, Randomness } from '../ports/clock.ts';
import type { AttemptReport, Executor } from '../ports/executor.ts';
import type { LogStore, LogStoreStats } from '../ports/log-store.ts';
import type { Store } from '../ports/store.ts';
import { defaultAheadWindowMs } from './ahead.ts';
import { type AlertOptions, Alerts } from './alerts.ts';
import { AuditLog, type AuditStats } from './audit.ts';
import { Collector } from './collector.ts';
import { Deadlines } from './deadlines.ts';
import { Dispatcher } from './dispatcher.ts';
import { createDataJobs, type DataJobsOptions, noLinks } from './data-jobs.ts';
import { createDocuments } from './documents.ts';
import type { Access, Catalog, Engine, Templates } from './engine.ts';
import { type EngineObserver, Measuring } from './measuring.ts';
import { Overview } from './overview.ts';
import { createPasswords } from './passwords.ts';
import { Preparing } from './preparing.ts';
import { Purger } from './purger.ts';
import { Membership } from './membership.ts';
import { recover, rejoin } from './recovery.ts';
import { Remover } from './remover.ts';
import { Reporter } from './reporter.ts';
import { Retention, type RetentionOptions, type RetentionStats } from './retention.ts';
import { createRuns } from './runs.ts';
import { announceFinished, type EngineLog, type Runtime, stopAttempts } from './runtime.ts';
import { Scheduler, type ScheduledRunId, type ScheduledRunKey } from './scheduler.ts';
import { RunSignals } from './signals.ts';
import { createTemplates } from './templates.ts';
import { plainWorkflowRules, type WorkflowRules } from './workflow-rules.ts';
import { createTracing } from './tracing.ts';
import { endLeftovers } from './transfer-leftovers.ts';
import { WorkflowExecutor } from './workflows.ts';

export interface EngineOptions {
  /** Already open. */
  readonly store: Store;
  /** Names where this server's attempts live; see `ServerMembership`. */
  readonly host: string;
  /** How long this server counts as alive after each sign of life. */
  readonly leaseTtlMs: number;
  readonly executors: readonly Executor[];
  readonly access: Access;
  readonly catalog: Catalog;
  /** Opens what a dialect sealed into a definition. @throws Error when it cannot be opened. */
  readonly unseal: (sealed: string, purpose: string) => string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Randomness;
  readonly log: EngineLog;
  /** Absent = `schedule-<uuid>` for every dialect. */
  readonly scheduledRunId?: ScheduledRunId;
  /** Absent = runs that schedules start have no idempotency key. */
  readonly runKey?: ScheduledRunKey;
  /** What dialects say about the nodes of their workflows; null or absent = nothing. */
  readonly workflowRules?: (dialect: DialectName) => WorkflowRules | null;
  /** What may be claimed ahead of free slots: as much as ends within this time; absent = 100 ms. */
  readonly aheadWindowMs?: number;
  /** How long what is over is kept; absent = for ever. */
  readonly retention?: RetentionOptions;
  /** How long lines of the audit log are kept; absent = for ever. */
  readonly auditRetention?: AuditRetention & { readonly intervalMs: number };
  /** Where collected output goes, not open yet; absent = nothing is collected. */
  readonly logs?: LogStore;
  /** Links and what moves data between them; absent = data jobs are refused. */
  readonly dataJobs?: DataJobsOptions;
  /** Hears of single events, for metrics; absent = nobody does. */
  readonly observer?: EngineObserver;
  /** What people are told; absent = nothing. */
  readonly alerts?: AlertOptions;
}

/** How busy this server is. */
export interface EngineUse {
  readonly executors: readonly {
    readonly name: string;
    readonly maxConcurrent: number;
    readonly active: number;
    readonly ready: boolean;
  }[];
  /** Attempts claimed that wait for a slot. */
  readonly ahead: number;
  /** Executors' reports that are not stored yet. */
  readonly reportsWaiting: number;
  /** Whether this server's lease is in force. */
  readonly leaseHeld: boolean;
}

/** A running engine and how to end it. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Opens the executors, adopts what an earlier life left running, and starts what is due. */
  start(): Promise<void>;
  /** Claims nothing more and stores every report that has arrived. Running attempts go on. */
  drain(): Promise<void>;
  /** Drains and lets go of the executors. The store is its opener's to close. */
  close(): Promise<void>;
  /** Numbers about retention for metrics. */
  retention(): RetentionStats;
  /** Numbers about the audit log for metrics. */
  auditing(): AuditStats;
  /** Room and use of this server's executors, and what waits in the engine, for metrics. */
  use(): EngineUse;
  /** Numbers about log stores for metrics; null when nothing is collected. */
  collecting(): (LogStoreStats & { readonly following: number }) | null;
}

/** Puts the engine together. Nothing happens before `start`. */
export function createEngine(options: EngineOptions): RunningEngine {
  const scheduledRunId: ScheduledRunId =
    options.scheduledRunId ?? ((_, uuid) => `schedule-${uuid}`);
  const workflows: WorkflowExecutor = new WorkflowExecutor({
    sources: () => ({
      runs,
      templates,
      rulesOf: (dialect) => options.workflowRules?.(dialect) ?? plainWorkflowRules,
      newRunId: (dialect) => scheduledRunId(dialect, options.ids.uuid()),
    }),
    clock: options.clock,
    log: options.log,
  });
  const executors: readonly Executor[] = [...options.executors, workflows];
  const preparing: Preparing = new Preparing(
    options,
    {
      catalog: options.catalog,
      links: options.dataJobs?.links ?? noLinks,
      unseal: options.unseal,
    },
    (reports) => accept(reports),
  );
  const runtime: Runtime = {
    store: options.store,
    executors: new Map(executors.map((executor) => [executor.name, executor])),
    clock: options.clock,
    ids: options.ids,
    random: options.random,
    log: options.log,
    signals: new RunSignals(options.clock),
    counters: { runsAccepted: 0, runsFinished: 0, attemptsStarted: 0, staleReports: 0 },
    tracing: createTracing(options.clock),
    measuring:
      options.observer === undefined
        ? null
        : new Measuring(options.observer, {
            store: options.store,
            log: options.log,
            transferred: async (runId) => (await dataJobs.report(runId))?.counters ?? null,
          }),
    owner: { fence: 0 },
    unstarted: {
      stop: (attemptId) => preparing.stop(attemptId) || dispatcher.ahead.stop(attemptId),
      forget() {
        preparing.forget();
        dispatcher.ahead.forget();
      },
    },
    onFinished(runIds) {
      alerts?.finished(runIds);
      runtime.measuring?.finished(runIds);
      const { dataJobs: moving, store, unseal } = options;
      if (moving === undefined) return;
      endLeftovers(runIds, { ...moving, unseal, run: (id) => store.run(id) }).catch(
        (error: unknown) =>
          options.log.warn({ err: error }, 'what a data job left could not be removed'),
      );
    },
  };
  const alerts =
    options.alerts === undefined ? null : new Alerts(options, options.host, options.alerts);
  const membership: Membership = new Membership(runtime, {
    host: options.host,
    leaseTtlMs: options.leaseTtlMs,
    onGivenUp: (fence) => rejoin(runtime, dispatcher, fence),
    onOthersEnded(result) {
      announceFinished(runtime, result.finished);
      stopAttempts(runtime, result.stop);
    },
    onRenewed: () => {
      // Another server may have erased runs whose attempts lie here.
      remover.wake();
      // What was deleted here may have ended there.
      purger.runEnded();
      return lookAround();
    },
  });
  const deadlines = new Deadlines(runtime);
  const remover = new Remover(runtime);
  const purger = new Purger(runtime, remover);
  const retention = new Retention(runtime, remover, options.retention ?? null);
  const dispatcher: Dispatcher = new Dispatcher(
    runtime,
    membership,
    preparing,
    (deadlineMs) => deadlines.expect(deadlineMs),
    (attempt) => {
      collector?.begin(attempt);
      alerts?.claimed(attempt);
    },
    (reports) => accept(reports),
    options.aheadWindowMs ?? defaultAheadWindowMs,
  );
  const scheduler = new Scheduler(runtime, dispatcher, {
    id: scheduledRunId,
    key: options.runKey ?? null,
  });
  const reporter: Reporter = new Reporter(runtime, dispatcher, () => {
    purger.runEnded();
    retention.runsEnded();
    scheduler.runsEnded();
  });
  const audit = new AuditLog({
    ...options,
    retention: options.auditRetention ?? null,
    intervalMs: options.auditRetention?.intervalMs ?? 0,
  });
  const { logs } = options;
  const collector = logs === undefined ? null : new Collector(runtime, logs);
  const templates = hearingOfDeletes(
    createTemplates(runtime, dispatcher, scheduler, purger),
    async (id, dialect) => {
      collector?.templateDeleted(id);
      await alerts?.templateDeleted(dialect, id);
    },
  );
  const runs = createRuns(runtime, dispatcher, purger, (dialect) => {
    const uuid = options.ids.uuid();
    // A dialect's own shape of ids, where clients may read them.
    return dialect === 'native' ? `rerun-${uuid}` : scheduledRunId(dialect, uuid);
  });
  const dataJobs = createDataJobs(options.dataJobs ?? null, runs, () => options.clock.nowMs());
  const overview = new Overview(options.store, options.clock, executors);
  let started = false;
  let unwatch = async (): Promise<void> => {};

  const accept = (reports: readonly AttemptReport[]): void => {
    reporter.accept(reports);
    collector?.reported(reports);
  };

  /** Another server may have changed what is due, or asked to stop what runs here. */
  const lookAround = async (): Promise<void> => {
    dispatcher.wake();
    scheduler.wake();
    stopAttempts(runtime, await runtime.store.stopping(runtime.owner.fence));
  };

  const drain = async (): Promise<void> => {
    started = false;
    await unwatch();
    deadlines.stop();
    await scheduler.stop();
    await workflows.close();
    await dispatcher.stop();
    await reporter.flush();
    await purger.stop();
    await Promise.all([
      remover.stop(),
      retention.stop(),
      collector?.stop(),
      alerts?.stop(),
      audit.stop(),
    ]);
    await runtime.measuring?.settled();
    await membership.stop();
  };

  return {
    engine: {
      templates,
      runs,
      access: options.access,
      passwords: createPasswords(options),
      catalog: options.catalog,
      documents: createDocuments(options.store),
      audit,
      links: options.dataJobs?.links ?? noLinks,
      dataJobs,
      logs: logs ?? null,
      workers: (group) => executors.flatMap((executor) => executor.workers?.(group) ?? []),
      async ready() {
        if (!started) return { ready: false, reason: 'starting or shutting down' };
        await runtime.store.ping();
        for (const executor of options.executors) {
          const health = executor.health();
          if (!health.ready)
            return { ready: false, reason: `executor ${executor.name}: ${health.reason}` };
        }
        return { ready: true, reason: '' };
      },
      overview: (query) => overview.facts(query),
      async stats() {
        return { ...(await runtime.store.counts()), ...runtime.counters };
      },
    },
    async start() {
      await membership.join();
      if (collector !== null) await collector.open();
      await recover(runtime, dispatcher, accept);
      await deadlines.check();
      started = true;
      membership.start();
      purger.wake();
      remover.wake();
      retention.start();
      audit.start();
      collector?.start();
      alerts?.start();
      dispatcher.wake();
      scheduler.start();
      unwatch =
        (await options.store.watch?.(() => {
          lookAround().catch((error: unknown) => {
            options.log.error({ err: error }, 'looking at what other servers asked for failed');
          });
        })) ?? unwatch;
    },
    drain,
    retention: () => retention.stats(),
    auditing: () => audit.stats(),
    use: () => ({
      executors: executors.map((executor) => ({
        name: executor.name,
        maxConcurrent: executor.maxConcurrent,
        active: dispatcher.active(executor.name),
        ready: executor.health().ready,
      })),
      ahead: dispatcher.ahead.size,
      reportsWaiting: reporter.waiting,
      leaseHeld: membership.held,
    }),
    collecting: () =>
      logs === undefined ? null : { ...logs.stats(), following: collector?.following ?? 0 },
    async close() {
      await drain();
      for (const executor of executors) await executor.close();
      await reporter.flush();
    },
  };
}

/** Templates with what goes when they do: log stores, marks of alerts. */
function hearingOfDeletes(
  templates: Templates,
  onDeleted: (id: string, dialect: DialectName) => Promise<void>,
): Templates {
  return {
    ...templates,
    async delete(id, dialect, by) {
      await templates.delete(id, dialect, by);
      await onDeleted(id, dialect);
    },
  };
}
