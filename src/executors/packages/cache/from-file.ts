import { constants } from 'node:fs';
import { open, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Address } from './address.ts';
import {
  type Fetched,
  type FetchLimits,
  tooLarge,
  type Validators,
  writeHashed,
} from './fetched.ts';

/**
 * Copies a package of this machine into a new file.
 * @param roots Folders it may come from, links resolved.
 * @returns null when it did not change since `known`.
 * @throws Error in words: outside of the folders, not there, too large.
 */
export async function fetchFromFile(
  address: Address,
  roots: readonly string[],
  known: Validators | null,
  file: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Fetched | null> {
  const handle = await openInside(address, roots);
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) throw new Error(`the package ${address.shown} is no file`);
    if (stat.size > BigInt(limits.maxBytes)) throw tooLarge(address.shown, limits.maxBytes);
    const etag = `${stat.dev}-${stat.ino}-${stat.size}-${stat.mtimeNs}-${stat.ctimeNs}`;
    if (known?.etag === etag) return null;
    const stream = handle.createReadStream({ autoClose: false, signal });
    const written = await writeHashed(stream, file, address.shown, limits.maxBytes);
    return { ...written, etag, lastModified: null };
  } finally {
    await handle.close();
  }
}

async function openInside(address: Address, roots: readonly string[]) {
  const refused = new Error(
    `the package ${address.shown} lies outside of the folders that packages may come from; see packages.files`,
  );
  if (address.url.host !== '' && address.url.host !== 'localhost') throw refused;
  const wanted = fileURLToPath(`file://${address.url.pathname}`);
  // Before looking: that a file exists elsewhere is nobody's business.
  const given = await resolvedRoots(roots);
  if (!given.some((root) => inside(root.given, wanted) || inside(root.real, wanted))) throw refused;
  try {
    const real = await realpath(wanted);
    if (!given.some((root) => inside(root.real, real))) throw refused;
    const handle = await open(
      real,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    // A folder on the way may have become a link meanwhile.
    const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => real);
    if (given.some((root) => inside(root.real, opened))) return handle;
    await handle.close();
    throw refused;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why =
      code === 'ENOENT' ? 'does not exist' : `cannot be read: ${(error as Error).message}`;
    throw new Error(`the package ${address.shown} ${why}`, { cause: error });
  }
}

async function resolvedRoots(roots: readonly string[]) {
  return Promise.all(
    roots.map(async (root) => ({
      given: path.resolve(root),
      real: await realpath(root).catch(() => path.resolve(root)),
    })),
  );
}

function inside(root: string, file: string): boolean {
  return file.startsWith(root.endsWith('/') ? root : `${root}/`);
}
