import { type AttemptEnd, decideAttemptEnd } from '../../domain/progress.ts';
import { attemptId } from '../../domain/run.ts';
import {
  type AttemptState,
  type InstanceState,
  isFinal,
  type RunState,
  transition,
} from '../../domain/states.ts';
import type { AttemptEndReport, AttemptRef, AttemptReport } from '../../ports/executor.ts';
import type { AttemptHandle, ReportResult } from '../../ports/store.ts';
import type { JobSpec } from '../../domain/template.ts';
import {
  endMessage,
  keptProgress,
  keptResult,
  keptWorker,
  startedReason,
} from '../sql/attempt-notes.ts';
import { endIsTold, startIsTold } from '../sql/story.ts';
import type { RunJoined } from '../sql/rows.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import { lazy, type Session } from './session.ts';
import type { Stops } from './stops.ts';

/** What of a run a report needs; few columns, because this is read for every report. */
type ReportedRun = Pick<
  RunJoined,
  | 'n'
  | 'id'
  | 'template_n'
  | 'revision'
  | 'state'
  | 'hold'
  | 'stop_cause'
  | 'replicas'
  | 'active'
  | 'succeeded'
  | 'failed'
  | 'message'
  | 'scheduled_at'
  | 'limit_n'
  | 'spec'
>;
type ReportedAttempt = Pick<
  AttemptRow,
  'idx' | 'number' | 'state' | 'fence' | 'adopted' | 'message' | 'started_at'
>;

interface Found {
  readonly run: ReportedRun;
  readonly attempt: ReportedAttempt;
}

interface Tally {
  stale: number;
  wake: boolean;
  readonly stop: AttemptHandle[];
  readonly finished: string[];
}

/** What executors tell, checked against the fence and the transition table before it counts. */
export class Reports {
  readonly #session: Session;
  readonly #stops: Stops;
  readonly #run;
  readonly #attempt;
  readonly #setStarted;
  readonly #setProgress;
  readonly #setEnded;
  readonly #putInstance;
  readonly #count;
  readonly #liveOf;
  readonly #refence;

  constructor(session: Session, stops: Stops) {
    this.#session = session;
    this.#stops = stops;
    const { db } = session;
    this.#run = lazy(() =>
      db.prepare(
        `select n, id, template_n, revision, state, hold, stop_cause, replicas, active, succeeded, failed, message, scheduled_at, limit_n, spec
         from runs where id = ?`,
      ),
    );
    this.#attempt = lazy(() =>
      db.prepare(
        'select idx, number, state, fence, adopted, message, started_at from attempts where run_n = ? and idx = ? and number = ?',
      ),
    );
    this.#setStarted = lazy(() =>
      db.prepare(
        'update attempts set state = ?, pid = ?, message = ?, worker = ?, started_at = ? where run_n = ? and idx = ? and number = ?',
      ),
    );
    // One statement with its own checks: a worker may tell how far it is every few seconds.
    this.#setProgress = lazy(() =>
      db.prepare(
        `update attempts set progress = coalesce(?, progress)
         where run_n = (select n from runs where id = ?) and idx = ? and number = ? and fence = ?
           and state in ('claimed', 'running', 'stopping')`,
      ),
    );
    this.#setEnded = lazy(() =>
      db.prepare(
        'update attempts set state = ?, exit_code = ?, signal = ?, message = ?, result = ?, ended_at = ? where run_n = ? and idx = ? and number = ?',
      ),
    );
    this.#putInstance = lazy(() =>
      db.prepare(
        `insert into instances (run_n, idx, state, attempt, due_at) values (?, ?, ?, ?, ?)
         on conflict (run_n, idx) do update set state = excluded.state, due_at = excluded.due_at`,
      ),
    );
    this.#count = lazy(() =>
      db.prepare(
        'update runs set active = active - 1, succeeded = succeeded + ?, failed = failed + ? where n = ?',
      ),
    );
    // Owners from before servers were written down had no host: there was only one.
    this.#liveOf = lazy(() =>
      db.prepare(
        `select r.id as run_id, a.* from attempts a join runs r on r.n = a.run_n
         left join servers owner on owner.fence = a.fence
         where a.state in ('claimed', 'running', 'stopping')
           and (owner.fence is null or owner.host = (select host from servers where fence = ?))
         order by a.run_n, a.idx, a.number`,
      ),
    );
    this.#refence = lazy(() =>
      db.prepare(
        `update attempts set fence = ?, adopted = 1 where run_n = ? and idx = ? and number = ?`,
      ),
    );
  }

  apply(reports: readonly AttemptReport[], nowMs: number): ReportResult {
    const tally: Tally = { stale: 0, wake: false, stop: [], finished: [] };
    for (const report of reports) {
      if (report.kind === 'progress') {
        if (!this.#progressed(report)) tally.stale += 1;
        continue;
      }
      const found = this.#find(report);
      if (found === null) tally.stale += 1;
      else if (report.kind === 'started') this.#started(found, report);
      else this.#ended(found, report, nowMs, tally);
    }
    return tally;
  }

  /**
   * Gives the attempts without an end of this host to the new owner; reports under an older fence
   * are stale from here on. Those in `known` stay as they are.
   */
  takeOver(
    fence: number,
    known: readonly string[],
  ): (AttemptRef & AttemptHandle & { stopping: boolean })[] {
    const left = new Set(known);
    const taken: (AttemptRef & AttemptHandle & { stopping: boolean })[] = [];
    for (const row of this.#liveOf().all(fence) as (AttemptRow & { run_id: string })[]) {
      const id = attemptId(row.run_id, row.idx, row.number);
      if (left.has(id)) continue;
      this.#refence().run(fence, row.run_n, row.idx, row.number);
      taken.push({
        attemptId: id,
        executor: row.executor,
        fence,
        started: row.started_at !== null,
        stopping: row.state === 'stopping',
      });
    }
    return taken;
  }

  /** Null when the report must not count: unknown, finished, or of an owner that lost it. */
  #find(report: AttemptReport): Found | null {
    const at = parseAttemptId(report.attemptId);
    if (at === null) return null;
    const run = this.#run().get(at.runId) as ReportedRun | undefined;
    if (run === undefined) return null;
    const attempt = this.#attempt().get(run.n, at.index, at.number) as ReportedAttempt | undefined;
    if (attempt === undefined || attempt.fence !== report.fence) return null;
    if (isFinal('attempt', attempt.state as AttemptState)) return null;
    return { run, attempt };
  }

  /** False when the report must not count. */
  #progressed({ attemptId: id, fence, progress }: AttemptReport & { kind: 'progress' }): boolean {
    const at = parseAttemptId(id);
    if (at === null) return false;
    const kept = keptProgress(progress);
    return this.#setProgress().run(kept, at.runId, at.index, at.number, fence).changes > 0;
  }

  #started({ run, attempt }: Found, report: AttemptReport & { kind: 'started' }): void {
    if (attempt.started_at !== null) return;
    // A stop may have been asked before the start was confirmed; the stop stands.
    const next =
      attempt.state === 'claimed'
        ? transition('attempt', 'claimed', 'running')
        : (attempt.state as AttemptState);
    const { idx, number } = attempt;
    const message = attempt.message === '' ? (report.note ?? '') : attempt.message;
    const worker = keptWorker(report);
    this.#setStarted().run(next, report.pid, message, worker, report.atMs, run.n, idx, number);
    if (startIsTold(attempt.state as AttemptState, message)) return;
    this.#stops.event(
      run.n,
      report.atMs,
      `#${idx}.${number}`,
      attempt.state,
      next,
      startedReason(report),
    );
  }

  #ended({ run, attempt }: Found, report: AttemptEndReport, nowMs: number, tally: Tally): void {
    const { retry } = this.#specOf(run);
    const end = toEnd(report, attempt);
    const progress = {
      state: run.state as RunState,
      replicas: run.replicas,
      succeeded: run.succeeded,
      failed: run.failed,
    };
    const decision = decideAttemptEnd(progress, retry, end);

    transition('attempt', attempt.state as AttemptState, decision.attempt);
    const exitCode = end.kind === 'exit' ? end.exitCode : null;
    const signal = end.kind === 'signal' ? end.signal : null;
    this.#setEnded().run(
      decision.attempt,
      exitCode,
      signal,
      endMessage(decision.reason, attempt.message),
      keptResult(report),
      report.atMs,
      run.n,
      attempt.idx,
      attempt.number,
    );
    if (!endIsTold(decision.attempt, attempt.message)) {
      const subject = `#${attempt.idx}.${attempt.number}`;
      const { attempt: to, reason } = decision;
      this.#stops.event(run.n, report.atMs, subject, attempt.state, to, reason);
    }

    transition('instance', 'active', decision.instance as InstanceState);
    if (decision.instance !== 'succeeded') {
      const dueMs = nowMs + decision.retryInMs;
      const { idx, number } = attempt;
      this.#putInstance().run(run.n, idx, decision.instance, number, dueMs);
    }
    const succeeded = decision.instance === 'succeeded' ? 1 : 0;
    const failed = countsAsFailed(decision.attempt, end) ? 1 : 0;
    this.#count().run(succeeded, failed, run.n);
    const after: ReportedRun = {
      ...run,
      active: run.active - 1,
      succeeded: run.succeeded + succeeded,
      failed: run.failed + failed,
    };
    if (decision.instance === 'pending') tally.wake = true;
    this.#settle(after, decision.run, `instance #${attempt.idx} ${decision.reason}`, nowMs, tally);
  }

  #specOf(run: ReportedRun): JobSpec {
    if (run.spec !== null) return JSON.parse(run.spec) as JobSpec;
    return this.#session.revision(run.template_n, run.revision).spec;
  }

  #settle(
    run: ReportedRun,
    verdict: 'continue' | 'complete' | 'give-up',
    reason: string,
    nowMs: number,
    tally: Tally,
  ): void {
    if (verdict === 'complete') {
      if (this.#stops.finish(run, 'succeeded', null, '', nowMs)) tally.wake = true;
      tally.finished.push(run.id);
    } else if (verdict === 'give-up') {
      const result = this.#stops.stop(run.id, 'budget', reason, nowMs);
      tally.stop.push(...result.stop);
      if (result.finished) tally.finished.push(run.id);
      tally.wake = true;
    } else if (run.state === 'stopping' && run.active <= 0) {
      this.#stops.settleStopped(run, nowMs);
      tally.finished.push(run.id);
      tally.wake = true;
    }
  }
}

function toEnd(report: AttemptEndReport, attempt: ReportedAttempt): AttemptEnd {
  if (report.kind === 'lost') return { kind: 'lost', message: report.message };
  if (report.kind === 'refused') {
    const foundSo = attempt.adopted === 1 && attempt.started_at === null;
    const neverStarted = report.again === true || foundSo;
    return { kind: neverStarted ? 'never-started' : 'refused', message: report.message };
  }
  const { stopped, message, final } = report;
  if (report.signal !== null) return { kind: 'signal', signal: report.signal, stopped, message };
  return {
    kind: 'exit',
    exitCode: report.exitCode ?? 0,
    stopped,
    message,
    ...(final === undefined ? {} : { final }),
  };
}

/** Failed attempts are what the budget and the `Failed` counter count; a stop we asked for is none. */
function countsAsFailed(state: AttemptState, end: AttemptEnd): boolean {
  return (state === 'failed' || state === 'lost') && end.kind !== 'never-started';
}
