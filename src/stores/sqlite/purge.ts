import { DomainError } from '../../domain/errors.ts';
import { attemptId } from '../../domain/run.ts';
import type { AttemptHandle } from '../../ports/store.ts';
import type { RunJoined } from '../sql/rows.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { lazy, type Session } from './session.ts';
import type { Stops } from './stops.ts';

/** What erasing needs to know of a run. */
type ErasedRun = Pick<RunJoined, 'n' | 'id'>;

/** Hiding what was deleted, and erasing it once nothing of it runs. */
export class Purge {
  readonly #stops: Stops;
  readonly #hide;
  readonly #hiddenRuns;
  readonly #runsOfDeleted;
  readonly #deletedTemplates;
  readonly #anyRun;
  readonly #anyHidden;
  readonly #attempts;
  readonly #removal;
  readonly #eraseRun;
  readonly #eraseTemplate;

  constructor({ db }: Session, stops: Stops) {
    this.#stops = stops;
    const finals = `'succeeded', 'failed', 'canceled'`;
    this.#hide = lazy(() =>
      db.prepare('update runs set deleted_at = ?, idempotency_key = null where n = ?'),
    );
    this.#hiddenRuns = lazy(() =>
      db.prepare(
        `select n, id, state from runs where deleted_at is not null and state in (${finals}) order by deleted_at limit ?`,
      ),
    );
    this.#deletedTemplates = lazy(() =>
      db.prepare(
        'select n from templates where deleted_at is not null order by deleted_at limit ?',
      ),
    );
    this.#runsOfDeleted = lazy(() =>
      db.prepare(
        `select n, id, state from runs where template_n = ? and state in (${finals}) limit ?`,
      ),
    );
    this.#anyRun = lazy(() => db.prepare('select 1 from runs where template_n = ? limit 1'));
    this.#anyHidden = lazy(() =>
      db.prepare(
        'select 1 from runs where deleted_at is not null union all select 1 from templates where deleted_at is not null limit 1',
      ),
    );
    this.#attempts = lazy(() =>
      db.prepare(
        `select a.idx, a.number, a.executor, a.fence, coalesce(owner.host, '') as host
         from attempts a left join servers owner on owner.fence = a.fence where a.run_n = ?`,
      ),
    );
    this.#removal = lazy(() =>
      db.prepare('insert or ignore into removals (host, attempt_id, executor) values (?, ?, ?)'),
    );
    this.#eraseRun = lazy(() =>
      ['events', 'attempts', 'instances']
        .map((table) => db.prepare(`delete from ${table} where run_n = ?`))
        .concat(db.prepare('delete from runs where n = ?')),
    );
    this.#eraseTemplate = lazy(() =>
      ['template_revisions', 'refusals', 'schedules', 'firings']
        .map((table) => db.prepare(`delete from ${table} where template_n = ?`))
        .concat(db.prepare('delete from templates where n = ?')),
    );
  }

  /** @throws DomainError `run-not-found`, also for a run that is hidden already. */
  hide(runId: string, nowMs: number): { stop: readonly AttemptHandle[] } {
    const row: RunJoined = this.#stops.find(runId);
    if (row.deleted_at !== null) {
      throw new DomainError('run-not-found', `there is no run ${runId}`, { runId });
    }
    const { stop } = this.#stops.stop(runId, 'deleted', 'stopped: its record was deleted', nowMs);
    this.#hide().run(nowMs, row.n);
    return { stop };
  }

  /** Erases at most `limit` runs; returns the attempts whose output may go now. */
  erase(limit: number): { erased: number; attempts: AttemptHandle[]; left: boolean } {
    const gone: AttemptHandle[] = [];
    let templates = 0;
    let left = limit - this.#eraseFinished(this.#hiddenRuns().all(limit) as RunJoined[], gone);
    for (const { n } of this.#deletedTemplates().all(Math.max(left, 0)) as { n: number }[]) {
      const runs = this.#runsOfDeleted().all(n, Math.max(left, 1)) as RunJoined[];
      left -= this.#eraseFinished(runs, gone);
      if (this.#anyRun().get(n) === undefined) {
        for (const statement of this.#eraseTemplate()) statement.run(n);
        templates += 1;
      }
      if (left <= 0) break;
    }
    return {
      erased: limit - left + templates,
      attempts: gone,
      left: this.#anyHidden().get() !== undefined,
    };
  }

  /**
   * Erases a finished run with all that belongs to it; its attempts become removals of their hosts.
   * @returns the attempts.
   */
  eraseRun({ n, id }: ErasedRun): readonly AttemptHandle[] {
    type Row = Pick<AttemptRow, 'idx' | 'number' | 'executor' | 'fence'> & { host: string };
    const gone: AttemptHandle[] = [];
    for (const a of this.#attempts().all(n) as Row[]) {
      const handle = {
        attemptId: attemptId(id, a.idx, a.number),
        executor: a.executor,
        fence: a.fence,
      };
      this.#removal().run(a.host, handle.attemptId, a.executor);
      gone.push(handle);
    }
    for (const statement of this.#eraseRun()) statement.run(n);
    return gone;
  }

  #eraseFinished(runs: readonly ErasedRun[], gone: AttemptHandle[]): number {
    for (const run of runs) gone.push(...this.eraseRun(run));
    return runs.length;
  }
}
