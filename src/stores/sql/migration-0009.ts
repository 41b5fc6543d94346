import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/**
 * What lists of runs are found by. A run enters the second and the third at most once, when it
 * fails or is started by something rare; the first it entered before, now with what a tally needs.
 */
export async function runLists(db: Kysely<Database>): Promise<void> {
  const statements = [
    sql`drop index runs_ended`,
    sql`create index runs_ended on runs (ended_at, n, template_n, state, started_at)
      where ended_at is not null`,
    sql`create index runs_bad on runs (state, n) where state in ('failed', 'canceled')`,
    sql`create index runs_rare on runs (trigger, n) where trigger in ('webhook', 'workflow', 'retry')`,
  ];
  for (const statement of statements) await statement.execute(db);
}
