import { Counter, Gauge, type Registry } from 'prom-client';
import type { AuditStats } from '../engine/audit.ts';
import type { EngineUse } from '../engine/create.ts';
import type { UnfinishedRuns } from '../ports/observing.ts';

/** Oldest unfinished runs that are told apart by dialect: what a scrape may cost has a bound. */
export const unfinishedLimit = 20_000;

/** Live workers of one group. */
export interface GroupWorkers {
  readonly namespace: string;
  readonly group: string;
  readonly workers: number;
}

/** Where the numbers of a scrape come from. */
export interface ScrapeSources {
  use(): EngineUse;
  auditing(): AuditStats;
  unfinished(limit: number): Promise<readonly UnfinishedRuns[]>;
  groups(): Promise<readonly GroupWorkers[]>;
}

/** Gauges with labels, and counters that the engine keeps itself; gives what a scrape calls. */
export function createScrapeMetrics(
  registry: Registry,
  sources: ScrapeSources,
): () => Promise<void> {
  const registers = [registry];
  const gauge = <const L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const unfinished = gauge(
    'longshore_runs_unfinished',
    `Unfinished runs of all servers by dialect and state, counted among the ${unfinishedLimit} oldest.`,
    ['dialect', 'state'],
  );
  const capacity = gauge(
    'longshore_executor_slots',
    'Attempts that an executor of this server runs at the same time at most; 0 = it takes no room.',
    ['executor'],
  );
  const active = gauge(
    'longshore_executor_slots_used',
    'Attempts that take up room of an executor of this server.',
    ['executor'],
  );
  const ready = gauge(
    'longshore_executor_ready',
    'Whether an executor of this server can start anything: 1 or 0.',
    ['executor'],
  );
  const workers = gauge('longshore_workers', 'Live workers that registered in a group.', [
    'namespace',
    'group',
  ]);
  const lease = gauge(
    'longshore_lease_held',
    'Whether the lease of this server is in force: 1 or 0.',
    [],
  );
  const ahead = gauge('longshore_attempts_ahead', 'Attempts claimed that wait for a slot.', []);
  const reports = gauge(
    'longshore_reports_waiting',
    'Reports of executors that are not stored yet.',
    [],
  );
  const waiting = gauge(
    'longshore_audit_lines_waiting',
    'Lines of the audit log that are not written yet.',
    [],
  );
  const counter = <const L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const lines = counter(
    'longshore_audit_lines_total',
    'Lines of the audit log written since the server started, by outcome of the call.',
    ['outcome'],
  );
  const suppressed = counter(
    'longshore_audit_suppressed_total',
    'Calls of unproved callers without a line of their own, since the server started.',
    [],
  );
  const failures = counter(
    'longshore_audit_failures_total',
    'Appends to the audit log that failed and were tried again, since the server started.',
    [],
  );
  const erased = counter(
    'longshore_audit_erased_total',
    'Lines of the audit log erased by retention, since the server started.',
    [],
  );

  return async () => {
    const { executors, leaseHeld, reportsWaiting, ahead: waitingAttempts } = sources.use();
    for (const executor of executors) {
      capacity.set({ executor: executor.name }, executor.maxConcurrent);
      active.set({ executor: executor.name }, executor.active);
      ready.set({ executor: executor.name }, executor.ready ? 1 : 0);
    }
    lease.set(leaseHeld ? 1 : 0);
    ahead.set(waitingAttempts);
    reports.set(reportsWaiting);

    const audit = sources.auditing();
    waiting.set(audit.waiting);
    for (const [outcome, total] of Object.entries(audit.lines)) repeat(lines, total, { outcome });
    repeat(suppressed, audit.suppressed);
    repeat(failures, audit.failedAppends);
    repeat(erased, audit.erased);

    const [runs, groups] = await Promise.all([
      sources.unfinished(unfinishedLimit),
      sources.groups(),
    ]);
    // What is no more must not go on being told.
    unfinished.reset();
    for (const { dialect, state, runs: count } of runs) unfinished.set({ dialect, state }, count);
    workers.reset();
    for (const { namespace, group, workers: count } of groups) {
      workers.set({ namespace, group }, count);
    }
  };
}

/** The engine counts; the counter only repeats it at the moment of the scrape. */
function repeat<L extends string>(
  metric: Counter<L>,
  total: number,
  labels: Partial<Record<L, string>> = {},
): void {
  metric.remove(labels);
  metric.inc(labels, total);
}
