import { Readable } from 'node:stream';
import { type Client, FileType, FTPError, type FileInfo as FtpEntry } from 'basic-ftp';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileInfo, FileStore } from '../../ports/file-store.ts';
import { missingPath, readingOn, remotePath, temporaryBeside } from '../files/remote.ts';
import { FtpConnections, type FtpOptions } from './connections.ts';
import { download } from './download.ts';
import { ftpError, isMissing } from './errors.ts';

/** Deepest folder that is listed: links may lead in a circle. */
const MAX_DEPTH = 64;

/** Files of an FTP server, below its root. @throws TransferError `link-…` */
export async function openFtpStore(options: FtpOptions): Promise<FileStore> {
  const connections = new FtpConnections(options);
  connections.giveBack(await connections.take());
  return new FtpStore(options, connections);
}

class FtpStore implements FileStore {
  readonly hasFolders = true;
  readonly #host: string;
  readonly #connections: FtpConnections;

  constructor({ host, port }: FtpOptions, connections: FtpConnections) {
    this.#host = `${host}:${port}`;
    this.#connections = connections;
  }

  async stat(path: string): ReturnType<FileStore['stat']> {
    const plain = remotePath(path);
    return this.#doing('read', plain, async (client) => {
      const file = await fileInfo(client, plain);
      if (file !== null) return { ...file, folder: false };
      if (!(await isFolder(client, plain))) return null;
      return { path: plain, bytes: 0, modifiedAtMs: 0, md5: null, folder: true };
    });
  }

  async *list(path: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
    const plain = remotePath(path);
    const found = await this.stat(plain);
    if (found === null) throw missingPath(plain);
    if (found.folder) yield* this.#walk(plain, 0, signal);
    else {
      const { folder: _, ...file } = found;
      yield file;
    }
  }

  read(
    path: string,
    range: { readonly start: number; readonly end: number | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const plain = remotePath(path);
    let first: FileInfo | null = null;
    const open = async function* (this: FtpStore, from: number, again: boolean) {
      try {
        if (first === null || again) {
          const now = await this.#connections.with((client) => fileInfo(client, plain));
          if (now === null) throw missingPath(plain);
          if (
            first !== null &&
            (first.bytes !== now.bytes || first.modifiedAtMs !== now.modifiedAtMs)
          ) {
            throw new TransferError('read-failed', `${plain} was changed while it was read`);
          }
          first = now;
        }
        yield* download(this.#connections, `/${plain}`, { from, end: range.end }, signal);
      } catch (error) {
        throw ftpError(error, this.#host, 'read', plain);
      }
    };
    const { start } = range;
    return readingOn({ start, signal, open: (from, again) => open.call(this, from, again) });
  }

  write(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: { readonly signal: AbortSignal },
  ): Promise<FileInfo> {
    const plain = filePath(path);
    const temporary = temporaryBeside(plain);
    return this.#doing('write', plain, async (client) => {
      await makeFolders(client, folderOf(plain));
      let bytes = 0;
      let failure: unknown = null;
      async function* counted(): AsyncGenerator<Uint8Array> {
        try {
          for await (const piece of content) {
            options.signal.throwIfAborted();
            bytes += piece.length;
            if (piece.length > 0) yield piece;
          }
        } catch (error) {
          failure = error;
          throw error;
        }
      }
      const aborted = (): void => client.close();
      options.signal.addEventListener('abort', aborted);
      try {
        const body = Readable.from(counted(), { objectMode: false });
        await client.uploadFrom(body, `/${temporary}`);
        // A server that lost its disk or its client's connection may call a part a whole.
        const size = await client.size(`/${temporary}`);
        if (size !== bytes) throw new Error(`${size} of ${bytes} bytes arrived`);
        options.signal.throwIfAborted();
        await renameOver(client, temporary, plain);
      } catch (error) {
        client.close();
        await this.#discard(temporary);
        options.signal.throwIfAborted();
        throw failure ?? error;
      } finally {
        options.signal.removeEventListener('abort', aborted);
      }
      const found = await fileInfo(client, plain);
      if (found === null) throw missingPath(plain);
      return found;
    });
  }

  /** What servers make of a file that is gone on with at a place differs too much. */
  append(): Promise<null> {
    return Promise.resolve(null);
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [filePath(from), filePath(to)];
    return this.#doing('write', source, async (client) => {
      if ((await fileInfo(client, source)) === null) throw missingPath(source);
      await makeFolders(client, folderOf(target));
      await renameOver(client, source, target);
    });
  }

  async remove(path: string): Promise<void> {
    const plain = filePath(path);
    return this.#doing('write', plain, (client) => unlink(client, plain));
  }

  async removeTree(path: string, signal: AbortSignal): Promise<void> {
    const plain = remotePath(path);
    return this.#doing('write', plain, async (client) => {
      if (await isFolder(client, plain)) await removeBelow(client, plain, signal);
      else await unlink(client, plain);
    });
  }

  async makeFolder(path: string): Promise<void> {
    const plain = remotePath(path);
    return this.#doing('write', plain, (client) => makeFolders(client, plain));
  }

  close(): Promise<void> {
    this.#connections.close();
    return Promise.resolve();
  }

  async *#walk(folder: string, depth: number, signal: AbortSignal): AsyncGenerator<FileInfo> {
    signal.throwIfAborted();
    if (depth > MAX_DEPTH) throw new Error(`folders are deeper than ${MAX_DEPTH}`);
    const found: { readonly key: string; readonly path: string; readonly folder: boolean }[] = [];
    for (const entry of await this.#doing('read', folder, (client) => entries(client, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const isTree =
        entry.isDirectory ||
        (entry.type !== FileType.File && (await this.stat(path))?.folder === true);
      // Sorted as whole paths: what is in a folder comes where its `/` does.
      found.push({ key: isTree ? `${entry.name}/` : entry.name, path, folder: isTree });
    }
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { path, folder: isTree } of found) {
      if (isTree) yield* this.#walk(path, depth + 1, signal);
      else {
        signal.throwIfAborted();
        // Times of listings lack seconds and a time zone.
        const info = await this.#doing('read', path, (client) => fileInfo(client, path));
        if (info !== null) yield info;
      }
    }
  }

  /** Removes what was written in part, over another connection. */
  async #discard(path: string): Promise<void> {
    await this.#connections.with((client) => unlink(client, path)).catch(() => undefined);
  }

  async #doing<T>(
    doing: 'read' | 'write',
    path: string,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#connections.with(work);
    } catch (error) {
      throw ftpError(error, this.#host, doing, path);
    }
  }
}

/** A file; null = there is none (a folder has no size). */
async function fileInfo(client: Client, path: string): Promise<FileInfo | null> {
  if (path === '') return null;
  const bytes = await client.size(`/${path}`).catch(nullWhenMissing);
  if (bytes === null) return null;
  const modified = await client.lastMod(`/${path}`).catch((error: unknown) => {
    // Not every server tells times.
    if (error instanceof FTPError && error.code >= 500) return null;
    throw error;
  });
  return { path, bytes, modifiedAtMs: modified?.getTime() ?? 0, md5: null };
}

async function isFolder(client: Client, path: string): Promise<boolean> {
  return (await client.cd(`/${path}`).catch(nullWhenMissing)) !== null;
}

async function entries(client: Client, folder: string): Promise<readonly FtpEntry[]> {
  // Listing by path is not understood alike where names hold blanks or begin with a dash.
  await client.cd(`/${folder}`);
  const all = await client.list();
  return all.filter(({ name }) => name !== '.' && name !== '..' && !name.includes('/'));
}

async function makeFolders(client: Client, folder: string): Promise<void> {
  if (folder === '' || (await isFolder(client, folder))) return;
  await makeFolders(client, folderOf(folder));
  await client.send(`MKD /${folder}`).catch(async (error: unknown) => {
    // Another shard may have made it just now.
    if (!(await isFolder(client, folder))) throw error;
  });
}

/** Renames over what is there; servers that refuse that are told to remove it first. */
async function renameOver(client: Client, from: string, to: string): Promise<void> {
  try {
    await client.rename(`/${from}`, `/${to}`);
  } catch (error) {
    if (!(error instanceof FTPError) || (await fileInfo(client, to)) === null) throw error;
    await unlink(client, to);
    await client.rename(`/${from}`, `/${to}`);
  }
}

async function unlink(client: Client, path: string): Promise<void> {
  await client.remove(`/${path}`).catch(async (error: unknown) => {
    // The same answer for what is not there and what may not be removed.
    if (!isMissing(error) || (await fileInfo(client, path)) !== null) throw error;
  });
}

async function removeBelow(client: Client, folder: string, signal: AbortSignal): Promise<void> {
  for (const entry of await entries(client, folder)) {
    signal.throwIfAborted();
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    // Links are removed and not followed.
    if (entry.isDirectory) await removeBelow(client, path, signal);
    else await client.remove(`/${path}`);
  }
  if (folder === '') return;
  await client.cd('/');
  await client.removeEmptyDir(`/${folder}`);
}

function filePath(path: string): string {
  const plain = remotePath(path);
  if (plain !== '') return plain;
  throw new TransferError('write-failed', 'a file needs a name');
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function nullWhenMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
