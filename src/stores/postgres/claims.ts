import { decideStart } from '../../domain/admission.ts';
import type { RunDetail } from '../../domain/run.ts';
import { transition } from '../../domain/states.ts';
import type { ClaimRequest, ClaimResult } from '../../ports/store.ts';
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
import { addClaimed, type Harvest, holdForPlace, start, stopThem } from './harvest.ts';
import {
  awaitLimits,
  type DueRun,
  inOrder,
  lockFirstWaiting,
  lockLimit,
  placesOf,
  releaseFirst,
} from './run-limits.ts';
import { runDefinition, type Revisions, type RevisionsOf } from './revisions.ts';
import { finishRun, releaseReplacing } from './stops.ts';
import type { Work } from './work.ts';

interface DueInstance extends RunJoined {
  readonly idx: number;
  readonly attempt: number;
}

/** Most runs that one claim lets wait for a place: more are looked at by the next. */
const MAX_HELD = 1_000;

/** What was read for the runs that a claim looks at. */
interface Page {
  readonly details: ReadonlyMap<number, RunDetail>;
  readonly careful: readonly DueRun[];
  /** Locked templates, and whether they are suspended. */
  readonly suspended: ReadonlyMap<number, boolean>;
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
      held: 0,
    };
    if (awaited.length > 0) {
      await work.tx.rows(awaitTemplates, [awaited]);
      await awaitLimits(work.tx, awaited);
    }
    await this.#claimPending(harvest);
    // A run in the page may be held or refused, so that room is left: look again until the
    // room or the queue is used up. Every turn moves at least one run out of the queue, or
    // leaves one more template aside.
    while (harvest.attempts.length < request.limit && (await this.#claimRuns(harvest))) {
      /* the next page */
    }
    await work.flush();
    const [next] = await work.tx.rows<{ at: number | null }>(nextDue);
    const { attempts, stop, finished, blocked, held } = harvest;
    const result = {
      attempts,
      stop,
      finished,
      nextDueMs: next?.at ?? null,
      ...(held >= MAX_HELD ? { more: true } : {}),
    };
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
    const careful = rows.filter((row) => needsCare(row, details));
    const page: Page = { details, careful, suspended: await lockCarefully(harvest, careful) };
    const limited = new Set<number>();
    for (const row of rows) {
      const detail = details.get(row.n);
      if (detail === undefined || blocked.has(row.template_n)) continue;
      if (row.own_limit !== null && row.max_running !== null) {
        if (limited.has(row.own_limit)) continue;
        limited.add(row.own_limit);
        const own = rows.filter(({ own_limit: limitN }) => limitN === row.own_limit);
        await this.#startLimited(harvest, row.own_limit, own, page);
        continue;
      }
      if (harvest.attempts.length >= request.limit) {
        // It was locked and is left: another server may have passed it over.
        work.tx.wake = true;
        break;
      }
      // An earlier run of the page may have replaced it.
      if (row.state !== 'queued') continue;
      await this.#startOne(harvest, row, page);
    }
    await releaseReplacing(work, request.nowMs);
    return harvest.held < MAX_HELD;
  }

  /** Gives the places of a limit to the first of those that are due and those that wait. */
  async #startLimited(
    harvest: Harvest,
    limitN: number,
    due: readonly DueRun[],
    page: Page,
  ): Promise<void> {
    const { work, request, blocked } = harvest;
    const room = (): number => request.limit - harvest.attempts.length;
    const max = await lockLimit(work.tx, limitN);
    if (max === null) {
      for (const row of due) blocked.add(row.template_n);
      return;
    }
    await work.flush();
    let places = await placesOf(work.tx, limitN, max);
    let now = page;
    let candidates = due;
    let waiting: readonly DueRun[];
    do {
      waiting = await lockFirstWaiting(work, limitN, Math.min(places, room()));
      if (waiting.length > 0) now = await this.#withWaiting(harvest, now, waiting);
      const { details } = now;
      const detail = (row: DueRun): RunDetail => details.get(row.n) ?? missing(row);
      for (const row of inOrder([...candidates, ...waiting], detail)) {
        // An earlier run of the page may have replaced it.
        if (row.state !== 'queued') continue;
        if (blocked.has(row.template_n)) {
          // Due again, so that the claim which waits for its template comes across it.
          if (row.hold !== null) work.changeRun(row, { hold: null });
        } else if (places > 0 && room() > 0) {
          if (await this.#startOne(harvest, row, now)) places -= 1;
        } else if (places > 0) {
          // It was locked and is left: another server may have passed it over.
          work.tx.wake = true;
        } else if (row.hold === null) {
          holdForPlace(harvest, limitN, max, row, detail(row));
        }
      }
      candidates = [];
      // Some of them may have failed or been held for something else: their places are free.
    } while (places > 0 && room() > 0 && waiting.length > 0);
    if (places > 0 && room() <= 0) await releaseFirst(work, limitN);
  }

  /** The same for runs that wait, which are not of the page. */
  async #withWaiting(harvest: Harvest, page: Page, rows: readonly DueRun[]): Promise<Page> {
    const { tx } = harvest.work;
    const revisions = await this.#revisions.load(tx, rows.filter(usesRevision));
    const details = new Map(page.details);
    for (const row of rows) details.set(row.n, detailOf(row, revisions));
    const careful = rows.filter((row) => needsCare(row, details));
    const suspended = new Map([...page.suspended, ...(await lockCarefully(harvest, careful))]);
    return { details, careful: [...page.careful, ...careful], suspended };
  }

  /** Whether it runs now. */
  async #startOne(
    harvest: Harvest,
    row: DueRun,
    { details, careful, suspended }: Page,
  ): Promise<boolean> {
    const detail = details.get(row.n) ?? missing(row);
    if (!careful.includes(row)) return start(harvest, row, detail);
    return this.#decideCarefully(harvest, row, detail, suspended.get(row.template_n) ?? false);
  }

  /** A run whose start depends on others, or on the template; that is locked by now. */
  async #decideCarefully(
    harvest: Harvest,
    row: DueRun,
    detail: RunDetail,
    suspended: boolean,
  ): Promise<boolean> {
    const { work, request } = harvest;
    const policy = detail.spec.concurrency;
    const key = [row.template_n, row.n, request.nowMs];
    await work.flush();
    const others = policy === 'allow' ? [] : await work.tx.rows(anyAhead, key);
    const decision = decideStart({ suspended, policy, hasOthersAhead: others.length > 0 });
    if (decision.kind === 'start') return start(harvest, row, detail);
    if (decision.kind === 'fail') {
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
    return false;
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

/** Whether the start depends on others, or on the template. */
function needsCare(row: DueRun, details: ReadonlyMap<number, RunDetail>): boolean {
  return row.template_suspended === 1 || details.get(row.n)?.spec.concurrency !== 'allow';
}

function missing({ id }: DueRun): never {
  throw new Error(`the definition of run ${id} was not read`);
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
  return {
    ...toRun(row),
    ...runDefinition(row, revisions),
    templateName: row.template_name,
    traceparent: row.traceparent,
  };
}

function usesRevision(row: RunJoined): boolean {
  return row.spec === null;
}
