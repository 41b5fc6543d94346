import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { ensurePrivateFile } from './private-file.ts';

/** Folder of the claims inside the data folder. */
const lockFolder = 'lock';

/** Another server has the data folder. */
export class DataDirBusyError extends Error {
  constructor(dataDir: string, pid: number) {
    super(
      `another server (pid ${pid}) is using ${dataDir}; stop it first, or choose another folder with --data`,
    );
    this.name = 'DataDirBusyError';
  }
}

/** Pause between two looks of a standby server. */
const standbyPollMs = 250;

/** A held lock. */
export interface ServerLock {
  release(): Promise<void>;
}

function parseClaim(name: string): ProcessIdentity | null {
  const match = /^(\d+)\.(.+)$/.exec(name);
  return match === null ? null : { pid: Number(match[1]), mark: match[2] ?? '' };
}

/**
 * Claims the data folder for this process.
 *
 * Every claim is a file named after its process and start time, written before the others are
 * read. So of two servers at least one sees the other, and a dead one's claim can be removed
 * without a race: its name can never belong to a living process again. Two that start in the
 * same instant may both give way, never both win. Servers must see each other's processes: a
 * folder shared between machines is guarded by the store's own ownership, not by this.
 * @throws DataDirBusyError while another server lives.
 */
export async function lockDataDir(dataDir: string): Promise<ServerLock> {
  const folder = join(dataDir, lockFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = ownIdentity();
  const ownName = `${own.pid}.${own.mark}`;
  const ownPath = join(folder, ownName);
  await ensurePrivateFile(ownPath);
  for (const name of await readdir(folder)) {
    if (name === ownName) {
      continue;
    }
    const other = parseClaim(name);
    if (other !== null && isAlive(other)) {
      await rm(ownPath, { force: true });
      throw new DataDirBusyError(dataDir, other.pid);
    }
    await rm(join(folder, name), { force: true });
  }
  return { release: () => rm(ownPath, { force: true }) };
}

/**
 * Waits until the server that has the data folder is gone, then claims it: the way of a standby.
 * A frozen server is not gone, it may go on at any moment.
 * @throws the signal's reason when it is aborted first.
 */
export async function awaitDataDir(dataDir: string, signal: AbortSignal): Promise<ServerLock> {
  for (;;) {
    try {
      return await lockDataDir(dataDir);
    } catch (error) {
      if (!(error instanceof DataDirBusyError)) throw error;
    }
    await setTimeout(standbyPollMs, undefined, { signal });
  }
}
