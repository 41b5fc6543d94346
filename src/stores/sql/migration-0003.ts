import { type Kysely, sql } from 'kysely';
import type { SqlFlavor } from './flavor.ts';
import type { Database } from './schema.ts';

/** What retention needs: finding what has become old, and remembering what is left to be removed. */
export async function retention(db: Kysely<Database>, flavor: SqlFlavor): Promise<void> {
  const clustered = sql.raw(flavor === 'sqlite' ? ' without rowid' : '');
  const statements = [
    // Finding what is old costs by what goes, however much is stored.
    sql`create index runs_ended on runs (ended_at, n, template_n) where ended_at is not null`,
    sql`create index template_changes_deleted on template_changes (at) where kind = 'delete'`,
    sql`create index servers_ended on servers (ended_at) where ended_at is not null`,
    // Attempts whose output is to be removed by the host that keeps it; empty host = by anyone.
    sql`create table removals (
      host text not null,
      attempt_id text not null,
      executor text not null,
      primary key (host, attempt_id))${clustered}`,
    // Of runs that ended up to here, in order of their end, a host's output has been let go.
    sql`create table output_horizons (
      host text primary key,
      ended_at bigint not null,
      run_n bigint not null)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
