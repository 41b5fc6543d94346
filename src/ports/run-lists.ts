import type { Firing } from '../domain/firing.ts';
import type { Run, TriggerKind } from '../domain/run.ts';
import type { RunState } from '../domain/states.ts';
import type { DialectName } from '../domain/template.ts';

/** A run as lists show it. */
export interface ListedRun extends Run {
  readonly templateName: string;
  /** Place in the order of acceptance; never reused. */
  readonly position: number;
}

/** Which runs are wanted. */
export interface RunSearch {
  readonly templateId?: string;
  readonly dialect?: DialectName;
  readonly namespace?: string;
  readonly states?: readonly RunState[];
  readonly triggers?: readonly TriggerKind[];
  /** Accepted from, inclusive, and until, exclusive. */
  readonly createdFromMs?: number;
  readonly createdUntilMs?: number;
  /** Beginning of the run's id, or a part of its template's name; every character means itself. */
  readonly text?: string;
  /** Runs before this place, which is not among them; null = from the newest on. */
  readonly before: number | null;
  /** At least 1. */
  readonly limit: number;
}

/** What a search found within the runs that it looked at. */
export interface RunSearchPage {
  /** Newest first. */
  readonly rows: readonly ListedRun[];
  /** Where to go on; null = nothing older is left. May be given with few rows, or none. */
  readonly next: number | null;
}

/** Which changes a feed asks for. */
export interface RunChangesQuery {
  readonly templateId?: string;
  /** Accepted after this place. */
  readonly after: number;
  /** Or ended at this time or later. */
  readonly endedFromMs: number;
  readonly limit: number;
}

/** Place of a run in the order of ends. */
export interface EndPosition {
  readonly endedAtMs: number;
  readonly position: number;
}

/** Runs of one kind that ended within one minute, took about as long, and ended the same way. */
export interface EndedCell {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly state: 'succeeded' | 'failed' | 'canceled';
  /** See `durationBin`; null = it never began. */
  readonly bin: number | null;
  readonly runs: number;
}

/** Bins of durations for each factor e: a percentile read from bins is right within 7 %. */
export const binsPerE = 8;

/** The greatest duration of a bin; a bin's number is its logarithm, cut. */
export function binEndMs(bin: number): number {
  return Math.exp((bin + 1) / binsPerE);
}

/** When a schedule fires next. */
export interface NextFiring {
  readonly templateId: string;
  readonly templateName: string;
  readonly dialect: DialectName;
  readonly namespace: string;
  readonly nextAtMs: number;
}

/** A line of the ledger with its template's name. */
export interface NamedFiring extends Firing {
  readonly templateName: string;
}

/** Most runs that one call looks at, so that its cost does not grow with what is stored. */
export const runScanLimit = 20_000;
/** Most time that a search goes on looking when filters leave little; it may be exceeded by one look. */
export const runScanMs = 40;

/**
 * Lists of runs for people who look, at any number of stored runs. Hidden runs, and those of hidden
 * templates, are not among them. Part of `Store`.
 */
export interface RunListStore {
  /** Pages from the newest back; a few rows may come with a place to go on. */
  searchRuns(query: RunSearch): Promise<RunSearchPage>;
  /** Unfinished ones, the newest first. */
  unfinishedRuns(query: {
    readonly templateId?: string;
    readonly limit: number;
  }): Promise<readonly ListedRun[]>;
  /** Runs that are new or ended since, in the order of acceptance. */
  changedRuns(query: RunChangesQuery): Promise<readonly ListedRun[]>;
  /** Runs by place, in no order; absent where there is none. At most 1,000. */
  runsAt(positions: readonly number[]): Promise<readonly ListedRun[]>;
  /** Place of the newest run, hidden ones included; 0 = there is none. */
  newestPosition(): Promise<number>;
  /** Runs that are due before this time and wait all the same, the longest waiting first. */
  lateRuns(dueBeforeMs: number, limit: number): Promise<readonly ListedRun[]>;
  /**
   * What ended from a time on, inclusive, until another, exclusive, or after a place; counts the
   * next `limit` ends in their order. `next`: where to go on; null = that was all.
   */
  endedRuns(query: {
    readonly fromMs: number;
    readonly untilMs: number;
    readonly after: EndPosition | null;
    readonly limit: number;
  }): Promise<{ readonly cells: readonly EndedCell[]; readonly next: EndPosition | null }>;
  /** Firings without a run that were decided within this time, the latest first. Those that the schedule itself leaves out are none. */
  missedFirings(fromMs: number, untilMs: number, limit: number): Promise<readonly NamedFiring[]>;
  /** The next firings of all templates, the soonest first; one for each template. */
  nextFirings(limit: number): Promise<readonly NextFiring[]>;
  /** Live attempts of all servers, by executor. */
  activeByExecutor(): Promise<readonly { readonly executor: string; readonly active: number }[]>;
}
