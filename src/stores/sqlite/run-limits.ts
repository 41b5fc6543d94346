import { byPriority, priorityOf } from '../../domain/run-limits.ts';
import type { DialectName } from '../../domain/template.ts';
import type { RunDetail } from '../../domain/run.ts';
import type { RunJoined } from '../sql/rows.ts';
import { lazy, runColumns, type Session } from './session.ts';

/** A run that may begin, with what decides whether it does. */
export interface DueRun extends RunJoined {
  readonly template_suspended: number;
  /** Limit of its namespace, and how many it lets run; null = none. */
  readonly own_limit: number | null;
  readonly max_running: number | null;
}

/** What to select for a `DueRun`, from `runs r`. */
export const dueRunColumns = `${runColumns}, t.suspended as template_suspended, l.n as own_limit, l.max_running as max_running`;
/** A look into a table that is nearly always empty. */
export const dueRunJoins = `join templates t on t.n = r.template_n
  left join run_limits l on l.dialect = t.dialect and l.namespace = t.namespace`;

/**
 * Runs of one namespace at the same time.
 *
 * Invariant: while a place is free and runs wait for it, at least one run of the limit is due, so
 * that the next claim looks at it and at those that wait.
 */
export class RunLimits {
  readonly #find;
  readonly #count;
  #any: boolean | null = null;
  readonly #insert;
  readonly #setMax;
  readonly #mark;
  readonly #running;
  readonly #waiting;
  readonly #releaseOne;
  readonly #releaseAll;
  readonly #hold;

  constructor({ db }: Session) {
    this.#find = lazy(() =>
      db.prepare('select n, max_running from run_limits where dialect = ? and namespace = ?'),
    );
    this.#count = lazy(() => db.prepare('select count(*) from run_limits').pluck());
    this.#insert = lazy(() =>
      db.prepare('insert into run_limits (dialect, namespace) values (?, ?) returning n'),
    );
    this.#setMax = lazy(() => db.prepare('update run_limits set max_running = ? where n = ?'));
    this.#mark = lazy(() =>
      db.prepare(
        `update runs set limit_n = ? where state in ('queued', 'running', 'stopping') and state <> 'queued' and template_n in (
           select n from templates where dialect = ? and namespace = ? and deleted_at is null)`,
      ),
    );
    this.#running = lazy(() =>
      db
        .prepare(
          `select count(*) from (select 1 from runs
             where limit_n = ? and state in ('running', 'stopping') limit ?)`,
        )
        .pluck(),
    );
    this.#waiting = lazy(() =>
      db.prepare(
        `select ${dueRunColumns} from runs r ${dueRunJoins}
         where r.limit_n = ? and r.state = 'queued' and r.hold = 'limited'
         order by r.priority desc, r.not_before, r.n limit ?`,
      ),
    );
    this.#releaseOne = lazy(() =>
      db.prepare(
        `update runs set hold = null where n = (
           select n from runs where limit_n = ? and state = 'queued' and hold = 'limited'
           order by priority desc, not_before, n limit 1)`,
      ),
    );
    this.#releaseAll = lazy(() =>
      db.prepare(
        `update runs set hold = null where limit_n = ? and state = 'queued' and hold = 'limited'`,
      ),
    );
    this.#hold = lazy(() =>
      db.prepare(`update runs set hold = 'limited', limit_n = ?, priority = ? where n = ?`),
    );
  }

  /** Whether there ever was a limit; this process is the only one that sets them. */
  get any(): boolean {
    return (this.#any ??= (this.#count().get() as number) > 0);
  }

  /** Sets or lifts a limit; true when runs that waited may begin. */
  set(dialect: DialectName, namespace: string, maxRunning: number | null): boolean {
    const known = this.#find().get(dialect, namespace) as
      | { n: number; max_running: number | null }
      | undefined;
    if (maxRunning === (known?.max_running ?? null)) return false;
    // Stays so if this is rolled back: then a claim looks in vain.
    this.#any = true;
    const { n } = known ?? (this.#insert().get(dialect, namespace) as { n: number });
    this.#setMax().run(maxRunning, n);
    if (maxRunning === null) return this.#releaseAll().run(n).changes > 0;
    // What began while there was no limit counts from here on.
    if ((known?.max_running ?? null) === null) this.#mark().run(n, dialect, namespace);
    return this.places(n, maxRunning) > 0 && this.release(n);
  }

  /** How many more may begin. */
  places(limitN: number, maxRunning: number): number {
    return maxRunning - (this.#running().get(limitN, maxRunning) as number);
  }

  /** The first of those that wait. */
  waiting(limitN: number, count: number): DueRun[] {
    return count <= 0 ? [] : (this.#waiting().all(limitN, count) as DueRun[]);
  }

  /** Makes the first that waits due; false when none waits. */
  release(limitN: number): boolean {
    return this.#releaseOne().run(limitN).changes > 0;
  }

  /** Lets a run wait; the claim does not come across it until a place is free. */
  hold(limitN: number, row: DueRun, { spec }: RunDetail): void {
    this.#hold().run(limitN, priorityOf(spec), row.n);
  }
}

/** Runs in the order in which they get the places. */
export function inOrder<R extends DueRun>(
  rows: readonly R[],
  detail: (row: R) => RunDetail,
): readonly R[] {
  return rows.toSorted((a, b) => byPriority(waitingOf(a), waitingOf(b)));

  function waitingOf(row: R) {
    const priority = row.hold === 'limited' ? (row.priority ?? 0) : priorityOf(detail(row).spec);
    return { priority, notBeforeMs: row.not_before, n: row.n };
  }
}
