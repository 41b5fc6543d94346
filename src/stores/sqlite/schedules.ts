import { DomainError } from '../../domain/errors.ts';
import type { Firing } from '../../domain/firing.ts';
import type { ScheduleDefinition } from '../../domain/schedule/definition.ts';
import { decideFirings, skipFirings, replaceSchedule } from '../../domain/schedule/decide.ts';
import type { DialectName } from '../../domain/template.ts';
import type {
  AttemptHandle,
  FireRequest,
  FireResult,
  Page,
  ScheduleState,
} from '../../ports/store.ts';
import type { Run } from '../../domain/run.ts';
import { heldByOther } from '../sql/firing-lines.ts';
import { toFiring } from '../sql/rows.ts';
import type { FiringRow, ScheduleRow } from '../sql/schema.ts';
import type { Admission } from './admission.ts';
import { lazy, type Session } from './session.ts';

interface DueSchedule extends ScheduleRow {
  readonly template_id: string;
  readonly dialect: string;
}

/** What one `fire` gathers. */
interface Harvest {
  readonly request: FireRequest;
  readonly created: Run[];
  readonly stop: AttemptHandle[];
}

/**
 * Schedules and their ledger. What fires, what is left out and why is decided by pure functions
 * of `domain/schedule`; here it becomes rows, in one transaction with the runs that it makes.
 */
export class Schedules {
  readonly #admission: Admission;
  readonly #get;
  readonly #put;
  readonly #remove;
  readonly #setPaused;
  readonly #move;
  readonly #due;
  readonly #next;
  readonly #waiting;
  readonly #enter;
  readonly #known;
  readonly #list;
  readonly #count;
  readonly #latest;
  readonly #ofTemplate;

  constructor({ db }: Session, admission: Admission) {
    this.#admission = admission;
    this.#get = lazy(() => db.prepare('select * from schedules where template_n = ?'));
    this.#put = lazy(() =>
      db.prepare(
        `insert into schedules (template_n, definition, since_at, next_at, last_at, paused, delay_ms, note)
         values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (template_n) do update set
           definition = excluded.definition, since_at = excluded.since_at, next_at = excluded.next_at,
           last_at = excluded.last_at, paused = excluded.paused, delay_ms = excluded.delay_ms, note = excluded.note`,
      ),
    );
    this.#remove = lazy(() => db.prepare('delete from schedules where template_n = ?'));
    this.#setPaused = lazy(() =>
      db.prepare('update schedules set paused = ? where template_n = ?'),
    );
    this.#move = lazy(() =>
      db.prepare('update schedules set next_at = ?, last_at = ?, note = ? where template_n = ?'),
    );
    this.#due = lazy(() =>
      db.prepare(
        `select s.*, t.id as template_id, t.dialect from schedules s join templates t on t.n = s.template_n
         where s.next_at <= ? and s.next_at is not null and s.paused = 0 order by s.next_at, s.template_n limit ?`,
      ),
    );
    this.#next = lazy(() =>
      db.prepare(
        'select min(next_at) as at from schedules where next_at is not null and paused = 0',
      ),
    );
    this.#waiting = lazy(() =>
      db.prepare('select 1 from schedules where next_at is null and delay_ms is not null limit 1'),
    );
    this.#enter = lazy(() =>
      db.prepare(
        `insert into firings (template_n, nominal_at, until_at, count, outcome, run_id, decided_at, rule, reason)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (template_n, nominal_at) do nothing`,
      ),
    );
    this.#known = lazy(() =>
      db.prepare('select 1 from firings where template_n = ? and nominal_at = ?'),
    );
    this.#list = lazy(() =>
      db.prepare(
        'select * from firings where template_n = ? order by nominal_at desc limit ? offset ?',
      ),
    );
    this.#count = lazy(() => db.prepare('select count(*) as c from firings where template_n = ?'));
    this.#latest = lazy(() =>
      db.prepare(
        'select until_at from firings where template_n = ? order by nominal_at desc limit 1',
      ),
    );
    this.#ofTemplate = lazy(() =>
      db.prepare('select n from templates where id = ? and deleted_at is null'),
    );
  }

  /**
   * Sets what a template runs by. The same definition again changes nothing, so that a firing
   * that is due but not yet decided is not lost with an unrelated change of the template.
   */
  place(
    templateN: number,
    definition: ScheduleDefinition | null,
    suspended: boolean,
    nowMs: number,
  ): void {
    if (definition === null) {
      this.#remove().run(templateN);
      return;
    }
    const text = JSON.stringify(definition);
    const old = this.#get().get(templateN) as ScheduleRow | undefined;
    if (old?.definition === text) return;
    // The ledger remembers what was decided by a schedule that was taken away meanwhile.
    const lastMs = old?.last_at ?? this.#latestDecided(templateN);
    const before = old === undefined ? null : { paused: old.paused === 1, nextMs: old.next_at };
    const next = replaceSchedule(definition, before, lastMs, nowMs);
    this.#put().run(
      templateN,
      text,
      nowMs,
      next.nextMs,
      lastMs,
      suspended ? 1 : 0,
      next.delayMs,
      next.note,
    );
  }

  pause(templateN: number): void {
    this.#setPaused().run(1, templateN);
  }

  /** Goes on with the next firing after now; those of the pause are written down as skipped. */
  resume(templateN: number, nowMs: number): void {
    const row = this.#get().get(templateN) as ScheduleRow | undefined;
    if (row === undefined) return;
    this.#setPaused().run(0, templateN);
    if (row.next_at === null || row.next_at > nowMs) return;
    const plan = skipFirings(
      JSON.parse(row.definition) as ScheduleDefinition,
      { dueMs: row.next_at, sinceMs: row.since_at, nowMs },
      { rule: 'suspended', reason: 'the template was suspended' },
    );
    for (const left of plan.left) {
      this.#write(templateN, { ...left, runId: null, decidedAtMs: nowMs });
    }
    this.#move().run(plan.nextMs, plan.lastMs ?? row.last_at, plan.note, templateN);
  }

  fire(request: FireRequest): FireResult {
    const harvest: Harvest = { request, created: [], stop: [] };
    const due = this.#due().all(request.nowMs, request.limit) as DueSchedule[];
    for (const row of due) this.#decide(row, harvest);
    const next = this.#next().get() as { at: number | null };
    return {
      created: harvest.created,
      stop: harvest.stop,
      decided: due.length,
      nextFiringMs: next.at,
      waiting: this.#waiting().get() !== undefined,
    };
  }

  firings(templateId: string, offset: number, limit: number): Page<Firing> {
    const template = this.#ofTemplate().get(templateId) as { n: number } | undefined;
    if (template === undefined) return { rows: [], total: 0 };
    const rows = this.#list().all(template.n, limit, offset) as FiringRow[];
    const { c } = this.#count().get(template.n) as { c: number };
    return { rows: rows.map((row) => toFiring(templateId, row)), total: c };
  }

  state(templateId: string): ScheduleState | null {
    const template = this.#ofTemplate().get(templateId) as { n: number } | undefined;
    const row = template && (this.#get().get(template.n) as ScheduleRow | undefined);
    if (row === undefined) return null;
    return row.paused === 1
      ? { nextAtMs: null, lastAtMs: row.last_at, note: 'the template is suspended' }
      : { nextAtMs: row.next_at, lastAtMs: row.last_at, note: row.note };
  }

  #latestDecided(templateN: number): number | null {
    const row = this.#latest().get(templateN) as { until_at: number } | undefined;
    return row?.until_at ?? null;
  }

  #decide(row: DueSchedule, harvest: Harvest): void {
    const { nowMs } = harvest.request;
    const definition = JSON.parse(row.definition) as ScheduleDefinition;
    const plan = decideFirings(definition, {
      dueMs: row.next_at ?? nowMs,
      sinceMs: row.since_at,
      nowMs,
    });
    for (const left of plan.left) {
      this.#write(row.template_n, { ...left, runId: null, decidedAtMs: nowMs });
    }
    let fired = false;
    for (const firing of plan.fire) {
      // Decided before, e.g. under another definition: a firing happens once.
      if (this.#known().get(row.template_n, firing.nominalMs) !== undefined) continue;
      const outcome = this.#start(row, firing.nominalMs, harvest);
      fired ||= outcome.made;
      this.#write(row.template_n, {
        ...firing,
        ...outcome.line,
        untilMs: firing.nominalMs,
        count: 1,
        decidedAtMs: nowMs,
      });
    }
    const nextMs = fired ? plan.nextMs : plan.nextIfRefusedMs;
    this.#move().run(nextMs, plan.lastMs ?? row.last_at, plan.note, row.template_n);
  }

  /** Makes the run of a firing, or says why not. */
  #start(row: DueSchedule, nominalMs: number, { request, created, stop }: Harvest): Outcome {
    const idempotencyKey = request.keyOf?.(row.dialect as DialectName, nominalMs) ?? null;
    const runId = request.newRunId(row.dialect as DialectName);
    const result = this.#admission.admit({
      runId,
      traceparent: request.traceparentOf?.(runId) ?? null,
      templateId: row.template_id,
      dialect: row.dialect as DialectName,
      trigger: 'schedule',
      idempotencyKey,
      nowMs: request.nowMs,
      notBeforeMs: request.nowMs,
      scheduledAtMs: nominalMs,
      by: 'schedule',
      override: null,
    });
    if (result.kind === 'refused') {
      const { error } = result;
      const rule = error instanceof DomainError ? error.code : 'error';
      const line = { outcome: 'refused', runId: null, rule, reason: error.message } as const;
      return { made: false, line };
    }
    if (result.kind === 'existing') return { made: false, line: heldByOther(result.run) };
    created.push(result.run);
    stop.push(...result.stop);
    return { made: true, line: { outcome: 'fired', runId: result.run.id } };
  }

  #write(templateN: number, firing: Omit<Firing, 'templateId'>): void {
    this.#enter().run(
      templateN,
      firing.nominalMs,
      firing.untilMs,
      firing.count,
      firing.outcome,
      firing.runId,
      firing.decidedAtMs,
      firing.rule,
      firing.reason,
    );
  }
}

/** What became of a firing: whether it made a run, and what its line says beside the plan. */
interface Outcome {
  readonly made: boolean;
  readonly line: Pick<Firing, 'outcome' | 'runId'> & Partial<Pick<Firing, 'rule' | 'reason'>>;
}
