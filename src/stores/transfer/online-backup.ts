import type { OnProgress } from './copy.ts';
import { TransferRefusedError } from './refused.ts';
import { SqliteSide } from './sqlite-side.ts';

/** Pages that one step copies: 4 MiB with SQLite's usual pages. */
const STEP_PAGES = 1_024;

/**
 * Copies a SQLite store while its server runs, as it is at one moment.
 *
 * The read transaction keeps that moment. Without it SQLite begins anew whenever somebody writes
 * meanwhile, and beside a busy server never comes to an end. While it lasts, the log of the store
 * cannot be taken back into the database, and grows.
 * @throws TransferRefusedError when the copy is damaged.
 */
export async function backUpOnline(
  source: SqliteSide,
  path: string,
  onProgress: OnProgress,
): Promise<void> {
  source.db.exec('begin');
  try {
    source.db.prepare('select count(*) from sqlite_master').get();
    await source.db.backup(path, {
      progress({ totalPages, remainingPages }) {
        onProgress({
          step: 'copying the database (pages)',
          done: totalPages - remainingPages,
          total: totalPages,
        });
        return STEP_PAGES;
      },
    });
  } finally {
    source.db.exec('rollback');
  }
  sealCopy(path);
}

/** Proves a copied database sound and leaves it as one file without a log beside it. */
export function sealCopy(path: string): void {
  const { db } = new SqliteSide(path);
  try {
    db.pragma('journal_mode = delete');
    const found = db.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') {
      throw new TransferRefusedError(
        `the copied database is damaged: ${String(found)}`,
        'Check the disk, and run longshore doctor; an earlier backup may be sound',
      );
    }
  } finally {
    db.close();
  }
}
