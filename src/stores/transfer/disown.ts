import type { SqliteSide } from './sqlite-side.ts';
import { moveKeyPrefix } from './tables.ts';

const liveAttempts = `state in ('claimed', 'running', 'stopping')`;
/** Host of attempts from before servers were written down. */
const UNKNOWN_HOST = 'restored';

/**
 * Makes a copied store the start of a new life elsewhere: whoever ran its unfinished attempts is
 * taken to be a server that gives no sign of life any more. The next server on it, which is
 * another host, then gives them up as lost after their lease, with retries within the budget.
 * Marks about moving are dropped: they were about the original.
 * @returns how many attempts that concerns.
 */
export function disownAttempts({ db }: SqliteSide): number {
  return db
    .transaction(() => {
      // One that had ended in order kept its attempts for its host's next life: there is none here.
      db.prepare(
        `update servers set ended_at = null where fence in (select fence from attempts where ${liveAttempts})`,
      ).run();
      db.prepare(
        `insert into servers (fence, host, joined_at, lease_until)
         select distinct a.fence, ?, 0, 0 from attempts a
         where a.${liveAttempts} and not exists (select 1 from servers s where s.fence = a.fence)`,
      ).run(UNKNOWN_HOST);
      db.prepare('delete from meta where substr(key, 1, ?) = ?').run(
        moveKeyPrefix.length,
        moveKeyPrefix,
      );
      const count = `select count(*) from attempts where ${liveAttempts}`;
      return db.prepare(count).pluck().get() as number;
    })
    .immediate();
}
