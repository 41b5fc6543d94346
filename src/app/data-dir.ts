import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  operatorTokenFileName,
  readOperatorToken,
  serverFileName,
  type ServerFile,
} from '../dialects/native/discovery.ts';
import { ensurePrivateFile, writePrivateFile } from './private-file.ts';

/** Random bytes of the operator's token. */
const tokenBytes = 32;

/** Random bytes of a host's name. */
const hostIdBytes = 16;

/** Where everything lies below the data folder. */
export interface DataPaths {
  readonly database: string;
  readonly masterKey: string;
  /** Memory of used signature nonces. */
  readonly nonces: string;
}

/**
 * Makes the data folder ready. A new one lets others pass (0711), because jobs of another user
 * must reach their own folders below it; what is secret has its own mode.
 * @throws Error with what to do when it cannot be used.
 */
export async function prepareDataDir(dataDir: string): Promise<DataPaths> {
  const paths = {
    database: join(dataDir, 'longshore.db'),
    masterKey: join(dataDir, 'master.key'),
    nonces: join(dataDir, 'nonces'),
  };
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    // SQLite gives its side files the mode of the database: private before it is first opened.
    await ensurePrivateFile(paths.database);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `cannot use the data folder ${dataDir}: ${reason}; choose another with --data`,
      {
        cause: error,
      },
    );
  }
  return paths;
}

/**
 * Name of the place where this folder's attempts live, made on first use and kept: servers that
 * share a store know by it whose attempts they may adopt. A copied folder must not keep it.
 */
export async function loadOrCreateHostId(dataDir: string): Promise<string> {
  const path = join(dataDir, 'host-id');
  try {
    const known = (await readFile(path, 'utf8')).trim();
    if (known !== '') return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const id = randomBytes(hostIdBytes).toString('hex');
  await writePrivateFile(path, `${id}\n`);
  return id;
}

/** The operator's token, made on first use: whoever can read its file is root here. */
export async function loadOrCreateOperatorToken(dataDir: string): Promise<string> {
  const known = await readOperatorToken(dataDir);
  if (known !== null && known !== '') {
    return known;
  }
  const token = randomBytes(tokenBytes).toString('base64url');
  await writePrivateFile(join(dataDir, operatorTokenFileName), `${token}\n`);
  return token;
}

/** Tells clients on this machine where the server is. */
export async function announceServer(dataDir: string, file: ServerFile): Promise<void> {
  await writePrivateFile(join(dataDir, serverFileName), `${JSON.stringify(file, null, 2)}\n`);
}

/** Takes the announcement back. */
export async function withdrawServer(dataDir: string): Promise<void> {
  await rm(join(dataDir, serverFileName), { force: true });
}
