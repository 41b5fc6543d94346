import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** What a run needs so that its story is told by its own row; see `story.ts`. */
export async function storyFromRows(db: Kysely<Database>): Promise<void> {
  await sql`alter table runs add column claimed_by integer`.execute(db);
}
