import type { RefusedTrigger } from '../../domain/run.ts';
import { toRefusal } from '../sql/rows.ts';
import type { RefusalRow } from '../sql/schema.ts';
import { lazy, type Session } from './session.ts';

/** Refusals kept per template; the oldest go first. */
const MAX_REFUSALS_PER_TEMPLATE = 100;

/** Triggers that made no run, each with its reason. */
export class Refusals {
  readonly #insert;
  readonly #trim;
  readonly #select;
  readonly #templateN;

  constructor({ db }: Session) {
    this.#insert = lazy(() =>
      db.prepare(
        'insert into refusals (template_n, at, trigger, by, code, reason) values (?, ?, ?, ?, ?, ?)',
      ),
    );
    this.#trim = lazy(() =>
      db.prepare(
        `delete from refusals where template_n = ? and n <= (
           select n from refusals where template_n = ? order by n desc limit 1 offset ${MAX_REFUSALS_PER_TEMPLATE})`,
      ),
    );
    this.#select = lazy(() =>
      db.prepare('select * from refusals where template_n = ? order by n desc limit ?'),
    );
    this.#templateN = lazy(() =>
      db.prepare('select n from templates where id = ? and deleted_at is null'),
    );
  }

  record(templateN: number, refusal: RefusedTrigger): void {
    this.#insert().run(
      templateN,
      refusal.atMs,
      refusal.trigger,
      refusal.by,
      refusal.code,
      refusal.reason,
    );
    this.#trim().run(templateN, templateN);
  }

  /** Records by template id; unknown templates leave nothing behind. */
  recordById(refusal: RefusedTrigger): void {
    const row = this.#templateN().get(refusal.templateId) as { n: number } | undefined;
    if (row !== undefined) this.record(row.n, refusal);
  }

  list(templateId: string, limit: number): RefusedTrigger[] {
    const row = this.#templateN().get(templateId) as { n: number } | undefined;
    if (row === undefined) return [];
    return (this.#select().all(row.n, limit) as Omit<RefusalRow, 'n'>[]).map((r) =>
      toRefusal(templateId, r),
    );
  }
}
