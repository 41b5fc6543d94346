import { decideStart } from '../../domain/admission.ts';
import { attemptId, type StopCause } from '../../domain/run.ts';
import type {
  AttemptHandle,
  ClaimedAttempt,
  ClaimRequest,
  ClaimResult,
  RunOverride,
} from '../../ports/store.ts';
import type { RunDetail } from '../../domain/run.ts';
import { limitReason } from '../../domain/run-limits.ts';
import { type RunJoined, toRun } from '../sql/rows.ts';
import { type DueRun, dueRunColumns, dueRunJoins, inOrder, type RunLimits } from './run-limits.ts';
import { lazy, runColumns, type Session } from './session.ts';
import type { Stops } from './stops.ts';

interface DueInstance {
  readonly run_n: number;
  readonly idx: number;
  readonly attempt: number;
}

/** `DueRun`s where nothing is limited. */
const unlimitedRuns = `${runColumns}, t.suspended as template_suspended, null as own_limit, null as max_running
  from runs r join templates t on t.n = r.template_n`;
/** Most runs that one claim lets wait for a place: more are looked at by the next. */
const MAX_HELD = 1_000;

/** Work of one claim transaction as it gathers. */
interface Harvest {
  readonly request: ClaimRequest;
  readonly attempts: ClaimedAttempt[];
  readonly stop: AttemptHandle[];
  readonly finished: string[];
  /** Runs that have to wait for a place from now on. */
  held: number;
}

/** Taking what is due: the rows exist before anything is started, so nothing is started twice. */
export class Claims {
  readonly #session: Session;
  readonly #stops: Stops;
  readonly #limits: RunLimits;
  readonly #dueInstances;
  readonly #dueRuns;
  readonly #dueLimitedRuns;
  readonly #othersAhead;
  readonly #runByN;
  readonly #startRun;
  readonly #startLimitedRun;
  readonly #addActive;
  readonly #insertPending;
  readonly #activateInstance;
  readonly #insertAttempt;
  readonly #hold;
  readonly #nextDue;

  constructor(session: Session, stops: Stops, limits: RunLimits) {
    this.#session = session;
    this.#stops = stops;
    this.#limits = limits;
    const { db } = session;
    this.#dueInstances = lazy(() =>
      db.prepare(
        `select run_n, idx, attempt from instances where state = 'pending' and due_at <= ? order by due_at, run_n, idx limit ?`,
      ),
    );
    const due = (from: string): string =>
      `select ${from}
         where r.state = 'queued' and r.hold is null and r.not_before <= ? order by r.not_before, r.n limit ?`;
    this.#dueRuns = lazy(() => db.prepare(due(unlimitedRuns)));
    this.#dueLimitedRuns = lazy(() =>
      db.prepare(due(`${dueRunColumns} from runs r ${dueRunJoins}`)),
    );
    this.#othersAhead = lazy(() =>
      db.prepare(
        `select id from runs indexed by runs_unfinished where template_n = ? and n <> ?
           and state in ('queued', 'running', 'stopping') and (state <> 'queued' or (n < ? and not_before <= ?)) order by n`,
      ),
    );
    this.#runByN = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.n = ?`,
      ),
    );
    this.#startRun = lazy(() =>
      db.prepare(
        `update runs set state = 'running', started_at = ?, deadline_at = ?, active = ?, claimed_by = ? where n = ?`,
      ),
    );
    this.#startLimitedRun = lazy(() =>
      db.prepare(
        `update runs set state = 'running', started_at = ?, deadline_at = ?, active = ?, claimed_by = ?,
           hold = null, limit_n = ? where n = ?`,
      ),
    );
    this.#addActive = lazy(() => db.prepare('update runs set active = active + 1 where n = ?'));
    this.#insertPending = lazy(() =>
      db.prepare(
        `insert into instances (run_n, idx, state, attempt, due_at) values (?, ?, 'pending', 0, ?)`,
      ),
    );
    this.#activateInstance = lazy(() =>
      db.prepare(`update instances set state = 'active', attempt = ? where run_n = ? and idx = ?`),
    );
    this.#insertAttempt = lazy(() =>
      db.prepare(
        `insert into attempts (run_n, idx, number, state, executor, fence, adopted, message, claimed_at) values (?, ?, ?, 'claimed', ?, ?, 0, '', ?)`,
      ),
    );
    this.#hold = lazy(() => db.prepare('update runs set hold = ? where n = ?'));
    this.#nextDue = lazy(() =>
      db.prepare(
        `select min(at) as at from (
           select min(due_at) as at from instances where state = 'pending'
           union all select min(not_before) from runs where state = 'queued' and hold is null)`,
      ),
    );
  }

  claim(request: ClaimRequest): ClaimResult {
    const harvest: Harvest = { request, attempts: [], stop: [], finished: [], held: 0 };
    this.#claimPending(harvest);
    // A run in the page may be held or refused, so that room is left: look again until the
    // room or the queue is used up. Every turn moves at least one run out of the queue.
    while (harvest.attempts.length < request.limit && this.#claimRuns(harvest)) {
      /* the next page */
    }
    const next = this.#nextDue().get() as { at: number | null };
    return {
      attempts: harvest.attempts,
      stop: harvest.stop,
      finished: harvest.finished,
      nextDueMs: next.at,
      ...(harvest.held >= MAX_HELD ? { more: true } : {}),
    };
  }

  /** Retries and instances that found no room before. */
  #claimPending(harvest: Harvest): void {
    const { request } = harvest;
    const due = this.#dueInstances().all(request.nowMs, request.limit) as DueInstance[];
    const runs = new Map<number, RunDetail>();
    const stopped = new Set<string>();
    for (const instance of due) {
      let run = runs.get(instance.run_n);
      if (run === undefined) {
        run = this.#detail(this.#runByN().get(instance.run_n) as RunJoined);
        runs.set(instance.run_n, run);
      }
      if (stopped.has(run.id)) continue;
      const routed = request.route(run.spec);
      if ('refusal' in routed) {
        // Its other instances may still run: they are asked to stop, the pending ones go with it.
        this.#stopped(harvest, run.id, 'budget', routed.refusal);
        stopped.add(run.id);
        continue;
      }
      this.#activateInstance().run(instance.attempt + 1, instance.run_n, instance.idx);
      this.#addActive().run(instance.run_n);
      this.#insertClaimed(
        harvest,
        instance.run_n,
        run,
        instance.idx,
        instance.attempt + 1,
        routed.executor,
      );
    }
  }

  /** One page of due runs; false when there is none. */
  #claimRuns(harvest: Harvest): boolean {
    const { request } = harvest;
    const room = request.limit - harvest.attempts.length;
    const due = this.#limits.any ? this.#dueLimitedRuns() : this.#dueRuns();
    const rows = due.all(request.nowMs, room) as DueRun[];
    const limited = new Set<number>();
    for (const row of rows) {
      if (harvest.attempts.length >= request.limit || harvest.held >= MAX_HELD) return false;
      const { own_limit: limitN, max_running: max } = row;
      if (limitN === null || max === null) {
        // A run of this page may have replaced a later one of it.
        if (!harvest.finished.includes(row.id)) this.#startOne(harvest, row, this.#detail(row));
      } else if (!limited.has(limitN)) {
        limited.add(limitN);
        const own = rows.filter((one) => one.own_limit === limitN);
        this.#startLimited(harvest, limitN, max, own);
      }
    }
    return rows.length > 0;
  }

  /** Gives the places of a limit to the first of those that are due and those that wait. */
  #startLimited(harvest: Harvest, limitN: number, max: number, due: readonly DueRun[]): void {
    const { limit, nowMs } = harvest.request;
    const room = (): number => limit - harvest.attempts.length;
    const details = new Map<number, RunDetail>();
    const detail = (row: DueRun): RunDetail => {
      const known = details.get(row.n) ?? this.#detail(row);
      details.set(row.n, known);
      return known;
    };
    let places = this.#limits.places(limitN, max);
    let candidates = due;
    let waiting: readonly DueRun[];
    do {
      waiting = this.#limits.waiting(limitN, Math.min(places, room()));
      for (const row of inOrder([...candidates, ...waiting], detail)) {
        if (harvest.finished.includes(row.id)) continue;
        if (places > 0 && room() > 0) {
          if (this.#startOne(harvest, row, detail(row))) places -= 1;
        } else if (places <= 0 && row.hold === null) {
          this.#limits.hold(limitN, row, detail(row));
          harvest.held += 1;
          if (row.limit_n === null) {
            this.#stops.event(row.n, nowMs, 'run', 'queued', 'queued', limitReason(max));
          }
        }
      }
      candidates = [];
      // Some of them may have failed or been held for something else: their places are free.
    } while (places > 0 && room() > 0 && waiting.length > 0);
    if (places > 0 && room() <= 0) this.#limits.release(limitN);
  }

  /** Whether it runs now. */
  #startOne(harvest: Harvest, row: DueRun, run: RunDetail): boolean {
    const { nowMs, limit, route, fence } = harvest.request;
    const others =
      run.spec.concurrency === 'allow'
        ? []
        : (this.#othersAhead().all(row.template_n, row.n, row.n, nowMs) as { id: string }[]);
    const decision = decideStart({
      suspended: row.template_suspended === 1,
      policy: run.spec.concurrency,
      hasOthersAhead: others.length > 0,
    });
    if (decision.kind === 'fail') {
      this.#stops.finish(row, 'failed', null, decision.reason, nowMs);
      harvest.finished.push(run.id);
      return false;
    }
    if (decision.kind === 'hold') {
      this.#hold().run(decision.hold, row.n);
      this.#stops.event(row.n, nowMs, 'run', 'queued', 'queued', decision.reason);
      if (decision.replaces) {
        for (const { id } of others)
          this.#stopped(harvest, id, 'replaced', `replaced by ${run.id}`);
      }
      return false;
    }
    const routed = route(run.spec);
    if ('refusal' in routed) {
      this.#stops.finish(row, 'failed', null, routed.refusal, nowMs);
      harvest.finished.push(run.id);
      return false;
    }
    const now = Math.min(row.replicas, limit - harvest.attempts.length);
    const deadline = run.spec.timeoutMs === null ? null : nowMs + run.spec.timeoutMs;
    if (row.max_running === null) this.#startRun().run(nowMs, deadline, now, fence, row.n);
    else this.#startLimitedRun().run(nowMs, deadline, now, fence, row.own_limit, row.n);
    const started: RunDetail = {
      ...run,
      state: 'running',
      hold: null,
      startedAtMs: nowMs,
      deadlineAtMs: deadline,
      active: now,
    };
    for (let index = 0; index < row.replicas; index += 1) {
      if (index < now) this.#insertClaimed(harvest, row.n, started, index, 1, routed.executor);
      else this.#insertPending().run(row.n, index, nowMs);
    }
    return true;
  }

  #stopped(harvest: Harvest, runId: string, cause: StopCause, message: string): void {
    const result = this.#stops.stop(runId, cause, message, harvest.request.nowMs);
    harvest.stop.push(...result.stop);
    if (result.finished) harvest.finished.push(runId);
  }

  #insertClaimed(
    harvest: Harvest,
    runN: number,
    run: RunDetail,
    index: number,
    number: number,
    executor: string,
  ): void {
    const { fence, nowMs } = harvest.request;
    this.#insertAttempt().run(runN, index, number, executor, fence, nowMs);
    harvest.attempts.push({
      attemptId: attemptId(run.id, index, number),
      executor,
      fence,
      index,
      number,
      run,
    });
  }

  #detail(row: RunJoined): RunDetail {
    const definition: RunOverride = this.#session.runDefinition(row);
    return {
      ...toRun(row),
      ...definition,
      templateName: row.template_name,
      traceparent: row.traceparent,
    };
  }
}
