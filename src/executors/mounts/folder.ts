import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** A path in a mapped folder, and how messages call it. */
interface InsideRequest {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Path inside it; with or without a leading slash. */
  readonly inside: string;
  /** Whether missing folders are made. */
  readonly make: boolean;
  /** e.g. `volume "10d3"`. */
  readonly owner: string;
}

/**
 * The real path of something inside a mapped folder; links may not lead out of it.
 * Folders that are made belong to whom the folder above belongs, with its mode.
 * @throws Error `the path … does not exist in …`, or one that says how it is impossible.
 */
export async function resolveInside(request: InsideRequest): Promise<string> {
  const { folder, inside, make, owner } = request;
  const parts = pathParts(inside, owner);
  const root = await realFolder(folder, owner);
  let at = root;
  for (const part of parts) {
    let next = await realOrNull(path.join(at, part), inside, owner);
    if (next === null) {
      if (!make) throw missingPath(inside, owner);
      await makeLike(at, path.join(at, part));
      next = await realOrNull(path.join(at, part), inside, owner);
    }
    if (next === null || !isInside(root, next)) {
      throw new Error(
        `the path ${JSON.stringify(inside)} leads out of ${owner}; remove the link in it`,
      );
    }
    at = next;
  }
  return at;
}

/** The error of a path that is not there, worded alike for folders and object stores. */
export function missingPath(inside: string, owner: string): Error {
  return new Error(
    `the path ${JSON.stringify(inside)} does not exist in ${owner}; create it, or correct the path of the mount`,
  );
}

/**
 * Components of a path inside a volume or bucket, without empty ones.
 * @throws Error when it climbs with `..` or cannot be a path.
 */
export function pathParts(inside: string, owner: string): readonly string[] {
  const parts = inside.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || inside.includes('\0')) {
    throw new Error(
      `the path ${JSON.stringify(inside)} is not possible in ${owner}; write it without ".."`,
    );
  }
  return parts;
}

/** Whether `target` is `root` or lies in it; both real paths. */
export function isInside(root: string, target: string): boolean {
  return target === root || target.startsWith(root === '/' ? '/' : `${root}/`);
}

async function realFolder(folder: string, owner: string): Promise<string> {
  try {
    const real = await fs.promises.realpath(folder);
    if ((await fs.promises.stat(real)).isDirectory()) return real;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `the folder ${folder} of ${owner} cannot be used (${code}); create it, or correct the configuration`,
      { cause: error },
    );
  }
  throw new Error(`${folder} of ${owner} is no folder; correct the configuration`);
}

async function realOrNull(target: string, inside: string, owner: string): Promise<string | null> {
  try {
    return await fs.promises.realpath(target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Error(
      `the path ${JSON.stringify(inside)} of ${owner} cannot be reached: ${code ?? 'unknown error'}`,
      { cause: error },
    );
  }
}

/** The job's user could not write into a folder of root's, so the new one takes after its parent. */
async function makeLike(parent: string, folder: string): Promise<void> {
  const { uid, gid, mode } = await fs.promises.stat(parent);
  try {
    await fs.promises.mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another instance of the run makes it at the same moment.
    if (code === 'EEXIST') return;
    throw new Error(`${folder} could not be made: ${code ?? 'unknown error'}`, { cause: error });
  }
  const made = await fs.promises.open(
    folder,
    fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW,
  );
  try {
    if (process.getuid?.() === 0) await made.chown(uid, gid);
    await made.chmod(mode & 0o777);
  } finally {
    await made.close();
  }
}
