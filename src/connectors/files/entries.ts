import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileSource } from '../../domain/transfer/definition.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { badFile } from './errors.ts';
import { readTarFiles } from './tar.ts';
import { readZipFiles } from './zip.ts';

const UNPACKED_CHUNK_BYTES = 256 * 1024;

/** One stream of content that a file holds: itself, decompressed, or a file of an archive. */
export interface FileEntry {
  /** For words: the path, followed by the name in the archive. */
  readonly shown: string;
  /** Its own name or path: of the decompressed file, or within the archive. */
  readonly name: string;
  /** Null = not known before it was read. */
  readonly bytes: number | null;
  /** Bytes from `from` on; once, and `from` is 0, unless `seekable`. */
  content(from: number): AsyncIterable<Uint8Array>;
  /** Any range, without `end`; null where there is only a stream. */
  readonly range: ((start: number, end: number) => Promise<Buffer>) | null;
}

/** Counts bytes as they come from a store. */
export interface ByteMeter {
  bytes: number;
}

/** A file that is opened for its entries. */
export interface OpenedFile {
  readonly store: FileStore;
  readonly path: string;
  readonly bytes: number;
  readonly signal: AbortSignal;
  readonly meter: ByteMeter;
}

/** How files are unpacked on reading (cdm.md §5.9). */
export type Unpacking = Pick<FileSource, 'compression' | 'compressedSuffix'>;

/** Whether a file is decompressed at all: others pass as they are. */
export function isPacked(path: string, { compression, compressedSuffix }: Unpacking): boolean {
  if (compression === 'none') return false;
  const suffixes = compressedSuffix.split(',').map((suffix) => suffix.trim());
  return suffixes.some((suffix) => {
    const ending = suffix.replace(/^\*?\.?/, '');
    return ending === '' || path.toLowerCase().endsWith(`.${ending.toLowerCase()}`);
  });
}

/**
 * The entries of a file in their order. Each is read (or left) before the next is asked for.
 * @throws TransferError `file-format` for a broken or cut off archive.
 */
export async function* entriesOf(
  file: OpenedFile,
  unpacking: Unpacking,
): AsyncGenerator<FileEntry> {
  const { path } = file;
  if (!isPacked(path, unpacking)) {
    yield {
      shown: path,
      name: nameOf(path),
      bytes: file.bytes,
      content: (from) => rawContent(file, from, null),
      range: (start, end) => collect(rawContent(file, start, end)),
    };
    return;
  }
  switch (unpacking.compression) {
    case 'gzip':
      yield {
        shown: path,
        name: nameOf(path).replace(/\.(gz|gzip)$/i, ''),
        bytes: null,
        content: () => gunzipped(rawContent(file, 0, null), path),
        range: null,
      };
      return;
    case 'zip':
      for await (const entry of readZipFiles(path, file.bytes, (start, end) =>
        rawContent(file, start, end),
      )) {
        yield inArchive(path, entry);
      }
      return;
    case 'tar.gz': {
      const archive = gunzipped(rawContent(file, 0, null), path);
      for await (const entry of readTarFiles(archive, path)) yield inArchive(path, entry);
      return;
    }
    case 'none':
  }
}

/** Decompresses gzip, several members too. @throws TransferError `file-format` */
export async function* gunzipped(
  content: AsyncIterable<Uint8Array>,
  shown: string,
): AsyncGenerator<Buffer> {
  const out = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES });
  let some = false;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      some ||= piece.length > 0;
      yield piece;
    }
  }
  // Errors reach the loop below through `out`, which pipeline destroys.
  pipeline(Readable.from(counted(), { objectMode: false }), out, () => undefined);
  try {
    for await (const piece of out as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw error;
    const what = code === 'Z_BUF_ERROR' ? 'it is cut off' : (error as Error).message;
    throw badFile(shown, `it cannot be decompressed by gzip: ${what}`, error);
  }
  if (!some) throw badFile(shown, 'it cannot be decompressed by gzip: it is empty');
}

/** All of a stream in one buffer. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What is behind the last `/`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What is before the last `/`; empty = the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

async function* rawContent(
  { store, path, signal, meter }: OpenedFile,
  start: number,
  end: number | null,
): AsyncGenerator<Uint8Array> {
  for await (const piece of store.read(path, { start, end }, signal)) {
    meter.bytes += piece.length;
    yield piece;
  }
}

function inArchive(
  path: string,
  entry: {
    readonly name: string;
    readonly bytes: number;
    readonly content: AsyncIterable<Uint8Array>;
  },
): FileEntry {
  return {
    shown: `${path} (${entry.name})`,
    name: safeName(path, entry.name),
    bytes: entry.bytes,
    content: () => entry.content,
    range: null,
  };
}

/** Names in archives come from strangers: none may lead out of the folder it is written to. */
function safeName(path: string, name: string): string {
  const parts = name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || name.includes('\0')) {
    throw new TransferError('file-format', `file ${path}: the name ${name} in it leads elsewhere`);
  }
  return parts.join('/');
}
