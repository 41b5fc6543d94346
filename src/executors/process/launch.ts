import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { compileCacheEnv } from '../../lib/compile-cache.ts';
import type { SupervisorConfig } from './protocol.ts';
import { attemptsDir } from '../attempts/folder.ts';
import { maxSocketPathBytes, maxSupervisorLogBytes } from './limits.ts';

/**
 * Makes the folders a supervisor needs. Others may pass through `attempts`, because a job's user
 * must reach its own folder, but not list it.
 * @throws Error of the file system.
 */
export function prepareFolders(dataDir: string): void {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  fs.mkdirSync(attemptsDir(dataDir), { recursive: true, mode: 0o711 });
}

/**
 * Where the supervisor of a data directory listens: inside it, or in a private folder of the
 * system's temporary one when the path would be too long for a socket.
 * @throws Error when that private folder belongs to somebody else.
 */
export function supervisorSocketPath(dataDir: string): string {
  const inside = path.join(dataDir, 'supervisor.sock');
  if (Buffer.byteLength(inside) <= maxSocketPathBytes) return inside;
  const own = process.getuid?.() ?? 0;
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const folder = path.join(os.tmpdir(), `longshore-${own}-${digest}`);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = fs.lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== own || (stat.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a private folder of this user; remove it`);
  }
  return path.join(folder, 's.sock');
}

/** How a supervisor ended. */
export interface SupervisorEnd {
  readonly why: string;
  /** By a signal, which says nothing of what the next one would do. */
  readonly killed: boolean;
}

/**
 * Starts a supervisor that outlives this process: own session, clean environment, small heap,
 * its words in `<dataDir>/supervisor.log`. If another one listens already it ends at once.
 * @returns resolves with why it ended, should it end; the caller finds out by connecting.
 */
export function launchSupervisor(config: SupervisorConfig): {
  readonly ended: Promise<SupervisorEnd>;
} {
  const logFile = path.join(config.dataDir, 'supervisor.log');
  const size = fs.statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const log = fs.openSync(logFile, size > maxSupervisorLogBytes ? 'w' : 'a', 0o600);
  // The same kind of file as this one: sources under Node, compiled ones when installed.
  const extension = path.extname(fileURLToPath(import.meta.url));
  const program = fileURLToPath(new URL(`./supervisor/main${extension}`, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=64', '--max-semi-space-size=2', program, JSON.stringify(config)],
    {
      cwd: '/',
      detached: true,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        ...compileCacheEnv(),
      },
      stdio: ['ignore', log, log],
    },
  );
  fs.closeSync(log);
  child.unref();
  const ended = new Promise<SupervisorEnd>((resolve) => {
    child.once('error', ({ message }) => {
      resolve({ why: `the supervisor could not be run: ${message}`, killed: false });
    });
    child.once('exit', (code, signal) => {
      const why = `the supervisor ended with ${code ?? signal}; see ${logFile}`;
      resolve({ why, killed: signal !== null });
    });
  });
  return { ended };
}
