import { spawnSync } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';
import type { JobUser } from './protocol.ts';

/**
 * Looks up the user that jobs run as; null when it is the server's own.
 * @returns a text with the remedy when it cannot be used.
 */
export function resolveJobUser(name: string | null): JobUser | null | string {
  if (name === null || name === os.userInfo().username) return null;
  if (process.getuid?.() !== 0) {
    return `jobs can only run as ${name} when the server runs as root; unset the job user or start as root`;
  }
  const ask = (option: string): number => {
    const result = spawnSync('id', [option, '--', name], { timeout: 5_000, encoding: 'utf8' });
    return result.status === 0 ? Number(result.stdout.trim()) : Number.NaN;
  };
  const uid = ask('-u');
  const gid = ask('-g');
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) {
    return `the job user ${name} does not exist; create it (useradd --system ${name}) or choose another`;
  }
  return { name, uid, gid };
}
