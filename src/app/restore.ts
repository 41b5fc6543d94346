/** Makes a data folder from a backup. */
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createSqliteStore } from '../stores/sqlite/store.ts';
import type { OnProgress } from '../stores/transfer/copy.ts';
import { disownAttempts } from '../stores/transfer/disown.ts';
import { sealCopy } from '../stores/transfer/online-backup.ts';
import { TransferRefusedError } from '../stores/transfer/refused.ts';
import { SqliteSide } from '../stores/transfer/sqlite-side.ts';
import { schemaAge } from '../stores/transfer/versions.ts';
import { type Manifest, readBackup } from './backup-manifest.ts';
import { dataFiles } from './data-files.ts';
import { lockDataDir } from './server-lock.ts';

export interface RestoreOptions {
  /** Folder that a backup made. */
  readonly from: string;
  readonly dataDir: string;
  /** Whether what the data folder holds is moved aside, into a folder within it. */
  readonly force: boolean;
  readonly onProgress: OnProgress;
}

/** What a restore did. */
export interface RestoreReport {
  readonly dataDir: string;
  readonly manifest: Manifest;
  /** Attempts that were running in the backup: lost, and retried within their budget. */
  readonly lostAttempts: number;
  /** Where the folder's former content lies; null when there was none. */
  readonly movedAside: string | null;
}

/** Folder of the server lock; it is no content. */
const lockFolder = 'lock';

/**
 * Checks a backup and makes a data folder of it, the database last. The folder becomes a new host:
 * what ran in the backup runs on none any more, and the next server gives it up as lost.
 * @throws DataDirBusyError while a server has the folder; TransferRefusedError when the backup is
 *   damaged or of a later version, or the folder is not empty.
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const { from, dataDir, onProgress } = options;
  const manifest = await readBackup(from);
  await schemaAge(from, manifest.schema);
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const lock = await lockDataDir(dataDir);
  try {
    const movedAside = await clear(dataDir, options.force);
    for (const [index, { path }] of manifest.files.entries()) {
      onProgress({ step: 'copying files', done: index, total: manifest.files.length });
      if (path !== dataFiles.database) await copyPrivate(from, dataDir, path, path);
    }
    const draft = `${dataFiles.database}.${randomBytes(6).toString('hex')}.partial`;
    await copyPrivate(from, dataDir, dataFiles.database, draft);
    const lostAttempts = await beginNewLife(join(dataDir, draft));
    await rename(join(dataDir, draft), join(dataDir, dataFiles.database));
    await sync(dataDir);
    return { dataDir, manifest, lostAttempts, movedAside };
  } finally {
    await lock.release();
  }
}

async function beginNewLife(file: string): Promise<number> {
  const store = createSqliteStore({ path: file });
  await store.open();
  await store.close();
  const side = new SqliteSide(file);
  let lost = 0;
  try {
    lost = disownAttempts(side);
  } finally {
    await side.close();
  }
  // The log is named after the draft; it must not hold anything when that gets its name.
  sealCopy(file);
  await sync(file);
  return lost;
}

async function clear(dataDir: string, force: boolean): Promise<string | null> {
  const content = (await readdir(dataDir)).filter((name) => name !== lockFolder);
  const first = content[0];
  if (first === undefined) return null;
  if (!force) {
    throw new TransferRefusedError(
      `${dataDir} is not empty (${first} …)`,
      'Name a new folder with --data, or add --force: what is there is then moved aside',
    );
  }
  const aside = join(dataDir, `replaced-${randomBytes(6).toString('hex')}`);
  await mkdir(aside, { mode: 0o700 });
  for (const name of content) await rename(join(dataDir, name), join(aside, name));
  return aside;
}

async function copyPrivate(from: string, to: string, path: string, as: string): Promise<void> {
  const target = join(to, as);
  if (dirname(as) !== '.') await mkdir(dirname(target), { recursive: true, mode: 0o711 });
  await copyFile(join(from, path), target);
  await chmod(target, 0o600);
  await sync(target);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
