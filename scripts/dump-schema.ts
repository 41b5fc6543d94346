/**
 * Keeps what a store of this version writes, so that later versions prove that they can read it:
 *
 *   node scripts/dump-schema.ts [folder]     tests/fixtures/schema when none is given
 *
 * Makes a store, lets it live `tests/fixtures/schema/life.ts`, and writes two files named after
 * the newest migration: `.sql` (schema and rows) and `.json` (what the port told about them).
 * To be run before a migration is added; a released dump is never made again.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { defaultAdmissionLimits } from '../src/domain/admission.ts';
import { Bench } from '../tests/contract/store/fixtures.ts';
import { adapter } from '../tests/contract/store/sqlite-adapter.ts';
import { liveSmallLife, snapshot } from '../tests/fixtures/schema/life.ts';

const target = process.argv[2] ?? join(import.meta.dirname, '..', 'tests', 'fixtures', 'schema');
const place = await mkdtemp(join(tmpdir(), 'longshore-dump-'));
try {
  const bench = new Bench(adapter, place, defaultAdmissionLimits);
  await bench.enter();
  await liveSmallLife(bench);
  const told = await snapshot(bench);
  await bench.store.close();
  const { name, text } = dump(join(place, 'longshore.db'));
  await writeFile(join(target, `${name}.sql`), text);
  await writeFile(join(target, `${name}.json`), `${JSON.stringify(told, null, 1)}\n`);
  console.log(`wrote ${name}.sql and ${name}.json to ${target}`);
} finally {
  await rm(place, { recursive: true, force: true });
}

/** The database as SQL text that makes it again, and the name of its newest migration. */
function dump(file: string): { readonly name: string; readonly text: string } {
  const db = new Sqlite(file, { readonly: true });
  try {
    const objects = db
      .prepare('select type, name, sql from sqlite_master where sql is not null order by rowid')
      .all() as { type: string; name: string; sql: string }[];
    const ours = objects.filter(({ name }) => !name.startsWith('sqlite_'));
    const tables = objects.filter(({ type }) => type === 'table').map(({ name }) => name);
    const rows = tables
      .filter((table) => !table.startsWith('sqlite_'))
      .flatMap((table) => inserts(db, table));
    // Inserting rows has counted already; deleted rows count as well.
    const numbers = ['delete from sqlite_sequence;', ...inserts(db, 'sqlite_sequence')];
    const newest = db
      .prepare('select name from kysely_migration order by name desc limit 1')
      .pluck()
      .get() as string;
    const lines = [...ours.map(({ sql }) => `${sql};`), ...rows, ...numbers];
    return { name: newest, text: `${['begin;', ...lines, 'commit;'].join('\n')}\n` };
  } finally {
    db.close();
  }
}

function inserts(db: Sqlite.Database, table: string): string[] {
  const rows = db.prepare(`select * from "${table}"`).raw().all() as unknown[][];
  return rows.map((row) => `insert into "${table}" values (${row.map(literal).join(', ')});`);
}

function literal(value: unknown): string {
  if (value === null || typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  throw new Error(`a value of type ${typeof value} cannot be dumped: teach scripts/dump-schema.ts`);
}
