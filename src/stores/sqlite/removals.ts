import { fitting, outputRemoved, type Position } from '../../domain/retention.ts';
import { attemptId } from '../../domain/run.ts';
import type { Removal, RetentionStore } from '../../ports/retention.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import { lazy, type Session } from './session.ts';

type Release = Parameters<RetentionStore['releaseOutput']>[0];
type Forgotten = Awaited<ReturnType<RetentionStore['forgotten']>>;

interface EndedRun extends Position {
  readonly id: string;
  readonly replicas: number;
}

/** Output that is let go, and what each host still has to remove. */
export class Removals {
  readonly #host;
  readonly #horizon;
  readonly #ended;
  readonly #attempts;
  readonly #add;
  readonly #tell;
  readonly #move;
  readonly #list;
  readonly #remove;
  readonly #attempt;
  readonly #since;

  constructor({ db }: Session) {
    this.#host = lazy(() => db.prepare('select host from servers where fence = ?').pluck());
    this.#horizon = lazy(() =>
      db.prepare('select ended_at as atMs, run_n as n from output_horizons where host = ?'),
    );
    this.#ended = lazy(() =>
      db.prepare(
        `select n, id, replicas, ended_at as atMs from runs
         where ended_at is not null and (ended_at, n) > (?, ?) and ended_at < ? order by ended_at, n limit ?`,
      ),
    );
    this.#attempts = lazy(() =>
      db.prepare(
        `select a.idx, a.number, a.executor from attempts a left join servers owner on owner.fence = a.fence
         where a.run_n = ? and coalesce(owner.host, '') in (?, '') order by a.idx, a.number`,
      ),
    );
    this.#add = lazy(() =>
      db.prepare('insert or ignore into removals (host, attempt_id, executor) values (?, ?, ?)'),
    );
    this.#tell = lazy(() =>
      db.prepare(
        `insert into events (run_n, seq, at, subject, from_state, to_state, reason)
         values (@run, (select coalesce(max(seq), 0) + 1 from events where run_n = @run), @at, @subject, null, '${outputRemoved}', @reason)`,
      ),
    );
    this.#move = lazy(() =>
      db.prepare(
        `insert into output_horizons (host, ended_at, run_n) values (?, ?, ?)
         on conflict (host) do update set ended_at = excluded.ended_at, run_n = excluded.run_n`,
      ),
    );
    this.#list = lazy(() =>
      db.prepare(
        // Each half is read off the index in order, however much waits.
        ['@host', "''"]
          .map(
            (host) =>
              `select * from (select attempt_id as attemptId, executor from removals
                 where host = ${host} and attempt_id > @after order by attempt_id limit @limit)`,
          )
          .join(' union all ') + ' order by attemptId limit @limit',
      ),
    );
    this.#remove = lazy(() =>
      db.prepare(`delete from removals where host in (?, '') and attempt_id = ?`),
    );
    this.#attempt = lazy(() =>
      db.prepare(
        'select 1 from runs r join attempts a on a.run_n = r.n where r.id = ? and a.idx = ? and a.number = ?',
      ),
    );
    this.#since = lazy(() =>
      db.prepare('select min(joined_at) from servers where host = ?').pluck(),
    );
  }

  release({ fence, endedBeforeMs, limit, reason, nowMs }: Release): {
    attempts: number;
    left: boolean;
  } {
    const host = this.#hostOf(fence);
    const from = (this.#horizon().get(host) as Position | undefined) ?? { atMs: -1, n: -1 };
    const before = endedBeforeMs ?? Number.MAX_SAFE_INTEGER;
    const runs = fitting(this.#ended().all(from.atMs, from.n, before, limit) as EndedRun[], limit);
    const last = runs.at(-1);
    if (last === undefined) return { attempts: 0, left: false };
    let attempts = 0;
    for (const run of runs) {
      type Row = Pick<AttemptRow, 'idx' | 'number' | 'executor'>;
      for (const a of this.#attempts().all(run.n, host) as Row[]) {
        this.#add().run(host, attemptId(run.id, a.idx, a.number), a.executor);
        this.#tell().run({ run: run.n, at: nowMs, subject: `#${a.idx}.${a.number}`, reason });
        attempts += 1;
      }
    }
    this.#move().run(host, last.atMs, last.n);
    return { attempts, left: true };
  }

  list(fence: number, after: string, limit: number): Removal[] {
    return this.#list().all({ host: this.#hostOf(fence), after, limit }) as Removal[];
  }

  done(fence: number, attemptIds: readonly string[]): void {
    const host = this.#hostOf(fence);
    for (const id of attemptIds) this.#remove().run(host, id);
  }

  forgotten(fence: number, attemptIds: readonly string[]): Forgotten {
    const gone = attemptIds.filter((id) => {
      const at = parseAttemptId(id);
      return at === null || this.#attempt().get(at.runId, at.index, at.number) === undefined;
    });
    const since = this.#since().get(this.#hostOf(fence)) as number | null;
    return { attemptIds: gone, sinceMs: since ?? Number.MAX_SAFE_INTEGER };
  }

  /** Empty when nobody ever joined under this fence. */
  #hostOf(fence: number): string {
    return (this.#host().get(fence) as string | undefined) ?? '';
  }
}
