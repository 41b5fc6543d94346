import { type Kysely, sql } from 'kysely';
import type { SqlFlavor } from './flavor.ts';
import type { Database } from './schema.ts';

/** Documents of dialects, sequences, and what workers and people say about runs. */
export async function documents(db: Kysely<Database>, flavor: SqlFlavor): Promise<void> {
  const isSqlite = flavor === 'sqlite';
  // Compared and ordered by its bytes, whatever the database's language is.
  const word = sql.raw(isSqlite ? 'text not null' : 'text collate "C" not null');
  const clustered = sql.raw(isSqlite ? ' without rowid' : '');
  const statements = [
    // The number's order is the order of lists.
    sql`create table documents (
      dialect ${word},
      kind ${word},
      key ${word},
      parent ${word},
      number bigint not null,
      value text not null,
      revision bigint not null,
      created_at bigint not null,
      updated_at bigint not null,
      primary key (dialect, kind, number))`,
    sql`create unique index documents_keyed on documents (dialect, kind, key)`,
    sql`create index documents_within on documents (dialect, kind, parent, number)`,
    // A row stays when what it counts is gone: a number is never handed out again.
    sql`create table sequences (
      name ${word},
      last bigint not null,
      primary key (name))${clustered}`,
    // No index: a verdict is rare and read with its run.
    sql`alter table runs add column verdict text`,
    sql`alter table attempts add column worker text not null default ''`,
    sql`alter table attempts add column result text not null default ''`,
    sql`alter table attempts add column progress text not null default ''`,
  ];
  for (const statement of statements) await statement.execute(db);
}
