import { decideAdmission, unfinishedToCount } from '../../domain/admission.ts';
import { DomainError } from '../../domain/errors.ts';
import type {
  AdmissionRequest,
  AdmissionResult,
  AttemptHandle,
  RunOverride,
} from '../../ports/store.ts';
import { newRun } from '../sql/new-run.ts';
import { type RunJoined, type TemplateRecord, toRun, toTemplate } from '../sql/rows.ts';
import type { Refusals } from './refusals.ts';
import { lazy, runColumns, type Session } from './session.ts';
import type { Stops } from './stops.ts';

/** Starting a run: one decision and one row, in the transaction that answers the caller. */
export class Admission {
  readonly #session: Session;
  readonly #stops: Stops;
  readonly #refusals: Refusals;
  readonly #templateById;
  readonly #runByKey;
  readonly #countUnfinished;
  readonly #unfinished;
  readonly #insert;

  constructor(session: Session, stops: Stops, refusals: Refusals) {
    this.#session = session;
    this.#stops = stops;
    this.#refusals = refusals;
    const { db } = session;
    this.#templateById = lazy(() =>
      db.prepare('select * from templates where id = ? and dialect = ? and deleted_at is null'),
    );
    this.#runByKey = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n where r.template_n = ? and r.idempotency_key = ?`,
      ),
    );
    this.#countUnfinished = lazy(() =>
      db
        .prepare(
          `select count(*) from (
             select 1 from runs where template_n = ? and state in ('queued', 'running', 'stopping') limit ?)`,
        )
        .pluck(),
    );
    this.#unfinished = lazy(() =>
      db.prepare(
        `select id from runs indexed by runs_unfinished where template_n = ? and state in ('queued', 'running', 'stopping') order by n`,
      ),
    );
    this.#insert = lazy(() =>
      db.prepare(
        `insert into runs (id, template_n, revision, trigger, by, idempotency_key, state, hold, replicas, active, succeeded, failed,
           message, created_at, not_before, scheduled_at, traceparent, spec, document, not_acted_on)
         values (?, ?, ?, ?, ?, ?, 'queued', ?, ?, 0, 0, 0, '', ?, ?, ?, ?, ?, ?, ?)`,
      ),
    );
  }

  /** The order is the contract's (sae.md §4.4): template, idempotency key, overrides, then the policies. */
  admit(request: AdmissionRequest): AdmissionResult {
    const template = this.#templateById().get(request.templateId, request.dialect) as
      | TemplateRecord
      | undefined;
    if (template === undefined) {
      return {
        kind: 'refused',
        error: new DomainError('template-not-found', `there is no template ${request.templateId}`, {
          templateId: request.templateId,
        }),
      };
    }
    if (request.idempotencyKey !== null) {
      const known = this.#runByKey().get(template.n, request.idempotencyKey) as
        | RunJoined
        | undefined;
      if (known !== undefined) return { kind: 'existing', run: toRun(known) };
    }
    const revision = this.#session.revision(template.n, template.revision);
    let override: RunOverride | null = null;
    if (request.override !== null) {
      try {
        override = request.override(toTemplate(template, revision));
      } catch (error) {
        return { kind: 'refused', error: error as Error };
      }
    }
    const spec = override?.spec ?? revision.spec;
    const delayed = request.notBeforeMs > request.nowMs;
    const decision = decideAdmission(
      {
        templateId: template.id,
        templateName: template.name,
        suspended: template.suspended === 1,
        policy: spec.concurrency,
        replicas: spec.replicas,
        delayed,
        maxUnfinished: spec.maxUnfinished,
        unfinishedOfTemplate: this.#unfinishedOf(template.n, unfinishedToCount(spec)),
        unfinishedRuns: this.#session.unfinishedRuns,
      },
      this.#session.limits,
    );
    if (decision.kind === 'refuse') {
      this.#refusals.record(template.n, {
        templateId: template.id,
        atMs: request.nowMs,
        trigger: request.trigger,
        by: request.by,
        code: decision.error.code,
        reason: decision.error.message,
      });
      return { kind: 'refused', error: decision.error };
    }
    const stop: AttemptHandle[] = [];
    let hold = decision.hold;
    if (decision.replaces) {
      for (const { id } of this.#unfinished().all(template.n) as { id: string }[]) {
        stop.push(
          ...this.#stops.stop(id, 'replaced', `replaced by ${request.runId}`, request.nowMs).stop,
        );
      }
      // Runs that were only queued are gone already; then nothing is left to wait for.
      if (this.#unfinishedOf(template.n, 1) === 0) hold = null;
    }
    const notBeforeMs = delayed ? request.notBeforeMs : request.nowMs;
    const { lastInsertRowid } = this.#insert().run(
      request.runId,
      template.n,
      template.revision,
      request.trigger,
      request.by,
      request.idempotencyKey,
      hold,
      spec.replicas,
      request.nowMs,
      notBeforeMs,
      request.scheduledAtMs,
      request.traceparent ?? null,
      override === null ? null : JSON.stringify(override.spec),
      override === null ? null : JSON.stringify(override.document),
      override === null ? null : JSON.stringify(override.notActedOn),
    );
    this.#session.countUnfinished(1);
    if (hold !== null) {
      this.#stops.event(
        Number(lastInsertRowid),
        request.nowMs,
        'run',
        'queued',
        'queued',
        'waits until the runs it replaces have stopped',
      );
    }
    return { kind: 'created', stop, run: newRun(request, template, spec, hold) };
  }

  /** Counts up to `most`. Only the definitions that care pay for the look. */
  #unfinishedOf(templateN: number, most: number): number {
    return most === 0 ? 0 : (this.#countUnfinished().get(templateN, most) as number);
  }
}
