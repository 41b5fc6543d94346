import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TransferRefusedError } from '../stores/transfer/refused.ts';

/** What of a data folder moving, backup and restore touch; the rest is made anew. */
export const dataFiles = {
  database: 'longshore.db',
  masterKey: 'master.key',
  attempts: 'attempts',
} as const;

/**
 * The database file of an embedded store.
 * @throws TransferRefusedError when the folder has none, or one that nothing was ever written to.
 */
export function embeddedDatabase(dataDir: string): string {
  const file = join(dataDir, dataFiles.database);
  if (existsSync(file) && statSync(file).size > 0) return file;
  throw new TransferRefusedError(
    `there is no embedded store in ${dataDir}`,
    'Name the data folder with --data; a server on PostgreSQL keeps its store there (store.url)',
  );
}
