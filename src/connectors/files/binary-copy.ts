import type { FileSource, FileTarget } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { Chunk, ConnectorContext } from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { settleFiles } from './afterwards.ts';
import { copyFile, type CopyCounts } from './copy-file.ts';
import { dealFiles, filesOf } from './dealing.ts';
import { badDefinition, fileError } from './errors.ts';
import { clearFolder, isEmptyFolder, writeMarker } from './folders.ts';
import { compressionSuffix } from './output-names.ts';
import { type ChosenFile, chooseFiles, cleanPath } from './selection.ts';

/** What a copy is made of. The stores are closed by `close`. */
export interface BinaryCopyParts {
  readonly from: FileStore;
  readonly source: FileSource;
  readonly to: FileStore;
  readonly target: FileTarget;
  readonly context: ConnectorContext;
  readonly signal: AbortSignal;
}

/** A group of files to copy. */
export interface CopyRequest {
  readonly chunk: Chunk;
  /** `position` of the last file that was kept; null = from the first. */
  readonly position: string | null;
  /**
   * Whether the file behind `position` may have been copied already, by a try of this run that
   * was cut short: then it is not taken for somebody else's.
   */
  readonly repeats: boolean;
  /** A file is there; a try that begins at `position` goes on behind it. */
  onFile(position: string, counts: CopyCounts): void | Promise<void>;
  /** Bytes just read and written, for progress and limits; copying waits for it. */
  onBytes?(read: number, written: number): void | Promise<void>;
  readonly signal: AbortSignal;
}

/** Files copied as they are from one store to another (cdm.md §5.9, binary). */
export interface BinaryCopy {
  /** Files and their bytes, and groups of them: equally for equal files. */
  plan(cut: { readonly shards: number; readonly fine: boolean }): Promise<{
    readonly files: number;
    readonly bytes: number;
    readonly chunks: readonly Chunk[];
  }>;
  /** Once for a run, before any file: empties the target folder or looks whether it is empty. */
  prepare(): Promise<void>;
  copy(request: CopyRequest): Promise<void>;
  /** All chunks are in: writes the marker. Repeating it is harmless. */
  finish(): Promise<void>;
  /** The whole job succeeded: source files are renamed or deleted. Repeating it is harmless. */
  succeeded(chunks: readonly Chunk[]): Promise<void>;
  close(): Promise<void>;
}

/** @throws TransferError `invalid-definition` unless both ends are binary files. */
export function openBinaryCopy(parts: BinaryCopyParts): BinaryCopy {
  const { source, target } = parts;
  if (source.format.kind !== 'binary' || target.format.kind !== 'binary') {
    throw badDefinition('binary files can only be copied to binary files');
  }
  if (compressionSuffix(target.compression) !== '') {
    throw badDefinition('binary files are copied as they are and not compressed');
  }
  return new Copying(parts);
}

class Copying implements BinaryCopy {
  readonly #parts: BinaryCopyParts;

  constructor(parts: BinaryCopyParts) {
    this.#parts = parts;
  }

  async plan(cut: {
    readonly shards: number;
    readonly fine: boolean;
  }): ReturnType<BinaryCopy['plan']> {
    const { from, source, context, signal } = this.#parts;
    const files = await chooseFiles({ store: from, from: source, context, signal });
    this.#checkNames(files);
    return {
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      chunks: dealFiles(files, { ...cut, splitBy: source.splitBy }),
    };
  }

  async prepare(): Promise<void> {
    const { to, target, signal } = this.#parts;
    const directory = cleanPath(target.directory);
    if (target.clear) await clearFolder(to, directory, signal);
    else if (!target.append && !(await isEmptyFolder(to, directory, signal))) {
      throw new TransferError(
        'file-exists',
        `the folder ${directory || '/'} holds files already; allow it to (append mode) or empty it`,
      );
    }
    if (to.hasFolders && directory !== '') await to.makeFolder(directory);
  }

  async copy({ chunk, position, repeats, onFile, onBytes, signal }: CopyRequest): Promise<void> {
    const files = filesOf(chunk);
    const first = position === null ? 0 : Number(position);
    for (let place = first; place < files.length; place += 1) {
      signal.throwIfAborted();
      const file = files[place];
      if (file === undefined) return;
      const counts = await copyFile({
        ...this.#parts,
        file,
        ownMayBeThere: repeats && place === first,
        onBytes: onBytes ?? (() => undefined),
        signal,
      }).catch((error: unknown) => {
        throw fileError(error, 'read', file.path);
      });
      await onFile(String(place + 1), counts);
    }
  }

  async finish(): Promise<void> {
    const { to, target, signal } = this.#parts;
    await writeMarker(to, target, signal);
  }

  async succeeded(chunks: readonly Chunk[]): Promise<void> {
    const { from, source, context } = this.#parts;
    const paths = chunks.flatMap(filesOf).map(({ path }) => path);
    await settleFiles(from, paths, source.afterwards, context.nowMs());
  }

  async close(): Promise<void> {
    await this.#parts.from.close();
    await this.#parts.to.close();
  }

  /** Two files that would get one name: the second would silently replace the first. */
  #checkNames(files: readonly ChosenFile[]): void {
    const { target } = this.#parts;
    const taken = new Map<string, string>();
    for (const { path, below } of files) {
      const name = target.flattenInto === null ? below : below.slice(below.lastIndexOf('/') + 1);
      const other = taken.get(name);
      if (other !== undefined) {
        throw new TransferError(
          'file-exists',
          `the files ${other} and ${path} would both become ${name} in the target folder`,
        );
      }
      taken.set(name, path);
    }
  }
}
