import { DomainError } from '../../domain/errors.ts';
import { stoppedRunState } from '../../domain/progress.ts';
import { attemptId, type StopCause } from '../../domain/run.ts';
import { type AttemptState, isFinal, type RunState, transition } from '../../domain/states.ts';
import type { AttemptHandle, StopResult } from '../../ports/store.ts';
import { type RunJoined, toRun } from '../sql/rows.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { runEndReason } from '../sql/story.ts';
import { releaseLimited } from './run-limits.ts';
import { lockedColumns, type LockedRun } from './locked-run.ts';
import { statement } from './transactions.ts';
import { attemptKey, runColumns, type Work } from './work.ts';

/** Most overdue runs stopped in one transaction; the rest follow in the next. */
const MAX_OVERDUE_BATCH = 100;

const lockById = statement(
  'run-lock',
  `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.id = $1 for no key update of r`,
);
const liveAttempts = statement(
  'stop-live',
  `select * from attempts where run_n = any($1::bigint[]) and state in ('claimed', 'running', 'stopping')
   order by run_n, idx, number`,
);
const stopAttempts = statement(
  'stop-attempts',
  `update attempts set state = 'stopping' where run_n = any($1::bigint[]) and state in ('claimed', 'running')`,
);
const stopPending = statement(
  'stop-pending',
  `update instances set state = 'stopped' where run_n = any($1::bigint[]) and state = 'pending'`,
);
// Rows that another server is stopping or reporting on are not waited for: it does the work.
const overdue = statement(
  'overdue',
  `select ${runColumns} from runs r join templates t on t.n = r.template_n
   where r.state = 'running' and r.deadline_at is not null and r.deadline_at <= $1
   order by r.deadline_at, r.n limit ${MAX_OVERDUE_BATCH} for no key update of r skip locked`,
);
const nextDeadline = statement(
  'next-deadline',
  `select min(deadline_at) as at from runs where state = 'running' and deadline_at is not null`,
);
const replacingRuns = statement(
  'held-replacing',
  `select ${lockedColumns} from runs r
   where r.template_n = any($1::bigint[]) and r.state = 'queued' and r.hold = 'replacing'
   order by r.n for no key update`,
);
const suspendedRuns = statement(
  'held-suspended',
  `select ${runColumns} from runs r join templates t on t.n = r.template_n
   where r.template_n = $1 and r.state = 'queued' and r.hold = 'suspended'
   order by r.n for no key update of r`,
);
const withNothingAhead = statement(
  'held-free',
  `select h.n from runs h where h.n = any($1::bigint[]) and not exists (
     select 1 from runs o where o.template_n = h.template_n and o.n <> h.n
       and o.state in ('queued', 'running', 'stopping') and (o.state <> 'queued' or o.n < h.n))`,
);

/** Locks a run, hidden ones too. @throws DomainError `run-not-found`. */
export async function lockRun(work: Work, runId: string): Promise<RunJoined> {
  const [run] = await work.lockRuns(lockById, [runId]);
  if (run === undefined) {
    throw new DomainError('run-not-found', `there is no run ${runId}`, { runId });
  }
  return run;
}

/**
 * Asks locked runs to stop. Queued ones end here; running ones become `stopping` and end when the
 * last attempt is confirmed ended. Repeating it changes nothing.
 * @returns the attempts to stop, by the `n` of their run; a run without any has ended.
 */
export async function stopRuns(
  work: Work,
  runs: readonly LockedRun[],
  cause: StopCause,
  message: (run: LockedRun) => string,
  nowMs: number,
): Promise<ReadonlyMap<number, readonly AttemptHandle[]>> {
  const handles = new Map<number, AttemptHandle[]>(runs.map(({ n }) => [n, []]));
  for (const run of runs) {
    if (run.state === 'queued') {
      finishRun(work, run, stoppedRunState(cause), cause, message(run), nowMs);
    }
  }
  const alive = runs.filter(({ state }) => !isFinal('run', state as RunState));
  if (alive.length === 0) return handles;

  await work.flush();
  const rows = await work.tx.rows<AttemptRow>(liveAttempts, [alive.map(({ n }) => n)]);
  const live = new Map<number, AttemptRow[]>(alive.map(({ n }) => [n, []]));
  for (const row of rows) live.get(row.run_n)?.push(row);
  // Another server may own some of them: it is told to look for what it has to stop.
  if (rows.length > 0) work.tx.wake = true;
  const stopping = alive.filter(({ state }) => state === 'running');
  for (const run of stopping) {
    const reason = message(run);
    const next = transition('run', 'running', 'stopping');
    work.changeRun(run, { state: next, stop_cause: cause, message: reason, deadline_at: null });
    work.event(run.n, nowMs, 'run', 'running', next, reason);
    for (const attempt of live.get(run.n) ?? []) stopAttempt(work, attempt, reason, nowMs);
  }
  const ns = stopping.map(({ n }) => n);
  if (ns.length > 0) {
    await work.tx.rows(stopPending, [ns]);
    await work.tx.rows(stopAttempts, [ns]);
  }
  for (const run of alive) {
    const own = live.get(run.n) ?? [];
    handles.set(
      run.n,
      own.map(({ idx, number, executor, fence }) => ({
        attemptId: attemptId(run.id, idx, number),
        executor,
        fence,
      })),
    );
    if (own.length === 0) settleStopped(work, run, nowMs);
  }
  return handles;
}

/** Asks one run to stop. @throws DomainError `run-not-found`. */
export async function stopRun(
  work: Work,
  runId: string,
  cause: StopCause,
  message: string,
  nowMs: number,
): Promise<StopResult> {
  const run = await lockRun(work, runId);
  const handles = await stopRuns(work, [run], cause, () => message, nowMs);
  const stop = handles.get(run.n) ?? [];
  await releaseReplacing(work, nowMs);
  return { run: toRun(run), finished: stop.length === 0, stop };
}

/** Stops runs past their deadline, a bounded number at a time. */
export async function stopOverdue(
  work: Work,
  nowMs: number,
): Promise<{ stop: AttemptHandle[]; finished: string[]; nextDeadlineMs: number | null }> {
  const runs = await work.lockRuns(overdue, [nowMs]);
  const limitS = new Map(
    runs.map((run) => [run.n, ((run.deadline_at ?? 0) - (run.started_at ?? 0)) / 1000]),
  );
  const handles = await stopRuns(
    work,
    runs,
    'timeout',
    ({ n }) => `stopped: ran longer than its timeout of ${limitS.get(n) ?? 0} s`,
    nowMs,
  );
  await releaseReplacing(work, nowMs);
  await work.flush();
  const [next] = await work.tx.rows<{ at: number | null }>(nextDeadline);
  return {
    stop: [...handles.values()].flat(),
    finished: runs.filter(({ n }) => handles.get(n)?.length === 0).map(({ id }) => id),
    nextDeadlineMs: next?.at ?? null,
  };
}

/** Ends a stopping run once nothing of it is alive. */
export function settleStopped(work: Work, run: LockedRun, nowMs: number): void {
  const cause = (run.stop_cause ?? 'user') as StopCause;
  finishRun(work, run, stoppedRunState(cause), cause, run.message, nowMs);
}

/** Writes a final state; `releaseReplacing` then lets go of the runs that waited for it. */
export function finishRun(
  work: Work,
  run: LockedRun,
  to: 'succeeded' | 'failed' | 'canceled',
  cause: StopCause | null,
  message: string,
  nowMs: number,
): void {
  const from = run.state;
  transition('run', from as RunState, to);
  // One that waits for a place had none to give.
  if (run.limit_n !== null && (from !== 'queued' || run.hold === null))
    work.places.add(run.limit_n);
  work.changeRun(run, {
    state: to,
    stop_cause: cause,
    message,
    ended_at: nowMs,
    deadline_at: null,
    hold: null,
    active: 0,
  });
  // A success is told by the run's row.
  if (to !== 'succeeded') work.event(run.n, nowMs, 'run', from, to, runEndReason(message));
  work.countUnfinished(-1);
  if (run.scheduled_at !== null) work.scheduledRunEnded(run.template_n, nowMs);
  work.settling.add(run.template_n);
}

/** Lets runs held by a suspension start; their template is locked. True when there was one. */
export async function releaseSuspended(
  work: Work,
  templateN: number,
  nowMs: number,
): Promise<boolean> {
  const held = await work.lockRuns(suspendedRuns, [templateN]);
  for (const run of held) release(work, run, 'the template was resumed', nowMs);
  return held.length > 0;
}

/**
 * Lets runs start that waited for others of their template, where those have ended by now.
 * The waiting run's lock is what serializes two transactions that each end one of the runs it
 * waits for: the second of them looks after the first has committed, so one of them sees all ended.
 * Places under a limit are given on last: limits are locked after runs.
 * @returns templates with a released run.
 */
export async function releaseReplacing(work: Work, nowMs: number): Promise<ReadonlySet<number>> {
  const released = await releaseReplacingRuns(work, nowMs);
  if (await releaseLimited(work)) work.placesGiven = true;
  return released;
}

async function releaseReplacingRuns(work: Work, nowMs: number): Promise<ReadonlySet<number>> {
  const released = new Set<number>();
  if (work.settling.size === 0) return released;
  const held = await work.lockRuns<LockedRun>(replacingRuns, [[...work.settling]]);
  work.settling.clear();
  if (held.length === 0) return released;
  const free = await work.tx.rows<{ n: number }>(withNothingAhead, [held.map(({ n }) => n)]);
  const freeNs = new Set(free.map(({ n }) => n));
  for (const run of held.filter(({ n }) => freeNs.has(n))) {
    release(work, run, 'the runs it replaces have stopped', nowMs);
    released.add(run.template_n);
  }
  return released;
}

function release(work: Work, run: LockedRun, reason: string, nowMs: number): void {
  work.changeRun(run, { hold: null });
  work.event(run.n, nowMs, 'run', 'queued', 'queued', reason);
  work.tx.wake = true;
}

/** The row itself is changed by `stopAttempts`, all at once; here what this transaction remembers of it. */
function stopAttempt(work: Work, row: AttemptRow, reason: string, nowMs: number): void {
  if (row.state === 'stopping') return;
  const next = transition('attempt', row.state as AttemptState, 'stopping');
  work.event(row.run_n, nowMs, `#${row.idx}.${row.number}`, row.state, next, reason);
  const known = work.attempts.get(attemptKey(row.run_n, row.idx, row.number));
  if (known !== undefined) known.state = next;
}
