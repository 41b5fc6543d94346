import { decideStart } from '../../domain/admission.ts';
import { attemptId, type RunDetail, type StopCause } from '../../domain/run.ts';
import { transition } from '../../domain/states.ts';
import type {
  AttemptHandle,
  ClaimedAttempt,
  ClaimRequest,
  ClaimResult,
} from '../../ports/store.ts';
import { type RunJoined, toRun } from '../sql/rows.ts';
import {
  anyAhead,
  awaitTemplates,
  dueInstances,
  dueRuns,
  lockAhead,
  lockFreeTemplates,
  nextDue,
} from './claims-sql.ts';
import { runDefinition, type Revisions, type RevisionsOf } from './revisions.ts';
import { finishRun, releaseReplacing, stopRuns } from './stops.ts';
import type { Work } from './work.ts';

interface DueInstance extends RunJoined {
  readonly idx: number;
  readonly attempt: number;
}

interface DueRun extends RunJoined {
  readonly template_suspended: number;
}

/** Work of one claim as it gathers. */
interface Harvest {
  readonly work: Work;
  readonly request: ClaimRequest;
  readonly attempts: ClaimedAttempt[];
  readonly stop: AttemptHandle[];
  readonly finished: string[];
  /** Templates that others have locked: their runs are left for a claim that waits. */
  readonly blocked: Set<number>;
}

/** A claim, and the templates whose runs it could not decide on without waiting. */
export interface Claimed {
  readonly result: ClaimResult;
  readonly blocked: readonly number[];
}

/** Taking what is due: the rows exist before anything is started, so nothing is started twice. */
export class Claims {
  readonly #revisions: Revisions;

  constructor(revisions: Revisions) {
    this.#revisions = revisions;
  }

  /**
   * Claims within the transaction of `work`. `awaited`: templates to wait for; only as the first
   * thing of a transaction, because templates are locked before runs.
   */
  async claim(
    work: Work,
    request: ClaimRequest,
    awaited: readonly number[] = [],
  ): Promise<Claimed> {
    const harvest: Harvest = {
      work,
      request,
      attempts: [],
      stop: [],
      finished: [],
      blocked: new Set(),
    };
    if (awaited.length > 0) await work.tx.rows(awaitTemplates, [awaited]);
    await this.#claimPending(harvest);
    // A run in the page may be held or refused, so that room is left: look again until the
    // room or the queue is used up. Every turn moves at least one run out of the queue, or
    // leaves one more template aside.
    while (harvest.attempts.length < request.limit && (await this.#claimRuns(harvest))) {
      /* the next page */
    }
    await work.flush();
    const [next] = await work.tx.rows<{ at: number | null }>(nextDue);
    const { attempts, stop, finished, blocked } = harvest;
    const result = { attempts, stop, finished, nextDueMs: next?.at ?? null };
    return { result, blocked: [...blocked] };
  }

  /** Retries and instances that found no room before. */
  async #claimPending(harvest: Harvest): Promise<void> {
    const { work, request } = harvest;
    await work.flush();
    const due = await work.tx.rows<DueInstance>(dueInstances, [request.nowMs, request.limit]);
    if (due.length === 0) return;
    const revisions = await this.#revisions.load(work.tx, due.filter(usesRevision));
    const runs = new Map<number, { run: RunJoined; detail: RunDetail }>();
    const stopped = new Set<number>();
    for (const instance of due) {
      const { idx, attempt, n } = instance;
      const known = runs.get(n) ?? locked(work, instance, revisions);
      runs.set(n, known);
      if (stopped.has(n)) continue;
      const routed = request.route(known.detail.spec);
      if ('refusal' in routed) {
        // Its other instances may still run: they are asked to stop, the pending ones go with it.
        await stopThem(harvest, [known.run], 'budget', routed.refusal);
        stopped.add(n);
        continue;
      }
      const number = attempt + 1;
      transition('instance', 'pending', 'active');
      work.putInstance({
        run_n: n,
        idx,
        state: 'active',
        attempt: number,
        due_at: request.nowMs,
      });
      work.changeRun(known.run, { active: known.run.active + 1 });
      addClaimed(harvest, n, known.detail, idx, number, routed.executor);
    }
    await releaseReplacing(work, request.nowMs);
  }

  /** One page of due runs; false when there is none. */
  async #claimRuns(harvest: Harvest): Promise<boolean> {
    const { work, request, blocked } = harvest;
    const room = request.limit - harvest.attempts.length;
    const rows = await work.lockRuns<DueRun>(dueRuns, [request.nowMs, room, [...blocked]]);
    if (rows.length === 0) return false;
    const revisions = await this.#revisions.load(work.tx, rows.filter(usesRevision));
    const details = new Map(rows.map((row) => [row.n, detailOf(row, revisions)]));
    const careful = rows.filter(
      (row) => row.template_suspended === 1 || details.get(row.n)?.spec.concurrency !== 'allow',
    );
    const suspended = await lockCarefully(harvest, careful);
    for (const row of rows) {
      const detail = details.get(row.n);
      if (detail === undefined || blocked.has(row.template_n)) continue;
      if (harvest.attempts.length >= request.limit) {
        // It was locked and is left: another server may have passed it over.
        work.tx.wake = true;
        break;
      }
      // An earlier run of the page may have replaced it.
      if (row.state !== 'queued') continue;
      const isSuspended = suspended.get(row.template_n) ?? false;
      if (careful.includes(row)) await this.#decideCarefully(harvest, row, detail, isSuspended);
      else start(harvest, row, detail);
    }
    await releaseReplacing(work, request.nowMs);
    return true;
  }

  /** A run whose start depends on others, or on the template; that is locked by now. */
  async #decideCarefully(
    harvest: Harvest,
    row: DueRun,
    detail: RunDetail,
    suspended: boolean,
  ): Promise<void> {
    const { work, request } = harvest;
    const policy = detail.spec.concurrency;
    const key = [row.template_n, row.n, request.nowMs];
    await work.flush();
    const others = policy === 'allow' ? [] : await work.tx.rows(anyAhead, key);
    const decision = decideStart({ suspended, policy, hasOthersAhead: others.length > 0 });
    if (decision.kind === 'start') {
      start(harvest, row, detail);
    } else if (decision.kind === 'fail') {
      finishRun(work, row, 'failed', null, decision.reason, request.nowMs);
      harvest.finished.push(row.id);
    } else {
      work.changeRun(row, { hold: decision.hold });
      work.event(row.n, request.nowMs, 'run', 'queued', 'queued', decision.reason);
      if (decision.replaces) {
        const ahead = await work.lockRuns(lockAhead, key);
        await stopThem(harvest, ahead, 'replaced', `replaced by ${row.id}`);
        // The others may have ended while their locks were waited for.
        work.settling.add(row.template_n);
      }
    }
  }
}

/** Locks the templates of runs that need care; sets aside what others hold. Tells which are suspended. */
async function lockCarefully(
  harvest: Harvest,
  careful: readonly DueRun[],
): Promise<ReadonlyMap<number, boolean>> {
  if (careful.length === 0) return new Map();
  const ns = [...new Set(careful.map((row) => row.template_n))];
  const rows = await harvest.work.tx.rows<{ n: number; suspended: number }>(lockFreeTemplates, [
    ns,
  ]);
  const free = new Map(rows.map(({ n, suspended }) => [n, suspended === 1]));
  for (const n of ns) if (!free.has(n)) harvest.blocked.add(n);
  return free;
}

function start(harvest: Harvest, row: RunJoined, detail: RunDetail): void {
  const { work, request } = harvest;
  const { nowMs, fence } = request;
  const routed = request.route(detail.spec);
  if ('refusal' in routed) {
    finishRun(work, row, 'failed', null, routed.refusal, nowMs);
    harvest.finished.push(row.id);
    return;
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
  });
  const started: RunDetail = {
    ...detail,
    state,
    startedAtMs: nowMs,
    deadlineAtMs: deadline,
    active: now,
  };
  for (let idx = 0; idx < row.replicas; idx += 1) {
    if (idx < now) addClaimed(harvest, row.n, started, idx, 1, routed.executor);
    else work.putInstance({ run_n: row.n, idx, state: 'pending', attempt: 0, due_at: nowMs });
  }
  if (now < row.replicas) work.tx.wake = true;
}

async function stopThem(
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

function addClaimed(
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

/** The run of a due instance, which its statement has locked. */
function locked(
  work: Work,
  row: DueInstance,
  revisions: RevisionsOf,
): { run: RunJoined; detail: RunDetail } {
  const { idx: _idx, attempt: _attempt, ...columns } = row;
  // It may be known with fewer columns; what was changed of it has been written by now.
  const run = Object.assign(work.runs.get(row.n) ?? {}, columns);
  work.runs.set(row.n, run);
  return { run, detail: detailOf(run, revisions) };
}

function detailOf(row: RunJoined, revisions: RevisionsOf): RunDetail {
  return { ...toRun(row), ...runDefinition(row, revisions), templateName: row.template_name };
}

function usesRevision(row: RunJoined): boolean {
  return row.spec === null;
}
