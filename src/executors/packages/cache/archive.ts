import { createWriteStream } from 'node:fs';
import { chmod, mkdir, open, readlink, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { maxLinkBytes, maxPathDepth, maxRatio, ratioFreeBytes } from '../limits.ts';

/** What an archive may become. */
export interface ArchiveLimits {
  readonly maxUnpackedBytes: number;
  /** Files and folders together. */
  readonly maxEntries: number;
}

/** The end of every zip archive; its comment may follow. */
const endSignature = Buffer.from('PK\u0005\u0006', 'latin1');
const endBytes = 22 + 0xffff;

const unixHost = 3;
const typeMask = 0o170000;
const types = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/**
 * Looks whether a file ends like a zip archive, as executable jars with a script in front do too.
 * @throws Error when it does not.
 */
export async function checkArchive(file: string, shown: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, endBytes));
    await handle.read(tail, 0, tail.length, size - tail.length);
    if (!tail.includes(endSignature)) throw new Error(`the package ${shown} is not a zip archive`);
  } finally {
    await handle.close();
  }
}

/**
 * Unpacks a zip archive into a new folder that others may read but not write to. A caller removes
 * the folder when this fails.
 * @returns the bytes of all files.
 * @throws Error in words: not a zip archive, paths or links that lead out, too many entries, too
 *   large, encrypted.
 */
export async function unpackArchive(
  file: string,
  folder: string,
  shown: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<number> {
  // Loaded when needed: many servers never see an archive.
  const { openPromise } = await import('yauzl');
  let zip: ZipFile;
  try {
    zip = await openPromise(file, { autoClose: false, strictFileNames: true });
  } catch (error) {
    throw new Error(`the package ${shown} is not a zip archive: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    return await new Unpacking(zip, folder, shown, limits, signal).run();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArchiveError) throw error;
    throw new Error(`the package ${shown} cannot be unpacked: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    zip.close();
  }
}

class ArchiveError extends Error {}

class Unpacking {
  readonly #zip: ZipFile;
  readonly #folder: string;
  readonly #shown: string;
  readonly #limits: ArchiveLimits;
  readonly #signal: AbortSignal;
  readonly #folders = new Set<string>();
  readonly #links: Entry[] = [];
  #entries = 0;
  #bytes = 0;

  constructor(
    zip: ZipFile,
    folder: string,
    shown: string,
    limits: ArchiveLimits,
    signal: AbortSignal,
  ) {
    this.#zip = zip;
    this.#folder = folder;
    this.#shown = shown;
    this.#limits = limits;
    this.#signal = signal;
  }

  async run(): Promise<number> {
    if (this.#zip.entryCount > this.#limits.maxEntries) this.#tooMany();
    await mkdir(this.#folder);
    await chmod(this.#folder, 0o755);
    for await (const entry of this.#zip.eachEntry()) {
      this.#signal.throwIfAborted();
      await this.#entry(entry);
    }
    // Links come last, so that nothing was ever written through one.
    for (const entry of this.#links) await this.#link(entry);
    await this.#checkLinks();
    return this.#bytes;
  }

  async #entry(entry: Entry): Promise<void> {
    const name = entry.fileName.replace(/\/$/, '');
    this.#checkName(name, entry.fileName);
    const type = typeOf(entry);
    if (type === types.folder) return this.#makeFolder(name);
    const parent = path.posix.dirname(name);
    if (parent !== '.') await this.#makeFolder(parent);
    this.#count();
    this.#account(entry);
    if (type === types.link) {
      this.#links.push(entry);
      return;
    }
    if (type !== types.file) {
      this.#refuse(`holds ${quoted(name)}, which is neither file nor folder`);
    }
    await this.#write(entry, name);
  }

  /** yauzl refused absolute paths, `..` and backslashes already; this is what it lets through. */
  #checkName(name: string, whole: string): void {
    const parts = name.split('/');
    if (
      parts.some((part) => part === '' || part === '.' || part === '..') ||
      [...name].some((letter) => letter < ' ')
    ) {
      this.#refuse(`holds an entry with an impossible name: ${quoted(whole)}`);
    }
    if (parts.length > maxPathDepth) {
      this.#refuse(`holds a path of more than ${maxPathDepth} folders: ${quoted(name)}`);
    }
  }

  async #makeFolder(name: string): Promise<void> {
    if (this.#folders.has(name)) return;
    const parent = path.posix.dirname(name);
    if (parent !== '.') await this.#makeFolder(parent);
    this.#count();
    const made = path.join(this.#folder, name);
    await mkdir(made).catch(this.#twice(name));
    await chmod(made, 0o755);
    this.#folders.add(name);
  }

  #count(): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.maxEntries) this.#tooMany();
  }

  /** The sizes an archive declares are kept by yauzl: a stream that exceeds its own fails. */
  #account(entry: Entry): void {
    this.#bytes += entry.uncompressedSize;
    const { maxUnpackedBytes } = this.#limits;
    if (this.#bytes > maxUnpackedBytes) {
      this.#refuse(
        `becomes more than ${maxUnpackedBytes} bytes when unpacked; make it smaller or raise packages.maxUnpackedBytes`,
      );
    }
    if (this.#bytes > ratioFreeBytes && this.#bytes > maxRatio * this.#zip.fileSize) {
      this.#refuse(`becomes more than ${maxRatio} times its size when unpacked: a zip bomb`);
    }
  }

  async #write(entry: Entry, name: string): Promise<void> {
    const executable = (unixMode(entry) & 0o111) !== 0;
    const stream = await this.#open(entry, name);
    const written = path.join(this.#folder, name);
    const target = createWriteStream(written, { flags: 'wx', mode: 0o600 });
    await pipeline(stream, target, { signal: this.#signal }).catch(this.#twice(name));
    // Whatever the server's umask: jobs of another user read it.
    await chmod(written, executable ? 0o555 : 0o444);
  }

  async #link(entry: Entry): Promise<void> {
    const name = entry.fileName;
    if (entry.uncompressedSize > maxLinkBytes)
      this.#refuse(`holds a link that is too long: ${quoted(name)}`);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#open(entry, name)) chunks.push(chunk as Buffer);
    const target = Buffer.concat(chunks).toString('utf8');
    if (target === '' || target.includes('\0')) this.#leadsOut(name, target);
    await symlink(target, path.join(this.#folder, name)).catch(this.#twice(name));
  }

  /** Where a link leads is only known once all of them are there. */
  async #checkLinks(): Promise<void> {
    const root = await realpath(this.#folder);
    for (const { fileName } of this.#links) {
      const file = path.join(this.#folder, fileName);
      const target = await readlink(file);
      const real = await realpath(file).catch(() => '');
      const within = real === root || real.startsWith(`${root}/`);
      if (path.isAbsolute(target) || !within) this.#leadsOut(fileName, target);
    }
  }

  async #open(entry: Entry, name: string) {
    if (entry.isEncrypted()) this.#refuse(`holds an encrypted file, ${quoted(name)}`);
    return this.#zip.openReadStreamPromise(entry);
  }

  #twice(name: string): (error: NodeJS.ErrnoException) => never {
    return (error) => {
      if (error.code !== 'EEXIST' && error.code !== 'ENOTDIR') throw error;
      return this.#refuse(`holds ${quoted(name)} twice`);
    };
  }

  #leadsOut(name: string, target: string): never {
    return this.#refuse(
      `holds a link that leads nowhere or out of it: ${quoted(name)} to ${quoted(target)}`,
    );
  }

  #tooMany(): never {
    return this.#refuse(
      `holds more than ${this.#limits.maxEntries} files and folders; see packages.maxEntries`,
    );
  }

  #refuse(why: string): never {
    throw new ArchiveError(`the package ${this.#shown} ${why}`);
  }
}

function unixMode(entry: Entry): number {
  return entry.versionMadeBy >>> 8 === unixHost ? entry.externalFileAttributes >>> 16 : 0;
}

function typeOf(entry: Entry): number {
  if (entry.fileName.endsWith('/')) return types.folder;
  return unixMode(entry) & typeMask || types.file;
}

/** A name out of an archive, as it can be shown. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
