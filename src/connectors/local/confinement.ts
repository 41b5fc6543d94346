import { constants } from 'node:fs';
import { lstat, mkdir, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { TransferError } from '../../domain/transfer/errors.ts';

/**
 * Paths of a share as paths of this machine. Nothing outside the share's folder is ever named:
 * `..` is refused, and links are followed only to where they stay inside.
 */
export class Confinement {
  readonly #root: string;

  /** `root` is a real path (no links in it). */
  constructor(root: string) {
    this.#root = root;
  }

  /** The real path of what is there; null = nothing is. @throws TransferError when it is outside. */
  async existing(path: string): Promise<string | null> {
    try {
      const real = await realpath(join(this.#root, ...partsOf(path)));
      return this.#inside(real, path);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /**
   * Where something is or will be, without following a link that it may be itself. Folders above
   * are made when `make` says so; else null when they are missing.
   */
  async place(path: string, make: boolean): Promise<string | null> {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) return this.#root;
    let folder = this.#root;
    for (const part of parts) {
      const next = join(folder, part);
      try {
        folder = (await lstat(next)).isSymbolicLink()
          ? this.#inside(await realpath(next), path)
          : next;
      } catch (error) {
        if (!isMissing(error)) throw error;
        if (!make) return null;
        await mkdir(next).catch((failure: unknown) => {
          if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
        });
        folder = next;
      }
    }
    return join(folder, name);
  }

  /** Opens a file and makes sure that what was opened is inside, even if a link was just put there. */
  async open(real: string, flags: number, path: string): Promise<FileHandle> {
    const handle = await open(real, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
    try {
      // Only Linux tells where a handle leads; elsewhere the check of the path has to do.
      if (process.platform === 'linux') {
        this.#inside(await readlink(`/proc/self/fd/${handle.fd}`), path);
      }
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #inside(real: string, path: string): string {
    const under = this.#root === sep ? sep : this.#root + sep;
    if (real === this.#root || real.startsWith(under)) return real;
    throw new TransferError('path-missing', `${path} leads out of the share by a symbolic link`);
  }
}

/** Whether an error of the system says that a path is not there. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0')) {
    throw new TransferError('path-missing', `${path} leads out of the share; ".." is not allowed`);
  }
  return parts;
}
