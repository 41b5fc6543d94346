import { TransferRefusedError } from './refused.ts';

/**
 * What is copied, in this order. Columns and keys are read from the databases themselves; the list
 * is written down so that a new table does not stay behind unnoticed: a test compares it with both
 * schemas, and a copy refuses tables that it does not know.
 */
export const copiedTables = [
  'meta',
  'users',
  'policies',
  'keys',
  'namespaces',
  'config_maps',
  'secrets',
  'templates',
  'template_revisions',
  'template_changes',
  'template_references',
  'tags',
  'schedules',
  'run_limits',
  'runs',
  'instances',
  'attempts',
  'events',
  'refusals',
  'firings',
  'servers',
  'removals',
  'output_horizons',
  'documents',
  'sequences',
  'audit_lines',
] as const;

/** Tables that each database fills by itself. */
export const ownTables: readonly string[] = [
  'kysely_migration',
  'kysely_migration_lock',
  // Numbers handed out: carried over as sequences.
  'sqlite_sequence',
  'sqlite_stat1',
  'sqlite_stat4',
  // PostgreSQL's counter of unfinished runs: counted anew.
  'unfinished_runs',
];

/** Rows of `meta` that belong to moving itself start with this and are never copied. */
export const moveKeyPrefix = 'move.';

/**
 * Compares the tables of a store's database with the list.
 * @throws TransferRefusedError when one of them is not in the list, or one of the list is missing.
 */
export function checkTables(where: string, present: readonly string[]): void {
  const listed: readonly string[] = copiedTables;
  const unknown = present.filter((name) => !listed.includes(name) && !ownTables.includes(name));
  const missing = listed.filter((name) => !present.includes(name));
  if (unknown.length > 0) {
    throw new TransferRefusedError(
      `${where} has tables that this version does not know how to copy: ${unknown.join(', ')}`,
      'Use the version of Longshore that made them; tables of other programs belong in another database',
    );
  }
  if (missing.length > 0) {
    throw new TransferRefusedError(
      `${where} lacks the tables ${missing.join(', ')}`,
      'It is no Longshore store, or one of another version: start a server of this version on it once',
    );
  }
}
