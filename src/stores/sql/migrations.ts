import { type Kysely, sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Database } from './schema.ts';

/**
 * Schema changes, oldest first. A released one is never edited: add the next.
 * The names sort, which is the order they run in.
 */
const migrations: Record<string, Migration> = {
  '0001-first': { up: first },
};

/**
 * Brings the schema to this version.
 * @throws Error naming the migration that failed; the schema stays as it was before that one.
 */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`schema migration ${failed ?? ''} failed: ${String(error)}`, { cause: error });
  }
}

async function first(db: Kysely<Database>): Promise<void> {
  const schema = db.schema;
  const withoutRowid = sql`without rowid`;

  await schema
    .createTable('meta')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();

  await schema
    .createTable('templates')
    .addColumn('n', 'integer', (c) => c.primaryKey().autoIncrement())
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
    .addColumn('template_n', 'integer', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('spec', 'text', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .addColumn('not_acted_on', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('template_revisions_pk', ['template_n', 'revision'])
    .modifyEnd(withoutRowid)
    .execute();

  await schema
    .createTable('template_changes')
    .addColumn('n', 'integer', (c) => c.primaryKey().autoIncrement())
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
    .addColumn('n', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('template_n', 'integer', (c) => c.notNull())
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
    .addColumn('run_n', 'integer', (c) => c.notNull())
    .addColumn('idx', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('instances_pk', ['run_n', 'idx'])
    .modifyEnd(withoutRowid)
    .execute();
  await sql`create index instances_due on instances (due_at, run_n, idx) where state = 'pending'`.execute(
    db,
  );

  await schema
    .createTable('attempts')
    .addColumn('run_n', 'integer', (c) => c.notNull())
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
    .modifyEnd(withoutRowid)
    .execute();
  await sql`create index attempts_live on attempts (run_n, idx, number) where state in ('claimed', 'running', 'stopping')`.execute(
    db,
  );

  await schema
    .createTable('events')
    .addColumn('run_n', 'integer', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('from_state', 'text')
    .addColumn('to_state', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_pk', ['run_n', 'seq'])
    .modifyEnd(withoutRowid)
    .execute();

  await schema
    .createTable('refusals')
    .addColumn('n', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('template_n', 'integer', (c) => c.notNull())
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
    .addColumn('sealed_secret', 'blob', (c) => c.notNull())
    .execute();
  await schema.createIndex('keys_of_user').on('keys').column('user').execute();
  await schema
    .createTable('policies')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('document', 'text', (c) => c.notNull())
    .execute();
}
