import { limitReason, priorityOf } from '../../domain/run-limits.ts';
import { attemptId, type RunDetail, type StopCause } from '../../domain/run.ts';
import { transition } from '../../domain/states.ts';
import type { AttemptHandle, ClaimedAttempt, ClaimRequest } from '../../ports/store.ts';
import type { RunJoined } from '../sql/rows.ts';
import type { DueRun } from './run-limits.ts';
import { finishRun, stopRuns } from './stops.ts';
import type { Work } from './work.ts';

/** Work of one claim as it gathers. */
export interface Harvest {
  readonly work: Work;
  readonly request: ClaimRequest;
  readonly attempts: ClaimedAttempt[];
  readonly stop: AttemptHandle[];
  readonly finished: string[];
  /** Templates that others have locked: their runs are left for a claim that waits. */
  readonly blocked: Set<number>;
  /** Runs that have to wait for a place from now on. */
  held: number;
}

/** Whether it runs now; not when nothing can run it. */
export function start(harvest: Harvest, row: DueRun, detail: RunDetail): boolean {
  const { work, request } = harvest;
  const { nowMs, fence } = request;
  const routed = request.route(detail.spec);
  if ('refusal' in routed) {
    finishRun(work, row, 'failed', null, routed.refusal, nowMs);
    harvest.finished.push(row.id);
    return false;
  }
  const now = Math.min(row.replicas, request.limit - harvest.attempts.length);
  const deadline = detail.spec.timeoutMs === null ? null : nowMs + detail.spec.timeoutMs;
  const state = transition('run', 'queued', 'running');
  work.changeRun(row, {
    state,
    started_at: nowMs,
    deadline_at: deadline,
    active: now,
    claimed_by: fence,
    ...(row.max_running === null ? {} : { hold: null, limit_n: row.own_limit }),
  });
  const started: RunDetail = {
    ...detail,
    state,
    hold: null,
    startedAtMs: nowMs,
    deadlineAtMs: deadline,
    active: now,
  };
  for (let idx = 0; idx < row.replicas; idx += 1) {
    if (idx < now) addClaimed(harvest, row.n, started, idx, 1, routed.executor);
    else work.putInstance({ run_n: row.n, idx, state: 'pending', attempt: 0, due_at: nowMs });
  }
  if (now < row.replicas) work.tx.wake = true;
  return true;
}

/** Lets a run wait: claims do not come across it until a place is free. */
export function holdForPlace(
  harvest: Harvest,
  limitN: number,
  max: number,
  row: DueRun,
  { spec }: RunDetail,
): void {
  const { work, request } = harvest;
  if (row.limit_n === null) {
    work.event(row.n, request.nowMs, 'run', 'queued', 'queued', limitReason(max));
  }
  work.changeRun(row, { hold: 'limited', limit_n: limitN, priority: priorityOf(spec) });
  harvest.held += 1;
}

/** Asks runs of a claim to stop. */
export async function stopThem(
  harvest: Harvest,
  runs: readonly RunJoined[],
  cause: StopCause,
  message: string,
): Promise<void> {
  const { work, request } = harvest;
  const handles = await stopRuns(work, runs, cause, () => message, request.nowMs);
  for (const run of runs) {
    const stop = handles.get(run.n) ?? [];
    harvest.stop.push(...stop);
    if (stop.length === 0) harvest.finished.push(run.id);
  }
}

/** Adds an attempt that is the claimer's from here on. */
export function addClaimed(
  harvest: Harvest,
  runN: number,
  run: RunDetail,
  index: number,
  number: number,
  executor: string,
): void {
  const { work, request, attempts } = harvest;
  const { fence, nowMs } = request;
  work.addAttempt({
    run_n: runN,
    idx: index,
    number,
    state: 'claimed',
    executor,
    fence,
    adopted: 0,
    pid: null,
    exit_code: null,
    signal: null,
    message: '',
    worker: '',
    result: '',
    progress: '',
    claimed_at: nowMs,
    started_at: null,
    ended_at: null,
  });
  const id = attemptId(run.id, index, number);
  attempts.push({ attemptId: id, executor, fence, index, number, run });
}
