import type { AttemptRow, InstanceRow } from '../sql/schema.ts';
import type { RunJoined } from '../sql/rows.ts';
import { UsualChanges } from './flush-usual.ts';
import { flushChanges } from './flush.ts';
import { rowsJson } from './json-rows.ts';
import type { LockedRun } from './locked-run.ts';
import { countFromEnd } from './schedules-sql.ts';
import type { Bound, Statement, Transaction } from './transactions.ts';

/** Columns of a run with its template, as every read selects them. */
export const runColumns = `r.*, t.id as template_id, t.name as template_name, t.dialect as dialect, t.namespace as namespace`;

/** A line for the run's story; its number is given when it is written. */
interface NewEvent {
  readonly run_n: number;
  /** 1 for the run's first line of this flush. */
  readonly ord: number;
  readonly at: number;
  readonly subject: string;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly reason: string;
}

/**
 * What one transaction has read and will write. Rows are changed in memory and written together
 * by a few statements, so that a batch costs as many round trips as a single request.
 *
 * Invariant, which every writer keeps: whoever changes a run, its instances or its attempts has
 * locked the run's row first. Templates are locked before runs, each kind in order of `n`.
 */
export class Work {
  readonly tx: Transaction;
  /** Runs this transaction has locked, by their `n`. */
  readonly runs = new Map<number, LockedRun>();
  /** Attempts this transaction looks at, by `attemptKey`. */
  readonly attempts = new Map<string, AttemptRow>();
  /** Templates in which a run ended or waits: what they hold back may be free now. */
  readonly settling = new Set<number>();
  /** Limits of which a run has ended: its place is free for one that waits. */
  readonly places = new Set<number>();
  /** Whether runs that waited for such a place may begin now. */
  placesGiven = false;
  readonly #shard: number;
  readonly #changedRuns = new Set<LockedRun>();
  /** Those of them that were queued before. */
  readonly #begunRuns = new Set<LockedRun>();
  readonly #changedAttempts = new Set<AttemptRow>();
  #newAttempts: AttemptRow[] = [];
  #instances: InstanceRow[] = [];
  #events: NewEvent[] = [];
  #lines = new Map<number, number>();
  #unfinished = 0;
  /** Templates in which a scheduled run ended, with the time. */
  readonly #scheduledEnds = new Map<number, number>();

  /** `shard`: which part of the counter of unfinished runs this transaction adds to. */
  constructor(tx: Transaction, shard: number) {
    this.tx = tx;
    this.#shard = shard;
  }

  /**
   * Locks the runs that a statement selects (with at least `lockedColumns`, and a locking clause). A run that
   * is locked already comes back as the same object.
   */
  async lockRuns<R extends LockedRun = RunJoined>(
    query: Statement,
    values: readonly Bound[],
  ): Promise<R[]> {
    await this.flush();
    const rows = await this.tx.rows<R>(query, values);
    return rows.map((row) => {
      const known = this.runs.get(row.n);
      if (known !== undefined) return Object.assign(known, row);
      this.runs.set(row.n, row);
      return row;
    });
  }

  /** Changes a locked run. */
  changeRun(run: LockedRun, change: Partial<LockedRun>): void {
    if (change.started_at !== undefined) this.#begunRuns.add(run);
    Object.assign(run, change);
    this.#changedRuns.add(run);
  }

  changeAttempt(attempt: AttemptRow, change: Partial<AttemptRow>): void {
    Object.assign(attempt, change);
    this.#changedAttempts.add(attempt);
  }

  /** Adds a claimed one. */
  addAttempt(attempt: AttemptRow): void {
    this.#newAttempts.push(attempt);
  }

  /** Writes what an instance is beyond what its attempts tell; at most once before a flush. */
  putInstance(instance: InstanceRow): void {
    this.#instances.push(instance);
  }

  /** Counts runs that began (+) or ended (-). */
  countUnfinished(change: number): void {
    this.#unfinished += change;
  }

  /** Remembers the end of a run that a schedule started: a fixed delay counts from it. */
  scheduledRunEnded(templateN: number, atMs: number): void {
    this.#scheduledEnds.set(templateN, atMs);
  }

  /** Lets schedules with a fixed delay go on that waited for a run that has ended. */
  async countFromEnds(): Promise<void> {
    if (this.#scheduledEnds.size === 0) return;
    const ends = [...this.#scheduledEnds].map(([n, at]) => ({ template_n: n, at }));
    this.#scheduledEnds.clear();
    ends.sort((a, b) => a.template_n - b.template_n);
    const moved = await this.tx.rows(countFromEnd, [rowsJson(ends)]);
    if (moved.length > 0) this.tx.wake = true;
  }

  /** Appends one line to the run's story. */
  event(
    runN: number,
    at: number,
    subject: string,
    from: string | null,
    to: string,
    reason: string,
  ): void {
    const ord = (this.#lines.get(runN) ?? 0) + 1;
    this.#lines.set(runN, ord);
    this.#events.push({ run_n: runN, ord, at, subject, from_state: from, to_state: to, reason });
  }

  /** Writes what has gathered, so that the next statement sees it. */
  async flush(): Promise<void> {
    await this.#write(0);
  }

  /** Writes the rest. The counter comes last, so that its row is locked for the commit only. */
  async finish(): Promise<void> {
    await this.countFromEnds();
    const unfinished = this.#unfinished;
    this.#unfinished = 0;
    await this.#write(unfinished);
  }

  async #write(unfinished: number): Promise<void> {
    const usual = new UsualChanges();
    const runs: LockedRun[] = [];
    for (const run of this.#changedRuns) {
      if (!usual.takeRun(run, this.#begunRuns.has(run))) runs.push(run);
    }
    const attempts: AttemptRow[] = [];
    for (const attempt of this.#changedAttempts) {
      if (!usual.takeAttempt(attempt)) attempts.push(attempt);
    }
    for (const attempt of this.#newAttempts) usual.addClaimed(attempt);
    const others = [runs.map(changeable), this.#instances, attempts, this.#events];
    this.#changedRuns.clear();
    this.#begunRuns.clear();
    this.#changedAttempts.clear();
    this.#newAttempts = [];
    this.#instances = [];
    this.#events = [];
    this.#lines = new Map();
    if (others.some((rows) => rows.length > 0)) {
      await this.tx.rows(flushChanges, others.map(rowsJson));
    }
    if (unfinished !== 0 || !usual.empty) {
      await this.tx.rows(UsualChanges.statement, usual.values(this.#shard, unfinished));
    }
  }
}

/** What of a run can change; its long texts never do. */
function changeable(run: LockedRun): object {
  const { n, state, hold, stop_cause, message, active, succeeded, failed } = run;
  const { started_at, ended_at, deadline_at, claimed_by, limit_n, priority } = run;
  const counts = { active, succeeded, failed };
  const times = { started_at, ended_at, deadline_at };
  const limit = { limit_n, priority };
  return { n, state, hold, stop_cause, message, claimed_by, ...counts, ...times, ...limit };
}

/** Names an attempt within a transaction. */
export function attemptKey(runN: number, index: number, number: number): string {
  return `${runN}.${index}.${number}`;
}
