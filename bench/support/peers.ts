import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'peers');
const stampFile = join(folder, 'node_modules', '.longshore-peers');
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/**
 * Installs the peers at the versions of `bench/peers/package-lock.json`, once. They are packages
 * of the bench alone; the product never depends on them.
 * @throws Error with npm's words when that fails.
 */
export function installPeers(note: (text: string) => void): void {
  const wanted = createHash('sha256')
    .update(`${process.platform}-${process.arch}\n`)
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  note('queue: installing graphile-worker, pg-boss and BullMQ with npm ci ...');
  let result = npm('ci');
  // A lock file made against a registry without the binaries of every platform lacks their
  // entries; `npm install` leaves them out, and takes what it takes from the lock file.
  if (result.status !== 0 && /EUSAGE/.test(result.stderr)) result = npm('install', '--no-save');
  if (result.status !== 0) {
    throw new Error(
      `npm could not install bench/peers; check the network and the registry, then retry:\n${result.stderr}`,
    );
  }
  writeFileSync(stampFile, wanted);
}

/** Version of an installed peer. */
export function peerVersion(name: string): string {
  const file = join(folder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Scripts stay off: what the peers build with them is only a faster way to the same. */
function npm(...args: readonly string[]): { readonly status: number | null; stderr: string } {
  const result = spawnSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (result.error !== undefined) throw result.error;
  return result;
}
