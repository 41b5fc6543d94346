import type { Clock, Ids, Randomness } from '../ports/clock.ts';
import type { Executor } from '../ports/executor.ts';
import type { AttemptHandle, Store } from '../ports/store.ts';
import type { Measuring } from './measuring.ts';
import type { RunSignals } from './signals.ts';
import type { Tracing } from './tracing.ts';

/** The part of a logger that the engine uses. */
export interface EngineLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Counters since this server life began. */
export interface EngineCounters {
  runsAccepted: number;
  runsFinished: number;
  attemptsStarted: number;
  staleReports: number;
}

/** What the engine's parts share. */
export interface Runtime {
  readonly store: Store;
  readonly executors: ReadonlyMap<string, Executor>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Randomness;
  readonly log: EngineLog;
  readonly signals: RunSignals;
  readonly counters: EngineCounters;
  /** Null = nobody records spans. */
  readonly tracing: Tracing | null;
  /** Null = nobody makes numbers of what happens. */
  readonly measuring: Measuring | null;
  /** This server as owner of attempts; its fencing number changes when it has to join anew. */
  readonly owner: { fence: number };
  /** Hears of runs that reached a final state. Never throws. */
  readonly onFinished: (runIds: readonly string[]) => void;
  /** Claimed attempts that no executor knows yet. */
  readonly unstarted: {
    /** False = it is not there. */
    stop(attemptId: string): boolean;
    forget(): void;
  };
}

/** Passes stops on to the executors that hold the attempts; other servers hear of theirs by the store. */
export function stopAttempts(runtime: Runtime, handles: readonly AttemptHandle[]): void {
  for (const { attemptId, executor, fence } of handles) {
    if (fence !== runtime.owner.fence || runtime.unstarted.stop(attemptId)) continue;
    const holder = runtime.executors.get(executor);
    if (holder === undefined) {
      runtime.log.error(
        { attemptId, executor },
        'no such executor on this server: the attempt cannot be stopped from here',
      );
    } else {
      holder.stop(attemptId);
    }
  }
}

/** Counts and announces runs that reached a final state. */
export function announceFinished(runtime: Runtime, runIds: readonly string[]): void {
  for (const id of runIds) {
    runtime.counters.runsFinished += 1;
    runtime.signals.notify(id);
  }
  if (runIds.length > 0) runtime.onFinished(runIds);
}
