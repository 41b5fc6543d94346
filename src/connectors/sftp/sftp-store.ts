import type { FileEntryWithStats, Stats } from 'ssh2';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileAppender, FileInfo, FileStore } from '../../ports/file-store.ts';
import { missingPath, readingOn, remotePath, temporaryBeside } from '../files/remote.ts';
import { isMissing, sftpError } from './errors.ts';
import { isUnsupported, SftpHandle } from './handle.ts';
import { type SftpOptions, SftpSession } from './session.ts';

/** Deepest folder that is listed: links may lead in a circle. */
const MAX_DEPTH = 64;

/** Files of an SFTP server, below its root. @throws TransferError `link-…` */
export async function openSftpStore(options: SftpOptions, signal: AbortSignal): Promise<FileStore> {
  return new SftpStore(options, await SftpSession.open(options, signal));
}

class SftpStore implements FileStore {
  readonly hasFolders = true;
  readonly #options: SftpOptions;
  readonly #closed = new AbortController();
  #session: Promise<SftpSession>;

  constructor(options: SftpOptions, session: SftpSession) {
    this.#options = options;
    this.#session = Promise.resolve(session);
  }

  async stat(path: string): ReturnType<FileStore['stat']> {
    const plain = remotePath(path);
    return this.#doing('read', plain, async (session) => {
      const found = await attributes(session, plain);
      if (found === null) return null;
      return { ...infoOf(plain, found), folder: found.isDirectory() };
    });
  }

  async *list(path: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
    const plain = remotePath(path);
    try {
      const session = await this.#connected();
      const found = await attributes(session, plain);
      if (found === null) throw missingPath(plain);
      if (found.isDirectory()) yield* walk(session, plain, 0, signal);
      else yield infoOf(plain, found);
    } catch (error) {
      throw this.#words(error, 'read', plain);
    }
  }

  read(
    path: string,
    range: { readonly start: number; readonly end: number | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const plain = remotePath(path);
    let opened: Stats | null = null;
    const open = async function* (this: SftpStore, from: number): AsyncGenerator<Uint8Array> {
      let handle: SftpHandle | null = null;
      try {
        handle = await SftpHandle.open(await this.#connected(), `/${plain}`, 'r');
        const now = await handle.attributes();
        if (now.isDirectory()) throw new TransferError('read-failed', `${plain} is no file`);
        if (opened !== null && (opened.size !== now.size || opened.mtime !== now.mtime)) {
          throw new TransferError('read-failed', `${plain} was changed while it was read`);
        }
        opened = now;
        yield* handle.read(from, Math.min(range.end ?? Infinity, now.size), signal);
      } catch (error) {
        throw this.#words(error, 'read', plain);
      } finally {
        await handle?.close();
      }
    };
    return readingOn({ start: range.start, signal, open: (from) => open.call(this, from) });
  }

  write(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: { readonly signal: AbortSignal },
  ): Promise<FileInfo> {
    const plain = filePath(path);
    const temporary = temporaryBeside(plain);
    return this.#doing('write', plain, async (session) => {
      await makeFolders(session, folderOf(plain));
      const handle = await SftpHandle.open(session, `/${temporary}`, 'wx');
      try {
        let bytes = 0;
        for await (const piece of content) {
          options.signal.throwIfAborted();
          await handle.write(piece, bytes);
          bytes += piece.length;
        }
        await handle.flushed();
        const { size } = await handle.attributes();
        if (size !== bytes) throw new Error(`${size} of ${bytes} bytes arrived`);
        options.signal.throwIfAborted();
        await handle.close();
        await renameOver(session, temporary, plain);
      } catch (error) {
        await handle.close();
        await this.#discard(temporary);
        throw error;
      }
      const found = await attributes(session, plain);
      if (found === null) throw missingPath(plain);
      return infoOf(plain, found);
    });
  }

  async append(path: string, keepBytes: number): Promise<FileAppender> {
    const plain = filePath(path);
    return this.#doing('write', plain, async (session) => {
      const found = await attributes(session, plain);
      if (found === null) await makeFolders(session, folderOf(plain));
      const size = found?.size ?? 0;
      if (size < keepBytes) {
        throw new TransferError(
          'write-failed',
          `${plain} has ${size} bytes, but ${keepBytes} had been written: somebody else changed it`,
        );
      }
      const handle = await SftpHandle.open(session, `/${plain}`, found === null ? 'wx' : 'r+');
      if (size > keepBytes) await handle.truncate(keepBytes);
      return this.#appender(handle, plain, keepBytes);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [filePath(from), filePath(to)];
    return this.#doing('write', source, async (session) => {
      if ((await attributes(session, source)) === null) throw missingPath(source);
      await makeFolders(session, folderOf(target));
      await renameOver(session, source, target);
    });
  }

  async remove(path: string): Promise<void> {
    const plain = filePath(path);
    return this.#doing('write', plain, (session) => unlink(session, plain));
  }

  async removeTree(path: string, signal: AbortSignal): Promise<void> {
    const plain = remotePath(path);
    return this.#doing('write', plain, async (session) => {
      const found = await session
        .call<Stats>((sftp, done) => {
          sftp.lstat(`/${plain}`, done);
        })
        .catch(nullWhenMissing);
      if (found === null) return;
      if (found.isDirectory()) await removeBelow(session, plain, signal);
      else await unlink(session, plain);
    });
  }

  async makeFolder(path: string): Promise<void> {
    const plain = remotePath(path);
    return this.#doing('write', plain, (session) => makeFolders(session, plain));
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#session.then(
      (session) => session.close(),
      () => undefined,
    );
  }

  /** The connection; a new one when it was lost. */
  async #connected(): Promise<SftpSession> {
    const before = this.#session;
    const known = await before.catch(() => null);
    if (known !== null && !known.isLost) return known;
    // Whoever comes second takes the first one's.
    if (this.#session === before) {
      this.#session = SftpSession.open(this.#options, this.#closed.signal);
    }
    return this.#session;
  }

  #appender(handle: SftpHandle, path: string, keepBytes: number): FileAppender {
    let bytes = keepBytes;
    const words = (error: unknown): never => {
      throw this.#words(error, 'write', path);
    };
    return {
      get bytes() {
        return bytes;
      },
      write: async (piece) => {
        // The server has it later than the caller's memory is used again.
        await handle.write(Uint8Array.from(piece), bytes).catch(words);
        bytes += piece.length;
      },
      sync: () => handle.flushed().catch(words),
      close: () => handle.close(),
    };
  }

  /** Removes what was written in part, over a new connection if need be. */
  async #discard(path: string): Promise<void> {
    await this.#connected()
      .then((session) => unlink(session, path))
      .catch(() => undefined);
  }

  async #doing<T>(
    doing: 'read' | 'write',
    path: string,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(await this.#connected());
    } catch (error) {
      throw this.#words(error, doing, path);
    }
  }

  #words(error: unknown, doing: 'read' | 'write', path: string): TransferError | DOMException {
    return sftpError(error, `${this.#options.host}:${this.#options.port}`, doing, path);
  }
}

async function* walk(
  session: SftpSession,
  folder: string,
  depth: number,
  signal: AbortSignal,
): AsyncGenerator<FileInfo> {
  if (depth > MAX_DEPTH) throw new Error(`folders are deeper than ${MAX_DEPTH}`);
  const found: { readonly key: string; readonly path: string; readonly attrs: Stats }[] = [];
  for (const { filename, attrs } of await entries(session, folder)) {
    signal.throwIfAborted();
    const path = folder === '' ? filename : `${folder}/${filename}`;
    // What a link leads to counts; nothing when it leads nowhere.
    const real = attrs.isSymbolicLink() ? await attributes(session, path) : attrs;
    if (real === null || (!real.isDirectory() && !real.isFile())) continue;
    // Sorted as whole paths: what is in a folder comes where its `/` does.
    found.push({ key: real.isDirectory() ? `${filename}/` : filename, path, attrs: real });
  }
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { path, attrs } of found) {
    if (attrs.isDirectory()) yield* walk(session, path, depth + 1, signal);
    else yield infoOf(path, attrs);
  }
}

async function removeBelow(
  session: SftpSession,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { filename, attrs } of await entries(session, folder)) {
    signal.throwIfAborted();
    const path = folder === '' ? filename : `${folder}/${filename}`;
    // Links are removed and not followed.
    if (attrs.isDirectory()) await removeBelow(session, path, signal);
    else await unlink(session, path);
  }
  if (folder === '') return;
  await session
    .call<void>((sftp, done) => {
      sftp.rmdir(`/${folder}`, done);
    })
    .catch(nullWhenMissing);
}

async function entries(
  session: SftpSession,
  folder: string,
): Promise<readonly FileEntryWithStats[]> {
  const all = await session.call<FileEntryWithStats[]>((sftp, done) => {
    sftp.readdir(`/${folder}`, done);
  });
  return all.filter(({ filename }) => filename !== '.' && filename !== '..');
}

/** What is there, links followed; null = nothing. */
function attributes(session: SftpSession, path: string): Promise<Stats | null> {
  return session
    .call<Stats>((sftp, done) => {
      sftp.stat(`/${path}`, done);
    })
    .catch(nullWhenMissing);
}

async function unlink(session: SftpSession, path: string): Promise<void> {
  await session
    .call<void>((sftp, done) => {
      sftp.unlink(`/${path}`, done);
    })
    .catch(nullWhenMissing);
}

async function makeFolders(session: SftpSession, folder: string): Promise<void> {
  if (folder === '' || (await attributes(session, folder))?.isDirectory() === true) return;
  await makeFolders(session, folderOf(folder));
  await session
    .call<void>((sftp, done) => {
      sftp.mkdir(`/${folder}`, done);
    })
    .catch(async (error: unknown) => {
      // Another shard may have made it just now.
      if ((await attributes(session, folder))?.isDirectory() !== true) throw error;
    });
}

/** Renames at once over what is there, where the server can; else what is there goes first. */
async function renameOver(session: SftpSession, from: string, to: string): Promise<void> {
  try {
    await session.call<void>((sftp, done) => {
      sftp.ext_openssh_rename(`/${from}`, `/${to}`, done);
    });
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    await unlink(session, to);
    await session.call<void>((sftp, done) => {
      sftp.rename(`/${from}`, `/${to}`, done);
    });
  }
}

function infoOf(path: string, found: Stats): FileInfo {
  const bytes = found.isDirectory() ? 0 : found.size;
  return { path, bytes, modifiedAtMs: found.mtime * 1000, md5: null };
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
