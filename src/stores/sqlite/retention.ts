import {
  fitting,
  justBefore,
  later,
  mayErase,
  nextStage,
  type Position,
  type RetentionCursor,
  type RetentionHorizons,
  retentionHorizons,
} from '../../domain/retention.ts';
import type { RetainRequest, RetainResult } from '../../ports/retention.ts';
import type { Purge } from './purge.ts';
import { Leftovers } from './leftovers.ts';
import { lazy, type Session } from './session.ts';

/** Rows looked through in one step to find the templates with something new. */
const WINDOW = 1_000;
/** Templates whose count is looked at in one step. */
const MAX_LOOKS = 50;
/** Runs of a template looked at in one step; many of the oldest may be protected. */
const MAX_EXAMINED = 2_000;

interface CandidateRow {
  readonly n: number;
  readonly id: string;
  readonly replicas: number;
  readonly created_at: number;
  readonly idempotency_key: string | null;
  readonly ended_at: number;
  readonly newest: 0 | 1;
}

/** One step under way. */
interface Step {
  readonly request: RetainRequest;
  readonly horizons: RetentionHorizons;
  readonly looked: number[];
  runs: number;
  firings: number;
  leftovers: number;
}

/** What retention erases. Bounds and protections are the domain's; here they find their rows. */
export class Retention {
  readonly #purge: Purge;
  readonly #leftovers: Leftovers;
  readonly #newlyEnded;
  readonly #countCut;
  readonly #beyondCount;
  readonly #span;
  readonly #totalCut;
  readonly #endedWindow;
  readonly #newFirings;
  readonly #ledgerCut;
  readonly #trimLedger;
  readonly #eraseFirings;

  constructor({ db }: Session, purge: Purge) {
    this.#purge = purge;
    this.#leftovers = new Leftovers(db);
    // The newest run that is not hidden stays: lists show it.
    const newest = `not exists (select 1 from runs x where x.template_n = r.template_n and x.n > r.n and x.deleted_at is null) as newest`;
    const candidate = `r.n, r.id, r.replicas, r.created_at, r.idempotency_key, r.ended_at, ${newest}`;
    this.#newlyEnded = lazy(() =>
      db.prepare(
        `select ended_at as atMs, n, template_n as template from runs
         where ended_at is not null and (ended_at, n) > (?, ?) order by ended_at, n limit ?`,
      ),
    );
    // Both counts are read off indexes. Unfinished runs are not counted, so that for a while as many
    // finished ones may stay in their place, until they end.
    this.#countCut = lazy(() =>
      db
        .prepare(
          `select n from runs where template_n = @template order by n desc limit 1
           offset @most + (select count(*) from runs where template_n = @template and state in ('queued', 'running', 'stopping'))`,
        )
        .pluck(),
    );
    this.#beyondCount = lazy(() =>
      db.prepare(
        `select ${candidate} from runs r where r.template_n = ? and r.n <= ? and r.ended_at is not null
         order by r.n limit ${MAX_EXAMINED}`,
      ),
    );
    this.#span = lazy(() =>
      db.prepare('select (select max(n) from runs) - (select min(n) from runs) + 1').pluck(),
    );
    this.#totalCut = lazy(() =>
      db.prepare(
        'select ended_at as atMs, n from runs where ended_at is not null order by ended_at desc, n desc limit 1 offset ?',
      ),
    );
    this.#endedWindow = lazy(() =>
      db.prepare(
        `select ${candidate} from runs r where r.ended_at is not null
           and (r.ended_at, r.n) > (?, ?) and (r.ended_at, r.n) <= (?, ?)
         order by r.ended_at, r.n limit ?`,
      ),
    );
    this.#newFirings = lazy(() =>
      db.prepare(
        `select distinct decided_at as atMs, template_n as n from firings
         where (decided_at, template_n) > (?, ?) order by decided_at, template_n limit ?`,
      ),
    );
    this.#ledgerCut = lazy(() =>
      db
        .prepare(
          'select nominal_at from firings where template_n = ? order by nominal_at desc limit 1 offset ?',
        )
        .pluck(),
    );
    this.#trimLedger = lazy(() =>
      db.prepare(
        `delete from firings where template_n = @template and nominal_at in (
           select nominal_at from firings where template_n = @template and nominal_at <= @cut order by nominal_at limit @limit)`,
      ),
    );
    this.#eraseFirings = lazy(() =>
      db.prepare(
        `delete from firings where (template_n, nominal_at) in (
           select template_n, nominal_at from firings where decided_at < ? order by decided_at limit ?)`,
      ),
    );
  }

  /** One bounded step of a round. */
  retain(request: RetainRequest): RetainResult {
    const horizons = retentionHorizons(request.policy, request.nowMs);
    const step: Step = { request, horizons, looked: [], runs: 0, firings: 0, leftovers: 0 };
    const cursor = this.#take(step, request.cursor);
    const { runs, firings, leftovers, looked } = step;
    return { busy: false, erased: { runs, firings, leftovers }, cursor, looked };
  }

  #take(step: Step, cursor: RetentionCursor): RetentionCursor {
    switch (cursor.stage) {
      case 'templates':
        return this.#templates(step, cursor);
      case 'ended':
        return this.#ended(step, cursor);
      case 'ledgers':
        return this.#ledgers(step, cursor);
      case 'firings':
        return this.#firings(step, cursor);
      case 'leftovers': {
        const { horizons, request } = step;
        const { thorough } = cursor;
        step.leftovers = this.#leftovers.erase(horizons.leftoversBeforeMs, request.limit, thorough);
        return step.leftovers === 0 ? nextStage(cursor) : cursor;
      }
      case 'over':
        return cursor;
    }
  }

  /** Runs beyond the count of their template, of templates in which runs ended. */
  #templates(step: Step, cursor: RetentionCursor): RetentionCursor {
    const most = step.request.policy.runs.maxPerTemplate;
    if (most === null) return nextStage(cursor);
    const { atMs, n } = cursor.finished;
    type Row = Position & { readonly template: number };
    const window = this.#newlyEnded().all(atMs, n, WINDOW) as Row[];
    const templates = unseen(
      window.map((row) => row.template),
      step,
    );
    for (const template of templates) {
      if (!this.#keepCount(step, template, most)) return cursor;
      step.looked.push(template);
      if (step.looked.length >= MAX_LOOKS) return cursor;
    }
    const finished = window.at(-1) ?? cursor.finished;
    return window.length < WINDOW ? nextStage(cursor) : { ...cursor, finished };
  }

  /** False when there is more to erase than fits into this step. */
  #keepCount(step: Step, template: number, most: number): boolean {
    const cut = this.#countCut().get({ template, most }) as number | undefined;
    if (cut === undefined) return true;
    const left = step.request.limit - step.runs;
    if (left <= 0) return false;
    const rows = this.#beyondCount().all(template, cut) as CandidateRow[];
    const erasable = rows.filter((row) => mayErase(toErasable(row), step.horizons));
    const taken = fitting(erasable, left);
    for (const row of taken) this.#purge.eraseRun(row);
    step.runs += taken.length;
    return taken.length === erasable.length;
  }

  /** Runs beyond the age, and beyond the total, in order of their end. */
  #ended(step: Step, cursor: RetentionCursor): RetentionCursor {
    const { policy, limit } = step.request;
    const until = cursor.endedUntil ?? this.#endedUntil(policy.runs.maxTotal, step.horizons);
    if (until === null) return nextStage(cursor);
    const { atMs, n } = cursor.ended;
    const args = [atMs, n, until.atMs, until.n, limit];
    const window = fitting(this.#endedWindow().all(...args) as CandidateRow[], limit);
    for (const row of window) {
      if (!mayErase(toErasable(row), step.horizons)) continue;
      this.#purge.eraseRun(row);
      step.runs += 1;
    }
    const last = window.at(-1);
    if (last === undefined) return nextStage(cursor);
    return { ...cursor, endedUntil: until, ended: { atMs: last.ended_at, n: last.n } };
  }

  #endedUntil(maxTotal: number, horizons: RetentionHorizons): Position | null {
    const old = justBefore(horizons.runsEndedBeforeMs);
    // Numbers have gaps, so there are at most this many runs: usually nobody has to count.
    const span = this.#span().get() as number | null;
    if (span === null || span <= maxTotal) return old;
    return later(old, (this.#totalCut().get(maxTotal) as Position | undefined) ?? null);
  }

  /** Firings beyond the count of their template, of templates that fired. */
  #ledgers(step: Step, cursor: RetentionCursor): RetentionCursor {
    const { policy, limit } = step.request;
    const { atMs, n } = cursor.decided;
    const window = this.#newFirings().all(atMs, n, WINDOW) as Position[];
    const templates = unseen(
      window.map((row) => row.n),
      step,
    );
    for (const template of templates) {
      const cut = this.#ledgerCut().get(template, policy.firings.maxPerTemplate);
      if (cut !== undefined) {
        const left = limit - step.firings;
        if (left <= 0) return cursor;
        const { changes } = this.#trimLedger().run({ template, cut, limit: left });
        step.firings += changes;
        if (changes === left) return cursor;
      }
      step.looked.push(template);
      if (step.looked.length >= MAX_LOOKS) return cursor;
    }
    const decided = window.at(-1) ?? cursor.decided;
    return window.length < WINDOW ? nextStage(cursor) : { ...cursor, decided };
  }

  #firings(step: Step, cursor: RetentionCursor): RetentionCursor {
    const beforeMs = step.horizons.firingsDecidedBeforeMs;
    if (beforeMs === null) return nextStage(cursor);
    step.firings = this.#eraseFirings().run(beforeMs, step.request.limit).changes;
    return step.firings < step.request.limit ? nextStage(cursor) : cursor;
  }
}

function toErasable(row: CandidateRow): Parameters<typeof mayErase>[0] {
  const { created_at: createdAtMs, idempotency_key: idempotencyKey, newest } = row;
  return { createdAtMs, idempotencyKey, newest: newest === 1 };
}

/** Each template once, without those that are done. */
function unseen(templates: readonly number[], { request }: Step): ReadonlySet<number> {
  return new Set(templates.filter((n) => !request.looked.has(n)));
}
