import type { Run, TriggerKind } from '../domain/run.ts';
import type { RunState } from '../domain/states.ts';
import type { DialectName } from '../domain/template.ts';
import type { TransferCounters } from '../domain/transfer/report.ts';
import type { AttemptReport } from '../ports/executor.ts';
import type { ObservingStore } from '../ports/observing.ts';
import type { ClaimedAttempt } from '../ports/store.ts';

/** Most attempts that are kept in mind; what is beyond is counted as of an unknown dialect. */
const MAX_LIVE = 50_000;
/** Ids asked about at once. */
const BATCH = 500;
/** Most ends that wait to be looked up; what is beyond is not measured. */
const MAX_WAITING = 10_000;

/** How an attempt ended, for counting. */
export type AttemptOutcome = 'succeeded' | 'failed' | 'stopped' | 'lost' | 'refused';

/** Hears of single events, to make numbers of them. Durations in milliseconds. Never throws. */
export interface EngineObserver {
  runAccepted(dialect: DialectName, trigger: TriggerKind): void;
  /** A schedule made a run; `delayMs` after its nominal time. */
  fired(dialect: DialectName, delayMs: number): void;
  /** A program runs, `delayMs` after its run was due. First attempts only. */
  started(dialect: DialectName, executor: string, delayMs: number): void;
  /** `dialect` null = the attempt is from an earlier life of the server. */
  attemptEnded(dialect: DialectName | null, executor: string, outcome: AttemptOutcome): void;
  /** `durationMs` null = it never started. */
  runEnded(dialect: DialectName, state: RunState, durationMs: number | null): void;
  /** A data job ended, having moved this much. */
  moved(rows: number, bytes: number): void;
}

interface Live {
  readonly dialect: DialectName;
  readonly executor: string;
  /** When its run was due; null = a later attempt. */
  readonly dueAtMs: number | null;
}

/** What measuring asks of the engine's other parts. */
export interface MeasuringSources {
  readonly store: ObservingStore;
  readonly log: { warn(fields: object, message: string): void };
  /** Null = not known. */
  transferred(runId: string): Promise<TransferCounters | null>;
}

/** Turns what happens into calls of an observer; everything beside the work itself. */
export class Measuring {
  readonly #observer: EngineObserver;
  readonly #sources: MeasuringSources;
  readonly #live = new Map<string, Live>();
  readonly #transfers = new Set<string>();
  #ended: string[] = [];
  #looking: Promise<void> | null = null;

  constructor(observer: EngineObserver, sources: MeasuringSources) {
    this.#observer = observer;
    this.#sources = sources;
  }

  accepted({ dialect, trigger }: Pick<Run, 'dialect' | 'trigger'>): void {
    this.#observer.runAccepted(dialect, trigger);
  }

  fired(created: readonly Run[]): void {
    for (const run of created) {
      this.accepted(run);
      if (run.scheduledAtMs === null) continue;
      this.#observer.fired(run.dialect, Math.max(run.createdAtMs - run.scheduledAtMs, 0));
    }
  }

  claimed(attempts: readonly ClaimedAttempt[]): void {
    for (const { attemptId, executor, number, run } of attempts) {
      if (this.#live.size >= MAX_LIVE) return;
      const dueAtMs = number === 1 ? Math.max(run.notBeforeMs, run.createdAtMs) : null;
      this.#live.set(attemptId, { dialect: run.dialect, executor, dueAtMs });
      if (run.spec.task.artifact.kind === 'transfer') this.#transfers.add(run.id);
    }
  }

  reported(reports: readonly AttemptReport[]): void {
    for (const report of reports) {
      if (report.kind === 'progress') continue;
      const live = this.#live.get(report.attemptId);
      if (report.kind === 'started') {
        if (live === undefined || live.dueAtMs === null) continue;
        const delayMs = Math.max(report.atMs - live.dueAtMs, 0);
        this.#observer.started(live.dialect, live.executor, delayMs);
        continue;
      }
      this.#live.delete(report.attemptId);
      this.#observer.attemptEnded(
        live?.dialect ?? null,
        live?.executor ?? 'unknown',
        outcomeOf(report),
      );
    }
  }

  /** Runs are final; how they ended is looked up a moment later. */
  finished(runIds: readonly string[]): void {
    if (this.#ended.length + runIds.length > MAX_WAITING) return;
    this.#ended.push(...runIds);
    this.#looking ??= this.#lookUp().finally(() => {
      this.#looking = null;
    });
  }

  /** Resolves when everything that ended so far is told. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  async #lookUp(): Promise<void> {
    const { store, log } = this.#sources;
    while (this.#ended.length > 0) {
      const ids = this.#ended.splice(0, BATCH);
      try {
        for (const { dialect, state, durationMs } of await store.runOutcomes(ids)) {
          this.#observer.runEnded(dialect, state, durationMs);
        }
        for (const id of ids) if (this.#transfers.delete(id)) await this.#moved(id);
      } catch (error) {
        log.warn({ err: error, runs: ids.length }, 'how runs ended could not be measured');
      }
    }
  }

  async #moved(runId: string): Promise<void> {
    const counters = await this.#sources.transferred(runId);
    if (counters === null) return;
    this.#observer.moved(counters.rowsWritten ?? 0, counters.bytesWritten ?? 0);
  }
}

function outcomeOf(
  report: Exclude<AttemptReport, { readonly kind: 'started' | 'progress' }>,
): AttemptOutcome {
  if (report.kind !== 'ended') return report.kind;
  if (report.stopped) return 'stopped';
  return report.exitCode === 0 ? 'succeeded' : 'failed';
}
