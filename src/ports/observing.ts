import type { TriggerKind } from '../domain/run.ts';
import type { RunState } from '../domain/states.ts';
import type { DialectName } from '../domain/template.ts';

/** How a run ended, as far as numbers about runs need it. */
export interface RunOutcome {
  readonly runId: string;
  readonly dialect: DialectName;
  readonly state: RunState;
  readonly trigger: TriggerKind;
  /** From its start to its end; null = it never started. */
  readonly durationMs: number | null;
}

/** Unfinished runs of one kind. */
export interface UnfinishedRuns {
  readonly dialect: DialectName;
  readonly state: RunState;
  readonly runs: number;
}

/** What only numbers about the store's contents need. */
export interface ObservingStore {
  /** Unfinished runs by dialect and state, among the `limit` oldest, so that the cost has a bound. */
  unfinishedByDialect(limit: number): Promise<readonly UnfinishedRuns[]>;
  /** Of those runs that are there; in no order. At most 1,000 ids. */
  runOutcomes(ids: readonly string[]): Promise<readonly RunOutcome[]>;
}
