/** Backs up what a server keeps, while it runs. */
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createSqliteStore } from '../stores/sqlite/store.ts';
import {
  copyTables,
  forgetProgress,
  type OnProgress,
  verifyTables,
} from '../stores/transfer/copy.ts';
import { backUpOnline, sealCopy } from '../stores/transfer/online-backup.ts';
import { PostgresSide } from '../stores/transfer/postgres-side.ts';
import { refuseMovedAway } from '../stores/transfer/refuse-moved.ts';
import { TransferRefusedError } from '../stores/transfer/refused.ts';
import { SqliteSide } from '../stores/transfer/sqlite-side.ts';
import { copiedTables } from '../stores/transfer/tables.ts';
import { schemaAge } from '../stores/transfer/versions.ts';
import { copyLogs } from './backup-logs.ts';
import {
  type BackupFile,
  describeFile,
  type Manifest,
  manifestFormat,
  writeManifest,
} from './backup-manifest.ts';
import { dataFiles, embeddedDatabase } from './data-files.ts';
import { version } from './version.ts';

export interface BackupOptions {
  readonly dataDir: string;
  /** Folder to make; may exist while it is empty. */
  readonly to: string;
  /** File of the key that seals secrets; null = the one in the data folder. */
  readonly masterKeyFile: string | null;
  /** PostgreSQL database of the server; null = the store is embedded. */
  readonly storeUrl: string | null;
  /** Whether the attempts' output is part of it. */
  readonly logs: boolean;
  /** Settings that were not left at their default, to be looked at when it is restored. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly nowMs: () => number;
  readonly onProgress: OnProgress;
}

/** What a backup made. */
export interface BackupReport {
  readonly folder: string;
  readonly manifest: Manifest;
  /** False: there was no master key to take along, so sealed secrets in it cannot be opened. */
  readonly hasMasterKey: boolean;
}

/**
 * Makes a backup as a folder that appears whole or not at all. The server may run: what it holds
 * is the store at one moment. Not in it, and made anew by a restore: the host's identity, the
 * operator's token, signatures used lately.
 * @throws TransferRefusedError when there is nothing to back up, or the folder is not empty.
 */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  const folder = resolve(options.to);
  await refuseOccupied(folder);
  const draft = `${folder}.${randomBytes(6).toString('hex')}.partial`;
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(draft, { mode: 0o700 });
  try {
    const report = await fill(draft, options);
    await syncFolder(draft);
    await rename(draft, folder);
    await syncFolder(dirname(folder));
    return { ...report, folder };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function fill(draft: string, options: BackupOptions): Promise<Omit<BackupReport, 'folder'>> {
  const { dataDir, storeUrl, onProgress } = options;
  const createdAtMs = options.nowMs();
  const database = join(draft, dataFiles.database);
  // The copy has the mode of a file that is there already.
  await (await open(database, 'wx', 0o600)).close();
  if (storeUrl === null) await copyEmbedded(dataDir, database, onProgress);
  else await copyShared(storeUrl, database, onProgress);
  const masterKey = options.masterKeyFile ?? join(dataDir, dataFiles.masterKey);
  const hasMasterKey = await copyMasterKey(masterKey, draft);
  const logs = options.logs ? await copyLogs(dataDir, draft, onProgress) : [];
  const names = [dataFiles.database, ...(hasMasterKey ? [dataFiles.masterKey] : []), ...logs];
  const files: BackupFile[] = [];
  for (const name of names) {
    onProgress({ step: 'checksums (files)', done: files.length, total: names.length });
    files.push(await describeFile(draft, name));
  }
  const manifest: Manifest = {
    format: manifestFormat,
    version,
    createdAtMs,
    store: storeUrl === null ? 'sqlite' : 'postgres',
    ...(await contents(database)),
    logs: options.logs,
    configuration: options.configuration,
    files,
  };
  await writeManifest(draft, manifest);
  return { manifest, hasMasterKey };
}

async function copyEmbedded(dataDir: string, to: string, onProgress: OnProgress): Promise<void> {
  const file = embeddedDatabase(dataDir);
  await refuseMovedAway(file);
  const source = new SqliteSide(file);
  try {
    await backUpOnline(source, to, onProgress);
  } finally {
    await source.close();
  }
}

/** The same form of backup from PostgreSQL: everything in it at one moment, row by row. */
async function copyShared(url: string, to: string, onProgress: OnProgress): Promise<void> {
  const source = await PostgresSide.connect(url);
  try {
    if ((await schemaAge(source.name, await source.migrations())) !== 'current') {
      throw new TransferRefusedError(
        `${source.name} does not have the schema of this version`,
        'Start a server of this version on it first, or back up with the version that runs on it',
      );
    }
    await source.beginSnapshot();
    const store = createSqliteStore({ path: to });
    await store.open();
    await store.close();
    const target = new SqliteSide(to);
    try {
      await copyTables(source, target, onProgress);
      await verifyTables(source, target, onProgress);
      await target.write({ sequences: await source.sequences(), meta: forgetProgress() });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  sealCopy(to);
}

async function copyMasterKey(file: string, draft: string): Promise<boolean> {
  const copy = join(draft, dataFiles.masterKey);
  try {
    await copyFile(file, copy);
    await chmod(copy, 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  return true;
}

async function contents(database: string): Promise<Pick<Manifest, 'schema' | 'tables'>> {
  const side = new SqliteSide(database);
  try {
    const present = await side.tables();
    const tables: Record<string, number> = {};
    for (const name of copiedTables) {
      if (present.includes(name)) tables[name] = await side.count(name);
    }
    return { schema: [...(await side.migrations())], tables };
  } finally {
    await side.close();
  }
}

async function refuseOccupied(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new TransferRefusedError(
      `cannot write to ${folder}: ${error.message}`,
      'Name a new folder',
    );
  });
  if (names.length === 0) return;
  throw new TransferRefusedError(
    `${folder} is not empty (${basename(names[0] ?? '')} …)`,
    'Name a new folder for each backup',
  );
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
