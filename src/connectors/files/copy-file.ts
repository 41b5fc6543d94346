import { createHash } from 'node:crypto';
import type { FileSource, FileTarget } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { decrypted, encrypted, TAG_BYTES } from './cipher.ts';
import type { ChunkFile } from './dealing.ts';
import {
  collect,
  entriesOf,
  type FileEntry,
  folderOf,
  isPacked,
  nameOf,
  type OpenedFile,
} from './entries.ts';
import { badFile, fileError } from './errors.ts';
import { once } from './parts.ts';
import { cleanPath } from './selection.ts';

/** What copying one file did. */
export interface CopyCounts {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** More than one for archives whose files are copied; 0 = left because they are there. */
  readonly filesWritten: number;
  readonly filesSkipped: number;
}

/** A file, where it is and where it goes. */
export interface FileCopy {
  readonly from: FileStore;
  readonly source: FileSource;
  readonly to: FileStore;
  readonly target: FileTarget;
  readonly file: ChunkFile;
  /** A file of this name and size may be our own: it is written again and no duplicate. */
  readonly ownMayBeThere: boolean;
  readonly onBytes: (read: number, written: number) => void | Promise<void>;
  readonly signal: AbortSignal;
}

const MAX_DIGEST_FILE_BYTES = 4096;

/**
 * Copies one file, or what is in it. Under its final name a file appears whole or not at all,
 * where the store can do that.
 * @throws TransferError `file-digest`, `file-exists`, `file-format`, …
 */
export async function copyFile(copy: FileCopy): Promise<CopyCounts> {
  const { from, source, file, signal } = copy;
  const found = await from.stat(file.path);
  if (found === null) {
    throw new TransferError('path-missing', `file ${file.path} vanished while the job ran`);
  }
  const wanted = await digestOf(copy);
  const meter = { bytes: 0 };
  const counts = { bytesWritten: 0, filesWritten: 0, filesSkipped: 0 };
  const opened: OpenedFile = {
    store: checkedStore(copy, wanted, meter),
    path: file.path,
    bytes: found.bytes,
    signal,
    meter: { bytes: 0 },
  };
  // Archives are read in pieces: their digest is taken of the whole before.
  if (wanted !== null && isPacked(file.path, source)) await checkWhole(copy, wanted);
  for await (const entry of entriesOf(opened, source)) {
    const path = targetPath(copy, entry);
    const expected = expectedBytes(copy, entry);
    if (await isDuplicate(copy, path, expected)) {
      counts.filesSkipped += 1;
      continue;
    }
    counts.bytesWritten += await writeEntry(copy, entry, path, found.contentType);
    counts.filesWritten += 1;
  }
  return { ...counts, bytesRead: meter.bytes };
}

/** Where an entry goes (cdm.md §5.9, binary; §4.5, useCustomDirectory). */
function targetPath({ source, target, file }: FileCopy, entry: FileEntry): string {
  const packed = isPacked(file.path, source);
  const below = source.dropQuery ? file.below.replace(/\?.*$/s, '') : file.below;
  const name = packed ? entry.name.replace(/\?.*$/s, '') : nameOf(below);
  const folder =
    target.flattenInto === null
      ? `${target.directory}/${folderOf(below)}`
      : `${target.directory}/${target.flattenInto}`;
  const own = target.flattenInto === null ? name : nameOf(name);
  if (own === '') throw badFile(file.path, 'it has no name that a file could be given');
  return cleanPath(`${folder}/${own}`);
}

/** Size that the target file will have; null = not known before. */
function expectedBytes({ source, target }: FileCopy, entry: FileEntry): number | null {
  if (entry.bytes === null) return null;
  const tagged = target.encrypt !== null && 'key' in target.encrypt ? TAG_BYTES : 0;
  return entry.bytes - (source.decrypt === null ? 0 : TAG_BYTES) + tagged;
}

/** Same name and same size (cdm.md §4.5). @returns whether the file is left as it is. */
async function isDuplicate(
  { to, target, ownMayBeThere }: FileCopy,
  path: string,
  expected: number | null,
): Promise<boolean> {
  if (target.duplicates === 'replace' || ownMayBeThere || expected === null) return false;
  const found = await to.stat(path);
  if (found === null || found.folder || found.bytes !== expected) return false;
  if (target.duplicates === 'skip') return true;
  throw new TransferError(
    'file-exists',
    `file ${path} is there already with the same size, and the job shall stop then`,
  );
}

async function writeEntry(
  copy: FileCopy,
  entry: FileEntry,
  path: string,
  contentType: string | undefined,
): Promise<number> {
  const { source, to, target, onBytes, signal } = copy;
  const hash = target.md5.check || target.md5.record ? createHash('md5') : null;
  let content = entry.content(0);
  if (source.decrypt !== null) content = decrypted(content, source.decrypt, entry.shown);
  const { encrypt } = target;
  if (encrypt !== null && 'key' in encrypt) content = encrypted(content, encrypt);
  let bytes = 0;
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      hash?.update(piece);
      bytes += piece.length;
      await onBytes(0, piece.length);
      yield piece;
    }
  }
  const written = target.viaTemporary ? `${path}.tmp` : path;
  const options = {
    signal,
    ...(encrypt !== null && 'kmsKeyId' in encrypt ? encrypt : {}),
    ...(target.copyContentType && contentType !== undefined ? { contentType } : {}),
  };
  const info = await to.write(written, watched(), options).catch((error: unknown) => {
    throw fileError(error, 'write', path);
  });
  const digest = hash?.digest('hex') ?? '';
  if (target.md5.check) {
    // The store's own sum tells without reading; else the file is read again.
    const there = info.md5 ?? (await md5Of(to, written, signal));
    if (there !== digest) {
      await to.remove(written);
      throw new TransferError(
        'file-digest',
        `file ${path} is not what was written: its MD5 differs`,
      );
    }
  }
  if (written !== path) await to.rename(written, path);
  if (target.md5.record) {
    await to.write(`${path}.md5`, once(Buffer.from(`${digest}\n`)), { signal });
  }
  return bytes;
}

/** The digest that the file beside tells; null = none is asked for. */
async function digestOf({ from, source, file, signal }: FileCopy): Promise<string | null> {
  if (source.md5Suffix === null || source.md5Suffix === '') return null;
  const path = file.path + source.md5Suffix;
  if ((await from.stat(path)) === null) {
    throw new TransferError('file-digest', `file ${file.path} has no digest: ${path} is missing`);
  }
  const range = { start: 0, end: MAX_DIGEST_FILE_BYTES };
  const text = (await collect(from.read(path, range, signal))).toString('latin1').trim();
  const found = /^[0-9a-f]{32}/i.exec(text)?.[0];
  if (found === undefined) {
    throw new TransferError('file-digest', `${path} does not begin with an MD5 in hexadecimal`);
  }
  return found.toLowerCase();
}

/** The source store, which counts what is read and checks the digest of a whole file at its end. */
function checkedStore(
  { from, source, file, onBytes }: FileCopy,
  wanted: string | null,
  meter: { bytes: number },
): FileStore {
  const whole = wanted !== null && !isPacked(file.path, source);
  const read: FileStore['read'] = async function* (path, range, signal) {
    const hash = whole ? createHash('md5') : null;
    for await (const piece of from.read(path, range, signal)) {
      hash?.update(piece);
      meter.bytes += piece.length;
      await onBytes(piece.length, 0);
      yield piece;
    }
    if (hash !== null && hash.digest('hex') !== wanted) throw wrongDigest(file.path);
  };
  return {
    hasFolders: from.hasFolders,
    stat: (path) => from.stat(path),
    list: (path, signal) => from.list(path, signal),
    read,
    write: (path, content, options) => from.write(path, content, options),
    append: (path, keepBytes, signal) => from.append(path, keepBytes, signal),
    rename: (path, to) => from.rename(path, to),
    remove: (path) => from.remove(path),
    removeTree: (path, signal) => from.removeTree(path, signal),
    makeFolder: (path) => from.makeFolder(path),
    close: () => from.close(),
  };
}

async function checkWhole({ from, file, signal }: FileCopy, wanted: string): Promise<void> {
  if ((await md5Of(from, file.path, signal)) !== wanted) throw wrongDigest(file.path);
}

async function md5Of(store: FileStore, path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  for await (const piece of store.read(path, { start: 0, end: null }, signal)) hash.update(piece);
  return hash.digest('hex');
}

function wrongDigest(path: string): TransferError {
  return new TransferError(
    'file-digest',
    `file ${path} has another MD5 than its digest file tells`,
  );
}
