import type { FileFormat, FileSource } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type {
  Chunk,
  ConnectorContext,
  ReadRequest,
  RowBatch,
  RowFormat,
  RowSource,
  SourceTable,
} from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import type { Column } from '../../domain/transfer/columns.ts';
import { settleFiles } from './afterwards.ts';
import { type ChunkFile, dealFiles, filesOf } from './dealing.ts';
import { type ByteMeter, entriesOf, type FileEntry, nameOf } from './entries.ts';
import { badDefinition, badFile, fileError } from './errors.ts';
import type { FormatReader } from './formats/format.ts';
import { type ChosenFile, chooseFiles } from './selection.ts';

/** Makes a reader for a format; formats take some settings of the source. */
export type ReaderOf = (
  format: FileFormat,
  from: FileSource,
  context: ConnectorContext,
) => FormatReader | Promise<FormatReader>;

/** What a source of files is made of. */
export interface FileSourceParts {
  readonly store: FileStore;
  readonly from: FileSource;
  readonly context: ConnectorContext;
  readonly readerOf: ReaderOf;
  readonly signal: AbortSignal;
}

/**
 * Rows of files in any store. All files of a source are one table. Positions are
 * `<file>:<entry>:<position in the entry>`, so that a big file is gone on with inside.
 * @throws TransferError `invalid-definition` for a format without rows.
 */
export async function openFileSource(parts: FileSourceParts): Promise<RowSource> {
  const { format } = parts.from;
  if (format.kind === 'binary') {
    throw badDefinition('binary files hold no rows; they can only be copied to files');
  }
  if (parts.from.decrypt !== null) {
    throw badDefinition('files of rows cannot be decrypted on reading; binary files can');
  }
  return new FileRowSource(parts, await parts.readerOf(format, parts.from, parts.context));
}

class FileRowSource implements RowSource {
  readonly digester = null;
  readonly #parts: FileSourceParts;
  readonly #reader: FormatReader;
  #chosen: readonly ChosenFile[] | null = null;

  constructor(parts: FileSourceParts, reader: FormatReader) {
    this.#parts = parts;
    this.#reader = reader;
  }

  /** No files (all filtered out, or missing and allowed to be) = no table. */
  async tables(): Promise<readonly SourceTable[]> {
    const files = await this.#files();
    if (files.length === 0) return [];
    const look = await this.#look(files);
    return [
      {
        name: { schema: '', name: baseName(files[0]?.path ?? '') },
        columns: look.columns,
        named: look.named,
        estimatedRows: null,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        files: files.length,
      },
    ];
  }

  async chunks(
    _table: SourceTable,
    cut: { readonly shards: number; readonly fine: boolean },
  ): Promise<readonly Chunk[]> {
    const { splitBy } = this.#parts.from;
    return dealFiles(await this.#files(), { shards: cut.shards, fine: cut.fine, splitBy });
  }

  formats(columns: readonly Column[]): readonly RowFormat['kind'][] {
    return this.#reader.formats(columns);
  }

  async *read(request: ReadRequest): AsyncGenerator<RowBatch> {
    const files = filesOf(request.chunk);
    const [firstFile, firstEntry, inner] = readPosition(request.position);
    for (let place = firstFile; place < files.length; place += 1) {
      const file = files[place];
      if (file === undefined) return;
      const resumed = place === firstFile;
      try {
        yield* this.#readFile(
          file,
          place,
          resumed ? firstEntry : 0,
          resumed ? inner : null,
          request,
        );
      } catch (error) {
        throw fileError(error, 'read', file.path);
      }
    }
  }

  async *#readFile(
    file: ChunkFile,
    place: number,
    firstEntry: number,
    inner: string | null,
    request: ReadRequest,
  ): AsyncGenerator<RowBatch> {
    const meter: ByteMeter = { bytes: 0 };
    await this.#checkUnchanged(file);
    let counted = 0;
    let number = -1;
    for await (const entry of this.#entries(file, meter, request.signal)) {
      number += 1;
      if (number < firstEntry) continue;
      const batches = this.#reader.read(entry, {
        all: request.table.columns,
        columns: request.columns,
        position: number === firstEntry ? inner : null,
        format: request.format,
        emptyTexts: request.emptyTexts ?? null,
        batchBytes: request.batchBytes,
      });
      for await (const { rejected, extraRows, ...batch } of batches) {
        const sourceBytes = meter.bytes - counted;
        counted = meter.bytes;
        yield {
          ...batch,
          position: `${place}:${number}:${batch.position}`,
          origin: entry.shown,
          sourceBytes,
          ...(rejected.length > 0 ? { rejected } : {}),
          ...(extraRows > 0 ? { extraRows } : {}),
        };
      }
    }
  }

  async succeeded(chunks: readonly Chunk[]): Promise<void> {
    const { store, from, context } = this.#parts;
    await settleFiles(
      store,
      chunks.flatMap(filesOf).map(({ path }) => path),
      from.afterwards,
      context.nowMs(),
    );
  }

  async close(): Promise<void> {
    await this.#parts.store.close();
  }

  async #files(): Promise<readonly ChosenFile[]> {
    this.#chosen ??= await chooseFiles(this.#parts);
    return this.#chosen;
  }

  /** The first file that has a column tells what all have; no column = there is no row in any. */
  async #look(files: readonly ChosenFile[]): ReturnType<FormatReader['columns']> {
    const withBytes = files.filter(({ bytes }) => bytes > 0);
    for (const [at, file] of withBytes.entries()) {
      if (at >= MAX_LOOKED_AT) throw badFile(file.path, 'none of the files before it has a column');
      try {
        for await (const entry of this.#entries(file, { bytes: 0 }, this.#parts.signal)) {
          const look = await this.#reader.columns(entry);
          if (look.columns.length > 0) return look;
        }
      } catch (error) {
        throw fileError(error, 'read', file.path);
      }
    }
    return { columns: [], named: false };
  }

  #entries(file: ChunkFile, meter: ByteMeter, signal: AbortSignal): AsyncIterable<FileEntry> {
    const { store, from } = this.#parts;
    return entriesOf({ store, path: file.path, bytes: file.bytes, signal, meter }, from);
  }

  /** A file that changed since it was planned would be read in parts of two contents. */
  async #checkUnchanged(file: ChunkFile): Promise<void> {
    const found = await this.#parts.store.stat(file.path);
    if (found === null) {
      throw new TransferError('path-missing', `file ${file.path} vanished while the job ran`);
    }
    if (found.bytes !== file.bytes) {
      throw new TransferError(
        'read-failed',
        `file ${file.path} changed while the job ran: ${file.bytes} bytes before, ${found.bytes} now`,
      );
    }
  }
}

/** Files looked at for columns, when the first ones are empty. */
const MAX_LOOKED_AT = 20;

function baseName(path: string): string {
  const name = nameOf(path);
  return name.replace(/(\.[A-Za-z0-9]{1,8}){1,2}$/, '') || name;
}

function readPosition(position: string | null): readonly [number, number, string | null] {
  const found = /^(\d+):(\d+):(.*)$/s.exec(position ?? '');
  if (found === null) return [0, 0, null];
  return [Number(found[1]), Number(found[2]), found[3] ?? null];
}
