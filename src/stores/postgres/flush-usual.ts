import type { AttemptRow } from '../sql/schema.ts';
import { Columns, Dictionary } from './columns.ts';
import { storableText } from './json-rows.ts';
import { type Bound, statement } from './transactions.ts';
import type { LockedRun } from './locked-run.ts';

/**
 * What happens to nearly every run, in one round trip with as little work as can be: it begins, its
 * attempts are claimed, they succeed, it succeeds. Parameters: columns of begun runs, of succeeded
 * runs, of claimed attempts and of succeeded ones; the dictionary of texts; the shard of the counter
 * of unfinished runs, and what to add to it.
 */
const flushUsual = statement(
  'flush-usual',
  `with begun as (
     update runs r set state = 'running', active = x.active, started_at = x.started_at,
       deadline_at = x.deadline_at, claimed_by = x.claimed_by
     from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::integer[])
       as x(n, active, started_at, deadline_at, claimed_by)
     where r.n = x.n
   ), succeeded as (
     update runs r set state = 'succeeded', active = 0, succeeded = x.succeeded, failed = x.failed,
       ended_at = x.ended_at, deadline_at = null
     from unnest($6::bigint[], $7::integer[], $8::integer[], $9::bigint[]) as x(n, succeeded, failed, ended_at)
     where r.n = x.n
   ), claimed as (
     insert into attempts (run_n, idx, number, state, executor, fence, adopted, message, claimed_at)
     select x.run_n, x.idx, x.number, 'claimed', ($23::text[])[x.executor], x.fence, 0, '', x.claimed_at
     from unnest($10::bigint[], $11::integer[], $12::integer[], $13::integer[], $14::integer[], $15::bigint[])
       as x(run_n, idx, number, executor, fence, claimed_at)
   ), ended as (
     update attempts a set state = 'succeeded', exit_code = 0, pid = x.pid, started_at = x.started_at,
       ended_at = x.ended_at, message = ($23::text[])[x.message]
     from unnest($16::bigint[], $17::integer[], $18::integer[], $19::integer[], $20::bigint[], $21::bigint[], $22::integer[])
       as x(run_n, idx, number, pid, started_at, ended_at, message)
     where a.run_n = x.run_n and a.idx = x.idx and a.number = x.number
   )
   update unfinished_runs set runs = runs + $25::bigint where shard = $24::integer and $25::bigint <> 0`,
);

/** Gathers what the statement writes. A row that is not of this kind is refused by `false`. */
export class UsualChanges {
  static readonly statement = flushUsual;
  readonly #begun = new Columns(['n', 'active', 'started_at', 'deadline_at', 'claimed_by']);
  readonly #succeeded = new Columns(['n', 'succeeded', 'failed', 'ended_at']);
  readonly #claimed = new Columns(['run_n', 'idx', 'number', 'executor', 'fence', 'claimed_at']);
  readonly #ended = new Columns([
    'run_n',
    'idx',
    'number',
    'pid',
    'started_at',
    'ended_at',
    'message',
  ]);
  readonly #texts = new Dictionary();

  get empty(): boolean {
    const all = [this.#begun, this.#succeeded, this.#claimed, this.#ended];
    return all.every(({ size }) => size === 0);
  }

  /** `begun`: whether it was `queued` in the database until now. */
  takeRun(run: LockedRun, begun: boolean): boolean {
    if (run.hold !== null || run.stop_cause !== null || run.message !== '') return false;
    if (begun) {
      if (run.state !== 'running' || run.succeeded !== 0 || run.failed !== 0) return false;
      if (run.limit_n !== null) return false;
      this.#begun.add(run);
    } else {
      if (run.state !== 'succeeded') return false;
      this.#succeeded.add(run);
    }
    return true;
  }

  addClaimed(attempt: AttemptRow): void {
    const executor = this.#texts.place(storableText(attempt.executor));
    this.#claimed.add({ ...attempt, executor });
  }

  takeAttempt(attempt: AttemptRow): boolean {
    const { state, exit_code, signal, worker, result, progress } = attempt;
    if (state !== 'succeeded' || exit_code !== 0 || signal !== null) return false;
    if (worker !== '' || result !== '' || progress !== '') return false;
    const message = this.#texts.place(storableText(attempt.message));
    this.#ended.add({ ...attempt, message });
    return true;
  }

  /** Values for the statement. */
  values(shard: number, unfinished: number): readonly Bound[] {
    return [
      ...this.#begun.texts(),
      ...this.#succeeded.texts(),
      ...this.#claimed.texts(),
      ...this.#ended.texts(),
      this.#texts.texts(),
      shard,
      unfinished,
    ];
  }
}
