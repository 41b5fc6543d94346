import { byPriority, priorityOf } from '../../domain/run-limits.ts';
import type { RunDetail } from '../../domain/run.ts';
import type { DialectName } from '../../domain/template.ts';
import type { RunJoined } from '../sql/rows.ts';
import { statement, type Transaction } from './transactions.ts';
import { runColumns, type Work } from './work.ts';

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

const insertLimit = statement(
  'limit-insert',
  `insert into run_limits (dialect, namespace) values ($1, $2) on conflict (dialect, namespace) do nothing`,
);
const findLimit = statement(
  'limit-find',
  `select n, max_running from run_limits where dialect = $1 and namespace = $2`,
);
/** In the order in which reports lock them. */
const lockRunning = statement(
  'limit-lock-running',
  `select r.n from runs r join templates t on t.n = r.template_n
   where t.dialect = $1 and t.namespace = $2 and t.deleted_at is null
     and r.state in ('queued', 'running', 'stopping') and r.state <> 'queued'
   order by r.n for no key update of r`,
);
const markRunning = statement(
  'limit-mark',
  `update runs set limit_n = $1 where n = any($2::bigint[])`,
);
const setMax = statement('limit-set', `update run_limits set max_running = $1 where n = $2`);
const releaseAll = statement(
  'limit-release-all',
  `update runs set hold = null where limit_n = $1 and state = 'queued' and hold = 'limited' returning n`,
);
const releaseOne = statement(
  'limit-release',
  `update runs set hold = null where n in (
     select w.n from unnest($1::bigint[]) as l(n) cross join lateral (
       select r.n from runs r where r.limit_n = l.n and r.state = 'queued' and r.hold = 'limited'
       order by r.priority desc, r.not_before, r.n limit 1 for no key update skip locked) as w)
   returning n`,
);
const lockLimits = statement(
  'limit-lock',
  `select n from run_limits where n = any($1::bigint[]) order by n for no key update`,
);
const lockFreeLimit = statement(
  'limit-lock-free',
  `select max_running from run_limits where n = $1 for no key update skip locked`,
);
const lockLimitsOfTemplates = statement(
  'limit-lock-templates',
  `select l.n from run_limits l where l.max_running is not null and exists (
     select 1 from templates t where t.n = any($1::bigint[]) and t.dialect = l.dialect and t.namespace = l.namespace)
   order by l.n for no key update`,
);
const countRunning = statement(
  'limit-running',
  `select count(*)::integer as running from (
     select 1 from runs where limit_n = $1 and state in ('running', 'stopping') limit $2) as r`,
);
const lockWaiting = statement(
  'limit-waiting',
  `select ${dueRunColumns} from runs r ${dueRunJoins}
   where r.limit_n = $1 and r.state = 'queued' and r.hold = 'limited'
   order by r.priority desc, r.not_before, r.n limit $2 for no key update of r skip locked`,
);

/*
 * Invariant: while a place is free and runs wait for it, at least one run of the limit is due, so
 * that the next claim looks at it and at those that wait. Who gives a place away or lets a run
 * wait has locked the limit, after templates and runs: one of the two sees what the other did.
 */

/** Sets or lifts a limit; true when runs that waited may begin. */
export async function setRunLimit(
  tx: Transaction,
  dialect: DialectName,
  namespace: string,
  maxRunning: number | null,
): Promise<boolean> {
  const key = [dialect, namespace];
  await tx.rows(insertLimit, key);
  const [known] = await tx.rows<{ n: number; max_running: number | null }>(findLimit, key);
  if (known === undefined || known.max_running === maxRunning) return false;
  const { n } = known;
  if (known.max_running === null) {
    // What began while there was no limit counts from here on.
    const running = await tx.rows<{ n: number }>(lockRunning, key);
    await tx.rows(markRunning, [n, running.map((run) => run.n)]);
  }
  await tx.rows(setMax, [maxRunning, n]);
  let released: readonly object[] = [];
  if (maxRunning === null) released = await tx.rows(releaseAll, [n]);
  else if ((await placesOf(tx, n, maxRunning)) > 0) released = await tx.rows(releaseOne, [[n]]);
  if (released.length > 0) tx.wake = true;
  return released.length > 0;
}

/** Gives on the places of runs that have ended; their limits are locked from here on. */
export async function releaseLimited(work: Work): Promise<boolean> {
  if (work.places.size === 0) return false;
  const ns = [...work.places].toSorted((a, b) => a - b);
  work.places.clear();
  await work.flush();
  await work.tx.rows(lockLimits, [ns]);
  const released = await work.tx.rows(releaseOne, [ns]);
  if (released.length > 0) work.tx.wake = true;
  return released.length > 0;
}

/** Makes the first that waits due: it will not be forgotten when there is no room for it now. */
export async function releaseFirst(work: Work, limitN: number): Promise<void> {
  await work.flush();
  const released = await work.tx.rows(releaseOne, [[limitN]]);
  if (released.length > 0) work.tx.wake = true;
}

/** Locks a limit; null when somebody else has it: the claim does not wait. */
export async function lockLimit(tx: Transaction, limitN: number): Promise<number | null> {
  const [row] = await tx.rows<{ max_running: number | null }>(lockFreeLimit, [limitN]);
  // One that was lifted just now lets all of them run.
  return row === undefined ? null : (row.max_running ?? Number.MAX_SAFE_INTEGER);
}

/** Waits for the limits of templates, as the first thing of a transaction after the templates. */
export async function awaitLimits(tx: Transaction, templateNs: readonly number[]): Promise<void> {
  await tx.rows(lockLimitsOfTemplates, [templateNs]);
}

/** How many more may begin; the limit is locked. */
export async function placesOf(
  tx: Transaction,
  limitN: number,
  maxRunning: number,
): Promise<number> {
  const [row] = await tx.rows<{ running: number }>(countRunning, [limitN, maxRunning]);
  return maxRunning - (row?.running ?? 0);
}

/** The first of those that wait, locked. */
export async function lockFirstWaiting(
  work: Work,
  limitN: number,
  count: number,
): Promise<readonly DueRun[]> {
  return count <= 0 ? [] : work.lockRuns<DueRun>(lockWaiting, [limitN, count]);
}

/** Runs in the order in which they get the places. */
export function inOrder(
  rows: readonly DueRun[],
  detail: (row: DueRun) => RunDetail,
): readonly DueRun[] {
  return rows.toSorted((a, b) => byPriority(waitingOf(a), waitingOf(b)));

  function waitingOf(row: DueRun) {
    const priority = row.hold === 'limited' ? (row.priority ?? 0) : priorityOf(detail(row).spec);
    return { priority, notBeforeMs: row.not_before, n: row.n };
  }
}
