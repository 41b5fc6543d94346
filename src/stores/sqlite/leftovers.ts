import type { Database as Connection } from 'better-sqlite3';
import { awayHosts, erasableServers } from '../sql/leftovers.ts';
import { lazy } from './session.ts';

/** What is left of something that is gone, erased by age. */
export class Leftovers {
  readonly #deletedTemplates;
  readonly #eraseChanges;
  readonly #eraseRemovals;
  readonly #eraseHorizons;
  readonly #eraseServers;

  constructor(db: Connection) {
    this.#deletedTemplates = lazy(() =>
      db
        .prepare(
          `select template_id from template_changes where kind = 'delete' and at < ? order by at limit ?`,
        )
        .pluck(),
    );
    // The deletion is the last of them, so it goes last and the rest is found until then.
    this.#eraseChanges = lazy(() =>
      db.prepare(
        `delete from template_changes where n in (
           select n from template_changes where template_id = ? order by n limit ?)`,
      ),
    );
    this.#eraseRemovals = lazy(() =>
      db.prepare(
        `with ${awayHosts('removals', '@beforeMs')}
         delete from removals where (host, attempt_id) in (
           select r.host, r.attempt_id from away join removals r on r.host = away.host limit @limit)`,
      ),
    );
    this.#eraseHorizons = lazy(() =>
      db.prepare(
        `with ${awayHosts('output_horizons', '@beforeMs')}
         delete from output_horizons where host in (select host from away limit @limit)`,
      ),
    );
    this.#eraseServers = lazy(() =>
      db.prepare(
        `delete from servers where fence in (${erasableServers('@beforeMs')} limit @limit)`,
      ),
    );
  }

  /**
   * Erases at most `limit` rows of each kind; `thorough`: also of those that take a look at all
   * attempts. @returns how many went; 0 = nothing is left to erase.
   */
  erase(beforeMs: number, limit: number, thorough: boolean): number {
    let left = limit;
    for (const id of this.#deletedTemplates().all(beforeMs, limit)) {
      left -= this.#eraseChanges().run(id, left).changes;
      if (left <= 0) break;
    }
    let erased = limit - left;
    const others = [
      this.#eraseRemovals(),
      this.#eraseHorizons(),
      ...(thorough ? [this.#eraseServers()] : []),
    ];
    for (const statement of others) erased += statement.run({ beforeMs, limit }).changes;
    return erased;
  }
}
