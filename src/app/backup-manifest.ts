import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { TransferRefusedError } from '../stores/transfer/refused.ts';
import { dataFiles } from './data-files.ts';

const manifestName = 'manifest.json';
/** The form of a backup folder. A program reads its own form and older ones. */
export const manifestFormat = 1;
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

const fileSchema = Type.Object({
  path: Type.String({ pattern: '^[A-Za-z0-9_-][A-Za-z0-9._/-]*$' }),
  bytes: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});

const manifestSchema = Type.Object({
  /** See `manifestFormat`. */
  format: Type.Integer({ minimum: 1 }),
  /** Version of the program that made it. */
  version: Type.String(),
  createdAtMs: Type.Integer({ minimum: 0 }),
  /** Where the rows come from; in the backup they lie in a SQLite file either way. */
  store: Type.Union([Type.Literal('sqlite'), Type.Literal('postgres')]),
  /** Migrations that had run. */
  schema: Type.Array(Type.String()),
  /** Rows by table. */
  tables: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
  /** Whether the attempts' output is part of it. */
  logs: Type.Boolean(),
  /** Settings of the server that were not at their default; a restore shows and does not set them. */
  configuration: Type.Record(Type.String(), Type.Unknown()),
  files: Type.Array(fileSchema),
});

const validator = Compile(manifestSchema);

/** One file of a backup, by its path below the folder. */
export type BackupFile = Static<typeof fileSchema>;

/** What a backup says about itself, in `manifest.json`. */
export type Manifest = Static<typeof manifestSchema>;

/** Reads a file of the folder through. */
export async function describeFile(folder: string, path: string): Promise<BackupFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(join(folder, path), 'r+');
  try {
    for await (const chunk of file.createReadStream({ autoClose: false, start: 0 })) {
      hash.update(chunk as Uint8Array);
      bytes += (chunk as Uint8Array).length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

/** Writes the manifest, synced; the last file of a backup. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = await open(join(folder, manifestName), 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Reads a backup's manifest and checks every file against it.
 * @throws TransferRefusedError naming the file that is missing, changed or unexpected.
 */
export async function readBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const { path, bytes, sha256 } of manifest.files) {
    if (!isBackupPath(path)) throw damaged(folder, `${path} does not belong into a backup`);
    const found = await sha256Of(join(folder, path)).catch(() => null);
    if (found === null) throw damaged(folder, `${path} is missing or cannot be read`);
    if (found.bytes !== bytes || found.sha256 !== sha256) {
      throw damaged(folder, `${path} is not what was backed up (${found.bytes} of ${bytes} bytes)`);
    }
  }
  if (!manifest.files.some(({ path }) => path === dataFiles.database)) {
    throw damaged(folder, `its manifest names no ${dataFiles.database}`);
  }
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  let value: unknown;
  try {
    const { size } = await stat(path);
    if (size > MAX_MANIFEST_BYTES) throw new Error(`it has ${size} bytes`);
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransferRefusedError(
      `${folder} is no backup: its ${manifestName} cannot be read (${reason})`,
      'Name a folder that longshore backup made',
    );
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > manifestFormat) {
    throw new TransferRefusedError(
      `${folder} has form ${format}; this version reads up to ${manifestFormat}`,
      'Restore with the version of Longshore that made it, or a later one',
    );
  }
  if (validator.Check(value)) return value;
  const [first] = validator.Errors(value);
  throw damaged(
    folder,
    `${manifestName}${first?.instancePath ?? ''} ${first?.message ?? 'is wrong'}`,
  );
}

/** Whether a backup may hold this path: the names that we write, below the folder. */
function isBackupPath(path: string): boolean {
  if (path === dataFiles.database || path === dataFiles.masterKey) return true;
  const [top, attempt, file, ...more] = path.split('/');
  const isName = (name: string | undefined): boolean => /^[A-Za-z0-9_-][\w.-]*$/.test(name ?? '');
  return top === dataFiles.attempts && isName(attempt) && isName(file) && more.length === 0;
}

async function sha256Of(path: string): Promise<Omit<BackupFile, 'path'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function damaged(folder: string, what: string): TransferRefusedError {
  return new TransferRefusedError(
    `the backup ${folder} is damaged: ${what}`,
    'Copy it again from where it was kept, or use another one',
  );
}
