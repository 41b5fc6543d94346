import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import {
  lstat,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileAppender, FileInfo, FileStore } from '../../ports/file-store.ts';
import { diskAppender, writeAll } from '../files/disk-appender.ts';
import { fileError } from '../files/errors.ts';
import { cleanPath, WORK_FOLDER_PREFIX } from '../files/selection.ts';
import { Confinement, isMissing } from './confinement.ts';

const READ_BYTES = 1024 * 1024;
const TEMPORARY = '.tmp';
/** A temporary file that nobody wrote to for so long has no writer, on whatever machine. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
/** Folders that are remembered as swept. */
const MAX_SWEPT = 10_000;
/** Deepest folder that is listed. */
const MAX_DEPTH = 128;

/** Files below a folder of this machine. `root` must exist. */
export async function openLocalStore(root: string): Promise<FileStore> {
  return new LocalStore(await realpath(root));
}

class LocalStore implements FileStore {
  readonly hasFolders = true;
  readonly #paths: Confinement;
  readonly #swept = new Set<string>();

  constructor(root: string) {
    this.#paths = new Confinement(root);
  }

  stat(path: string): ReturnType<FileStore['stat']> {
    return this.#doing('read', path, async () => {
      const real = await this.#paths.existing(path);
      return real === null ? null : infoOf(real, cleanPath(path));
    });
  }

  async *list(path: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
    const clean = cleanPath(path);
    try {
      const real = await this.#paths.existing(clean);
      const found = real === null ? null : await infoOf(real, clean);
      if (real === null || found === null) throw missing(clean);
      if (!found.folder) yield plainInfo(found);
      else yield* this.#walk(real, clean, [real], signal);
    } catch (error) {
      throw fileError(error, 'read', clean);
    }
  }

  async *read(
    path: string,
    range: { readonly start: number; readonly end: number | null },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const clean = cleanPath(path);
    const handle = await this.#doing('read', clean, () => this.#openFile(clean));
    let ahead: Promise<Buffer> | null = null;
    try {
      let at = range.start;
      const next = (): Promise<Buffer> => {
        const wanted = range.end === null ? READ_BYTES : Math.min(READ_BYTES, range.end - at);
        return readAt(handle, at, wanted);
      };
      ahead = next();
      for (;;) {
        signal.throwIfAborted();
        const piece = await ahead;
        ahead = null;
        if (piece.length === 0) return;
        at += piece.length;
        // The disk works while the caller does.
        ahead = next();
        ahead.catch(() => undefined);
        yield piece;
      }
    } catch (error) {
      throw fileError(error, 'read', clean);
    } finally {
      await ahead?.catch(() => undefined);
      await handle.close();
    }
  }

  write(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: { readonly signal: AbortSignal },
  ): Promise<FileInfo> {
    const clean = cleanPath(path);
    return this.#doing('write', clean, async () => {
      const place = await this.#placeFor(clean);
      const folder = dirname(place);
      await this.#sweep(folder);
      const name = `${WORK_FOLDER_PREFIX}${randomBytes(8).toString('hex')}${TEMPORARY}`;
      const temporary = join(folder, name);
      const handle = await this.#paths.open(temporary, newFile, clean);
      try {
        try {
          let bytes = 0;
          for await (const piece of content) {
            options.signal.throwIfAborted();
            await writeAll(handle, piece, bytes);
            bytes += piece.length;
          }
          options.signal.throwIfAborted();
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, place);
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
      await syncFolder(folder);
      return plainInfo(await infoOf(place, clean));
    });
  }

  append(path: string, keepBytes: number): Promise<FileAppender> {
    const clean = cleanPath(path);
    return this.#doing('write', clean, async () => {
      const place = await this.#placeFor(clean);
      const flags = constants.O_RDWR | constants.O_CREAT;
      const handle = await this.#paths.open(place, flags, clean);
      const appender = await diskAppender(handle, keepBytes, clean);
      await syncFolder(dirname(place));
      return appender;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#doing('write', from, async () => {
      const source = await this.#paths.place(from, false);
      if (source === null) throw missing(from);
      const target = await this.#placeFor(to);
      await rename(source, target);
      await syncFolder(dirname(target));
    });
  }

  remove(path: string): Promise<void> {
    return this.#doing('write', path, async () => {
      const place = await this.#paths.place(path, false);
      if (place === null) return;
      await unlink(place).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    });
  }

  removeTree(path: string): Promise<void> {
    const clean = cleanPath(path);
    return this.#doing('write', clean, async () => {
      const place = await this.#paths.place(clean, false);
      if (place === null) return;
      // The share itself stays; links are removed and not followed.
      const targets =
        clean === '' ? (await readdir(place)).map((name) => join(place, name)) : [place];
      for (const target of targets) await rm(target, { recursive: true, force: true });
    });
  }

  makeFolder(path: string): Promise<void> {
    return this.#doing('write', path, async () => {
      // All folders above a place are made.
      await this.#paths.place(`${path}/within`, true);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Once for each folder: removes what writers left that died in the middle. */
  async #sweep(folder: string): Promise<void> {
    if (this.#swept.has(folder) || this.#swept.size >= MAX_SWEPT) return;
    this.#swept.add(folder);
    for (const name of await readdir(folder)) {
      if (!name.startsWith(WORK_FOLDER_PREFIX) || !name.endsWith(TEMPORARY)) continue;
      const left = join(folder, name);
      const found = await lstat(left).catch(() => null);
      if (found === null || found.mtimeMs > Date.now() - ABANDONED_AFTER_MS) continue;
      await unlink(left).catch(() => undefined);
    }
  }

  async *#walk(
    real: string,
    path: string,
    trail: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<FileInfo> {
    signal.throwIfAborted();
    if (trail.length > MAX_DEPTH) throw new Error(`folders are deeper than ${MAX_DEPTH}: ${path}`);
    const found: {
      readonly key: string;
      readonly path: string;
      readonly real: string;
      readonly folder: boolean;
    }[] = [];
    for (const entry of await readdir(real, { withFileTypes: true })) {
      const own = path === '' ? entry.name : `${path}/${entry.name}`;
      const target = await this.#target(entry, join(real, entry.name), own);
      if (target === null || trail.includes(target.real)) continue;
      // Sorted as whole paths: what is in a folder comes where its `/` does.
      found.push({ ...target, path: own, key: target.folder ? `${entry.name}/` : entry.name });
    }
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const item of found) {
      if (item.folder) yield* this.#walk(item.real, item.path, [...trail, item.real], signal);
      else {
        const info = await infoOf(item.real, item.path).catch((error: unknown) => {
          if (isMissing(error)) return null;
          throw error;
        });
        if (info !== null) yield plainInfo(info);
      }
    }
  }

  /** What an entry is; null for sockets and the like, and for links that lead nowhere or out. */
  async #target(
    entry: Dirent,
    place: string,
    path: string,
  ): Promise<{ readonly real: string; readonly folder: boolean } | null> {
    if (entry.isDirectory()) return { real: place, folder: true };
    if (entry.isFile()) return { real: place, folder: false };
    if (!entry.isSymbolicLink()) return null;
    try {
      const real = await this.#paths.existing(path);
      if (real === null) return null;
      const found = await stat(real);
      if (!found.isDirectory() && !found.isFile()) return null;
      return { real, folder: found.isDirectory() };
    } catch (error) {
      if (error instanceof TransferError || isMissing(error)) return null;
      throw error;
    }
  }

  async #openFile(path: string): Promise<FileHandle> {
    const real = await this.#paths.existing(path);
    if (real === null) throw missing(path);
    const handle = await this.#paths.open(real, constants.O_RDONLY, path);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new TransferError('read-failed', `${path} is no file`);
  }

  async #placeFor(path: string): Promise<string> {
    const place = await this.#paths.place(path, true);
    if (place === null || cleanPath(path) === '') {
      throw new TransferError('write-failed', `"${path}" is no name for a file`);
    }
    return place;
  }

  async #doing<T>(doing: 'read' | 'write', path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileError(error, doing, cleanPath(path));
    }
  }
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

async function readAt(handle: FileHandle, position: number, wanted: number): Promise<Buffer> {
  if (wanted <= 0) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafeSlow(wanted);
  const { bytesRead } = await handle.read(buffer, 0, wanted, position);
  return buffer.subarray(0, bytesRead);
}

async function infoOf(
  real: string,
  path: string,
): Promise<FileInfo & { readonly folder: boolean }> {
  const found = await stat(real);
  return {
    path,
    bytes: found.isDirectory() ? 0 : found.size,
    modifiedAtMs: Math.floor(found.mtimeMs),
    md5: null,
    folder: found.isDirectory(),
  };
}

function plainInfo({ path, bytes, modifiedAtMs, md5 }: FileInfo): FileInfo {
  return { path, bytes, modifiedAtMs, md5 };
}

function missing(path: string): TransferError {
  return new TransferError('path-missing', `there is no file or folder ${path}`);
}

/** New names in a folder survive a loss of power. Not every file system can do that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
