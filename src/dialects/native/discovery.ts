import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * How a client on the server's machine finds the server: two files in the data folder, both
 * readable by their owner alone. Part of the native API, because server and CLI must agree on it.
 */
export const serverFileName = 'server.json';
export const operatorTokenFileName = 'operator.token';

/** What `server.json` says about a running server. */
export interface ServerFile {
  /** Base address, e.g. `http://127.0.0.1:8480`. */
  readonly url: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly version: string;
}

/** The data folder when none is configured: the system's for root, the user's own otherwise. */
export function defaultDataDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  root: boolean = process.getuid?.() === 0,
): string {
  if (root) {
    return '/var/lib/longshore';
  }
  const stateHome = env['XDG_STATE_HOME'];
  const base =
    stateHome !== undefined && stateHome !== '' ? stateHome : join(homedir(), '.local', 'state');
  return join(base, 'longshore');
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** Reads `server.json`; null when no server has written one or it is not one. */
export async function readServerFile(dataDir: string): Promise<ServerFile | null> {
  const text = await readIfPresent(join(dataDir, serverFileName));
  if (text === null) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('url' in value)) {
      return null;
    }
    return typeof value.url === 'string' ? (value as ServerFile) : null;
  } catch {
    return null;
  }
}

/** Reads the operator's token; null when the server has never run with this data folder. */
export async function readOperatorToken(dataDir: string): Promise<string | null> {
  const text = await readIfPresent(join(dataDir, operatorTokenFileName));
  return text === null ? null : text.trim();
}
