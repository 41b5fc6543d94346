import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { SqlFlavor } from './flavor.ts';
import { schedulesAndServers } from './migration-0002.ts';
import { retention } from './migration-0003.ts';
import { catalog } from './migration-0004.ts';
import { documents } from './migration-0005.ts';
import { storyFromRows } from './migration-0006.ts';
import { runLimits } from './migration-0007.ts';
import { auditLog } from './migration-0008.ts';
import { runLists } from './migration-0009.ts';
import type { Database } from './schema.ts';

/**
 * Schema changes, oldest first. A released one is never edited: add the next.
 * The names sort, which is the order they run in.
 */
function migrationsFor(flavor: SqlFlavor): Record<string, Migration> {
  return {
    '0001-first': { up: (db: Kysely<Database>) => first(db, flavor) },
    '0002-schedules-and-servers': { up: (db: Kysely<Database>) => schedulesAndServers(db, flavor) },
    '0003-retention': { up: (db: Kysely<Database>) => retention(db, flavor) },
    '0004-catalog': { up: (db: Kysely<Database>) => catalog(db, flavor) },
    '0005-documents': { up: (db: Kysely<Database>) => documents(db, flavor) },
    '0006-story-from-rows': { up: (db: Kysely<Database>) => storyFromRows(db) },
    '0007-run-limits': { up: (db: Kysely<Database>) => runLimits(db, flavor) },
    '0008-audit-log': { up: (db: Kysely<Database>) => auditLog(db, flavor) },
    '0009-run-lists': { up: (db: Kysely<Database>) => runLists(db) },
  };
}

/**
 * Brings the schema to this version.
 * @throws Error naming the migration that failed; the schema stays as it was before that one.
 */
export async function migrate(db: Kysely<Database>, flavor: SqlFlavor = 'sqlite'): Promise<void> {
  const migrations = migrationsFor(flavor);
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    const what =
      failed === undefined ? 'the database cannot be read' : `schema migration ${failed} failed`;
    throw new Error(`${what}: ${String(error)}`, { cause: error });
  }
}

async function first(db: Kysely<Database>, flavor: SqlFlavor): Promise<void> {
  const schema = db.schema;
  const { reference, bytes, numbered, clustered } = columnKinds(flavor);

  await schema
    .createTable('meta')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();

  await schema
    .createTable('templates')
    .$call(numbered)
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('dialect', 'text', (c) => c.notNull())
    .addColumn('namespace', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('suspended', 'integer', (c) => c.notNull())
    .addColumn('refers_to', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('deleted_at', 'bigint')
    .execute();
  await sql`create index templates_listed on templates (dialect, namespace, n) where deleted_at is null`.execute(
    db,
  );
  await sql`create index templates_refers_to on templates (refers_to) where refers_to is not null`.execute(
    db,
  );
  await sql`create index templates_deleted on templates (deleted_at) where deleted_at is not null`.execute(
    db,
  );

  await schema
    .createTable('template_revisions')
    .addColumn('template_n', reference, (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('spec', 'text', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .addColumn('not_acted_on', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('template_revisions_pk', ['template_n', 'revision'])
    .$call(clustered)
    .execute();

  await schema
    .createTable('template_changes')
    .$call(numbered)
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('template_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('by', 'text', (c) => c.notNull())
    .addColumn('note', 'text', (c) => c.notNull())
    .execute();
  await schema
    .createIndex('template_changes_of')
    .on('template_changes')
    .columns(['template_id', 'n'])
    .execute();

  await schema
    .createTable('runs')
    .$call(numbered)
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('template_n', reference, (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('trigger', 'text', (c) => c.notNull())
    .addColumn('by', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('hold', 'text')
    .addColumn('stop_cause', 'text')
    .addColumn('replicas', 'integer', (c) => c.notNull())
    .addColumn('active', 'integer', (c) => c.notNull())
    .addColumn('succeeded', 'integer', (c) => c.notNull())
    .addColumn('failed', 'integer', (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('not_before', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('deadline_at', 'bigint')
    .addColumn('deleted_at', 'bigint')
    .addColumn('spec', 'text')
    .addColumn('document', 'text')
    .addColumn('not_acted_on', 'text')
    .execute();
  await schema.createIndex('runs_of_template').on('runs').columns(['template_n', 'n']).execute();
  await sql`create unique index runs_key on runs (template_n, idempotency_key) where idempotency_key is not null`.execute(
    db,
  );
  // Partial indexes: what is due costs by what is due, however much is stored.
  await sql`create index runs_due on runs (not_before, n) where state = 'queued' and hold is null`.execute(
    db,
  );
  await sql`create index runs_unfinished on runs (template_n, n, state) where state in ('queued', 'running', 'stopping')`.execute(
    db,
  );
  await sql`create index runs_held on runs (template_n, n) where state = 'queued' and hold is not null`.execute(
    db,
  );
  await sql`create index runs_deadline on runs (deadline_at) where state = 'running' and deadline_at is not null`.execute(
    db,
  );
  await sql`create index runs_deleted on runs (deleted_at) where deleted_at is not null`.execute(
    db,
  );

  await schema
    .createTable('instances')
    .addColumn('run_n', reference, (c) => c.notNull())
    .addColumn('idx', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('instances_pk', ['run_n', 'idx'])
    .$call(clustered)
    .execute();
  await sql`create index instances_due on instances (due_at, run_n, idx) where state = 'pending'`.execute(
    db,
  );

  await schema
    .createTable('attempts')
    .addColumn('run_n', reference, (c) => c.notNull())
    .addColumn('idx', 'integer', (c) => c.notNull())
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('executor', 'text', (c) => c.notNull())
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('adopted', 'integer', (c) => c.notNull())
    .addColumn('pid', 'integer')
    .addColumn('exit_code', 'integer')
    .addColumn('signal', 'text')
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('claimed_at', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addPrimaryKeyConstraint('attempts_pk', ['run_n', 'idx', 'number'])
    .$call(clustered)
    .execute();
  await sql`create index attempts_live on attempts (run_n, idx, number) where state in ('claimed', 'running', 'stopping')`.execute(
    db,
  );

  await schema
    .createTable('events')
    .addColumn('run_n', reference, (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('from_state', 'text')
    .addColumn('to_state', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_pk', ['run_n', 'seq'])
    .$call(clustered)
    .execute();

  await schema
    .createTable('refusals')
    .$call(numbered)
    .addColumn('template_n', reference, (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('trigger', 'text', (c) => c.notNull())
    .addColumn('by', 'text', (c) => c.notNull())
    .addColumn('code', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('refusals_of').on('refusals').columns(['template_n', 'n']).execute();

  await schema
    .createTable('users')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('root', 'integer', (c) => c.notNull())
    .addColumn('policies', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await schema
    .createTable('keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('user', 'text', (c) => c.notNull())
    .addColumn('enabled', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('security_token', 'text')
    .addColumn('expires_at', 'bigint')
    .addColumn('sealed_secret', bytes, (c) => c.notNull())
    .execute();
  await schema.createIndex('keys_of_user').on('keys').column('user').execute();
  await schema
    .createTable('policies')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('document', 'text', (c) => c.notNull())
    .execute();
  if (flavor === 'postgres') await firstOfPostgres(db);
}

/** Shards of the counter of unfinished runs: writers that add to different ones never wait. */
export const UNFINISHED_SHARDS = 64;

/**
 * What only PostgreSQL needs: a counter of unfinished runs that several servers share (SQLite's one
 * server counts in memory), and room in the pages for updates that need no new index entries.
 */
async function firstOfPostgres(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('unfinished_runs')
    .addColumn('shard', 'integer', (c) => c.primaryKey())
    .addColumn('runs', 'bigint', (c) => c.notNull())
    .execute();
  await sql`insert into unfinished_runs (shard, runs) select n, 0 from generate_series(0, ${sql.lit(UNFINISHED_SHARDS - 1)}) as n`.execute(
    db,
  );
  // A queue leaves dead entries at its head; they cost every claim until they are vacuumed away.
  for (const table of ['runs', 'instances', 'attempts', 'unfinished_runs']) {
    await sql`alter table ${sql.table(table)} set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)`.execute(
      db,
    );
  }
}

/** How the two databases call the same things. */
function columnKinds(flavor: SqlFlavor): {
  readonly reference: 'integer' | 'bigint';
  readonly bytes: 'blob' | 'bytea';
  readonly numbered: <T extends string>(
    table: CreateTableBuilder<T>,
  ) => CreateTableBuilder<T | 'n'>;
  readonly clustered: <T extends string>(table: CreateTableBuilder<T>) => CreateTableBuilder<T>;
} {
  if (flavor === 'sqlite') {
    return {
      reference: 'integer',
      bytes: 'blob',
      numbered: (table) => table.addColumn('n', 'integer', (c) => c.primaryKey().autoIncrement()),
      clustered: (table) => table.modifyEnd(sql`without rowid`),
    };
  }
  return {
    reference: 'bigint',
    bytes: 'bytea',
    numbered: (table) =>
      table.addColumn('n', 'bigint', (c) => c.primaryKey().generatedByDefaultAsIdentity()),
    clustered: (table) => table,
  };
}
