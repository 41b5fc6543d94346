import { Kysely, SqliteDialect } from 'kysely';
import { migrate } from '../sql/migrations.ts';
import type { Database } from '../sql/schema.ts';
import { TransferRefusedError } from './refused.ts';
import { SqliteSide } from './sqlite-side.ts';

/** Names of the migrations that this version of the program knows, sorted. */
export async function knownMigrations(): Promise<readonly string[]> {
  const side = new SqliteSide(':memory:');
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: side.db }),
  });
  try {
    await migrate(db);
    return await side.migrations();
  } finally {
    await db.destroy();
  }
}

/**
 * How a schema stands to this version.
 * @throws TransferRefusedError when a later version made it.
 */
export async function schemaAge(
  where: string,
  migrations: readonly string[],
): Promise<'none' | 'older' | 'current'> {
  const known = await knownMigrations();
  const later = migrations.filter((name) => !known.includes(name));
  if (later.length > 0) {
    throw new TransferRefusedError(
      `${where} was written by a later version (schema ${later.join(', ')})`,
      'Use that version of Longshore, or a later one',
    );
  }
  if (migrations.length === 0) return 'none';
  return migrations.length < known.length ? 'older' : 'current';
}
