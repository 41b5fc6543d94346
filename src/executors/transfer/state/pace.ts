import type { Connection } from './database.ts';
import type { Members } from './members.ts';

/**
 * When what the workers of a run read is paid for, all together: each takes its time behind that
 * of the others, so the job's rate holds however many there are and whenever they come.
 */
export class Pace {
  readonly #database: Connection;
  readonly #members: Pick<Members, 'alive'>;
  readonly #me: string;

  constructor(database: Connection, members: Pick<Members, 'alive'>, me: string) {
    this.#database = database;
    this.#members = members;
    this.#me = me;
  }

  /**
   * Takes time for what was read; whoever asks waits until it is over before it asks again.
   * @param costMs what it costs at the rate of the whole job.
   * @returns how long to wait from now, in milliseconds.
   */
  reserve(costMs: number, nowMs: number): number {
    return this.#database
      .transaction(() => {
        const alive = new Set(this.#members.alive());
        let until = nowMs;
        let owed = 0;
        for (const other of this.#others()) {
          if (!alive.has(other.worker)) continue;
          until = Math.max(until, other.until_at);
          owed += other.cost_ms;
        }
        // Each of the others owes at most its last batch: more is a clock that was set back.
        const mine = Math.min(until, nowMs + owed) + costMs;
        this.#database
          .prepare('insert or replace into pace (worker, until_at, cost_ms) values (?, ?, ?)')
          .run(this.#me, mine, costMs);
        return mine - nowMs;
      })
      .immediate();
  }

  #others(): readonly { readonly worker: string; until_at: number; cost_ms: number }[] {
    return this.#database
      .prepare('select worker, until_at, cost_ms from pace where worker <> ?')
      .all(this.#me) as { worker: string; until_at: number; cost_ms: number }[];
  }
}
