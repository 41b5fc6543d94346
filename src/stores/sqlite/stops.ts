import { DomainError } from '../../domain/errors.ts';
import { stoppedRunState } from '../../domain/progress.ts';
import { attemptId, type StopCause } from '../../domain/run.ts';
import { type AttemptState, isFinal, type RunState, transition } from '../../domain/states.ts';
import type { AttemptHandle, StopResult } from '../../ports/store.ts';
import { type RunJoined, toRun } from '../sql/rows.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { runEndReason } from '../sql/story.ts';
import type { RunLimits } from './run-limits.ts';
import { lazy, runColumns, type Session } from './session.ts';

/** Most overdue runs stopped in one transaction; the rest follow in the next. */
const MAX_OVERDUE_BATCH = 100;

/** What of a run its end needs. */
export type EndingRun = Pick<
  RunJoined,
  'n' | 'template_n' | 'state' | 'hold' | 'stop_cause' | 'message' | 'scheduled_at' | 'limit_n'
>;

/** Ending runs: asking their attempts to stop, and writing the final state once none is left. */
export class Stops {
  readonly #session: Session;
  readonly #limits: RunLimits;
  readonly #runById;
  readonly #runByN;
  readonly #liveAttempts;
  readonly #stopAttempt;
  readonly #stopPending;
  readonly #setStopping;
  readonly #setFinal;
  readonly #event;
  readonly #overdue;
  readonly #nextDeadline;
  readonly #heldRuns;
  readonly #unfinishedBefore;
  readonly #release;
  readonly #fireAfter;

  constructor(session: Session, limits: RunLimits) {
    this.#session = session;
    this.#limits = limits;
    const { db } = session;
    this.#runById = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.id = ?`,
      ),
    );
    this.#runByN = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.n = ?`,
      ),
    );
    this.#liveAttempts = lazy(() =>
      db.prepare(
        `select * from attempts where run_n = ? and state in ('claimed', 'running', 'stopping') order by idx, number`,
      ),
    );
    this.#stopAttempt = lazy(() =>
      db.prepare(
        `update attempts set state = 'stopping' where run_n = ? and idx = ? and number = ?`,
      ),
    );
    this.#stopPending = lazy(() =>
      db.prepare(`update instances set state = 'stopped' where run_n = ? and state = 'pending'`),
    );
    this.#setStopping = lazy(() =>
      db.prepare(
        `update runs set state = 'stopping', stop_cause = ?, message = ?, deadline_at = null where n = ?`,
      ),
    );
    this.#setFinal = lazy(() =>
      db.prepare(
        `update runs set state = ?, stop_cause = ?, message = ?, ended_at = ?, deadline_at = null, hold = null, active = 0 where n = ?`,
      ),
    );
    this.#event = lazy(() =>
      db.prepare(
        `insert into events (run_n, seq, at, subject, from_state, to_state, reason)
         select ?, coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ? from events where run_n = ?`,
      ),
    );
    this.#overdue = lazy(() =>
      db.prepare(
        `select id from runs where state = 'running' and deadline_at is not null and deadline_at <= ? order by deadline_at limit ${MAX_OVERDUE_BATCH}`,
      ),
    );
    this.#nextDeadline = lazy(() =>
      db.prepare(
        `select min(deadline_at) as at from runs where state = 'running' and deadline_at is not null`,
      ),
    );
    this.#heldRuns = lazy(() =>
      db.prepare(
        `select n, id, hold from runs where template_n = ? and state = 'queued' and hold in ('suspended', 'replacing') order by n`,
      ),
    );
    this.#unfinishedBefore = lazy(() =>
      db.prepare(
        `select n from runs where template_n = ? and n <> ? and state in ('queued', 'running', 'stopping') and (state <> 'queued' or n < ?) limit 1`,
      ),
    );
    this.#fireAfter = lazy(() =>
      db.prepare(
        'update schedules set next_at = ? + delay_ms where template_n = ? and delay_ms is not null and next_at is null',
      ),
    );
    this.#release = lazy(() => db.prepare('update runs set hold = null where n = ?'));
  }

  /** Appends one line to the run's story. */
  event(
    runN: number,
    atMs: number,
    subject: string,
    from: string | null,
    to: string,
    reason: string,
  ): void {
    this.#event().run(runN, atMs, subject, from, to, reason, runN);
  }

  /** @throws DomainError `run-not-found`. */
  find(runId: string): RunJoined {
    const row = this.#runById().get(runId) as RunJoined | undefined;
    if (row === undefined)
      throw new DomainError('run-not-found', `there is no run ${runId}`, { runId });
    return row;
  }

  /**
   * Asks a run to stop. Queued runs end here; running ones become `stopping` and end when the
   * last attempt is confirmed ended. Repeating it changes nothing. @throws DomainError `run-not-found`.
   */
  stop(runId: string, cause: StopCause, message: string, nowMs: number): StopResult {
    const row = this.find(runId);
    const state = row.state as RunState;
    if (isFinal('run', state)) return { run: toRun(row), finished: true, stop: [] };
    if (state === 'queued') {
      this.finish(row, stoppedRunState(cause), cause, message, nowMs);
      return { run: this.#reread(row.n), finished: true, stop: [] };
    }
    const live = this.#liveAttempts().all(row.n) as AttemptRow[];
    if (state === 'running') {
      transition('run', state, 'stopping');
      this.#setStopping().run(cause, message, row.n);
      this.event(row.n, nowMs, 'run', 'running', 'stopping', message);
      this.#stopPending().run(row.n);
      for (const attempt of live) {
        if (attempt.state === 'stopping') continue;
        transition('attempt', attempt.state as AttemptState, 'stopping');
        this.#stopAttempt().run(row.n, attempt.idx, attempt.number);
        this.event(
          row.n,
          nowMs,
          `#${attempt.idx}.${attempt.number}`,
          attempt.state,
          'stopping',
          message,
        );
      }
      if (live.length === 0)
        this.settleStopped({ ...row, state: 'stopping', stop_cause: cause, message }, nowMs);
    }
    return {
      run: this.#reread(row.n),
      finished: live.length === 0,
      stop: live.map((attempt) => ({
        attemptId: attemptId(row.id, attempt.idx, attempt.number),
        executor: attempt.executor,
        fence: attempt.fence,
      })),
    };
  }

  /** Ends a stopping run once nothing of it is alive. */
  settleStopped(row: EndingRun, nowMs: number): void {
    const cause = (row.stop_cause ?? 'user') as StopCause;
    this.finish(row, stoppedRunState(cause), cause, row.message, nowMs);
  }

  /** Writes a final state and lets go of runs that waited for it. True when one became startable. */
  finish(
    row: EndingRun,
    to: 'succeeded' | 'failed' | 'canceled',
    cause: StopCause | null,
    message: string,
    nowMs: number,
  ): boolean {
    transition('run', row.state as RunState, to);
    this.#setFinal().run(to, cause, message, nowMs, row.n);
    // A success is told by the run's row.
    if (to !== 'succeeded') this.event(row.n, nowMs, 'run', row.state, to, runEndReason(message));
    this.#session.countUnfinished(-1);
    // Only a fixed-delay schedule waits for this.
    if (row.scheduled_at !== null) this.#fireAfter().run(nowMs, row.template_n);
    const released = this.#releaseReplacing(row.template_n, nowMs);
    // One that waits for a place had none to give.
    if (row.limit_n === null || (row.state === 'queued' && row.hold !== null)) return released;
    return this.#limits.release(row.limit_n) || released;
  }

  /** Lets runs held by a suspension start. True when there was one. */
  releaseSuspended(templateN: number, nowMs: number): boolean {
    const held = (this.#heldRuns().all(templateN) as { n: number; hold: string }[]).filter(
      (r) => r.hold === 'suspended',
    );
    for (const run of held) {
      this.#release().run(run.n);
      this.event(run.n, nowMs, 'run', 'queued', 'queued', 'the template was resumed');
    }
    return held.length > 0;
  }

  #releaseReplacing(templateN: number, nowMs: number): boolean {
    let released = false;
    for (const run of this.#heldRuns().all(templateN) as { n: number; hold: string }[]) {
      if (
        run.hold !== 'replacing' ||
        this.#unfinishedBefore().get(templateN, run.n, run.n) !== undefined
      )
        continue;
      this.#release().run(run.n);
      this.event(run.n, nowMs, 'run', 'queued', 'queued', 'the runs it replaces have stopped');
      released = true;
    }
    return released;
  }

  /** Stops runs past their deadline, a bounded number at a time. */
  stopOverdue(nowMs: number): {
    stop: AttemptHandle[];
    finished: string[];
    nextDeadlineMs: number | null;
  } {
    const stop: AttemptHandle[] = [];
    const finished: string[] = [];
    for (const { id } of this.#overdue().all(nowMs) as { id: string }[]) {
      const row = this.find(id);
      const limitMs = (row.deadline_at ?? 0) - (row.started_at ?? 0);
      const result = this.stop(
        id,
        'timeout',
        `stopped: ran longer than its timeout of ${limitMs / 1000} s`,
        nowMs,
      );
      stop.push(...result.stop);
      if (result.finished) finished.push(id);
    }
    const next = this.#nextDeadline().get() as { at: number | null };
    return { stop, finished, nextDeadlineMs: next.at };
  }

  #reread(n: number) {
    return toRun(this.#runByN().get(n) as RunJoined);
  }
}
