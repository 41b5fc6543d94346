import { type Kysely, sql } from 'kysely';
import type { SqlFlavor } from './flavor.ts';
import type { Database } from './schema.ts';

/** Schedules with their ledger of firings, and the servers that share a store. */
export async function schedulesAndServers(db: Kysely<Database>, flavor: SqlFlavor): Promise<void> {
  // Rows live in their key's order: what belongs together is read together.
  const clustered = sql.raw(flavor === 'sqlite' ? ' without rowid' : '');
  const statements = [
    sql`alter table template_revisions add column schedule text`,
    sql`alter table runs add column scheduled_at bigint`,
    sql`create table servers (
      fence bigint primary key,
      host text not null,
      joined_at bigint not null,
      lease_until bigint not null,
      ended_at bigint)`,
    sql`create index servers_alive on servers (lease_until) where ended_at is null`,
    sql`create index attempts_owner on attempts (fence) where state in ('claimed', 'running', 'stopping')`,
    sql`create table schedules (
      template_n bigint primary key,
      definition text not null,
      since_at bigint not null,
      next_at bigint,
      last_at bigint,
      paused integer not null,
      delay_ms bigint,
      note text not null)`,
    // What is due costs by what is due, however many schedules are stored.
    sql`create index schedules_due on schedules (next_at, template_n) where next_at is not null and paused = 0`,
    sql`create index schedules_waiting on schedules (template_n) where next_at is null and delay_ms is not null`,
    sql`create table firings (
      template_n bigint not null,
      nominal_at bigint not null,
      until_at bigint not null,
      count bigint not null,
      outcome text not null,
      run_id text,
      decided_at bigint not null,
      rule text not null,
      reason text not null,
      primary key (template_n, nominal_at))${clustered}`,
    sql`create index firings_decided on firings (decided_at)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
