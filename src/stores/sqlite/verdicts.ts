import type { Run } from '../../domain/run.ts';
import { type RunJoined, toRun } from '../sql/rows.ts';
import { demandJudgeable, judgedReason, runNotFound } from '../sql/verdicts.ts';
import { lazy, runColumns, type Session } from './session.ts';
import type { Stops } from './stops.ts';

/** What people say about runs that have ended. */
export class Verdicts {
  readonly #stops: Stops;
  readonly #run;
  readonly #set;

  constructor({ db }: Session, stops: Stops) {
    this.#stops = stops;
    this.#run = lazy(() =>
      db.prepare(
        `select ${runColumns} from runs r join templates t on t.n = r.template_n
         where r.id = ? and r.deleted_at is null and t.deleted_at is null`,
      ),
    );
    this.#set = lazy(() => db.prepare('update runs set verdict = ? where n = ?'));
  }

  /** @throws DomainError `run-not-found`, `invalid-argument` for a run that did not fail. */
  judge(runId: string, verdict: 'succeeded', by: string, nowMs: number): Run {
    const row = this.#run().get(runId) as RunJoined | undefined;
    if (row === undefined) throw runNotFound(runId);
    demandJudgeable(row);
    if (row.verdict !== verdict) {
      this.#set().run(verdict, row.n);
      this.#stops.event(row.n, nowMs, 'run', row.state, row.state, judgedReason(verdict, by));
    }
    return toRun({ ...row, verdict });
  }
}
