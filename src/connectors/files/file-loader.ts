import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { rowOffsets as csvOffsets, csvLayout } from '../../lib/rows/csv.ts';
import { rowOffsets as textOffsets } from '../../lib/rows/text.ts';
import type { RowBatch, RowFormat, RowLoader, WriteCounts } from '../../ports/connector.ts';
import type { FileAppender } from '../../ports/file-store.ts';
import type { FormatWriter, WritableFormat } from './formats/format.ts';
import { partIdOf, partName } from './output-names.ts';
import type { PartFolder } from './parts.ts';

const compress = promisify(gzip);

/** What a token of a file loader says: everything up to here is durable. */
export interface FileToken {
  readonly run: string;
  readonly table: number;
  readonly shard: number;
  /** Parts that are begun; 0 = none. */
  readonly part: number;
  /** Length of the last of them. */
  readonly bytes: number;
}

/** What a loader writes, and where. */
export interface FileLoaderParts {
  readonly folder: PartFolder;
  readonly format: WritableFormat;
  readonly rows: RowFormat;
  readonly maxFileBytes: number | null;
  readonly gzip: boolean;
  /** Where the shard stands; what is behind is cut off. */
  readonly from: FileToken;
}

const none: WriteCounts = { written: 0, updated: 0, bytes: 0, files: 0 };

/** Opens a loader: leftovers behind its token are removed first. */
export async function openFileLoader(parts: FileLoaderParts): Promise<RowLoader> {
  const loader = new FileLoader(parts);
  await loader.cutBack();
  return loader;
}

/** One shard's rows of one table, in files that grow one after the other. */
class FileLoader implements RowLoader {
  readonly #parts: FileLoaderParts;
  #committed: FileToken;
  /** Number of the part that is written, and its file; null = none is open. */
  #part: number;
  #file: FileAppender | null = null;
  #writer: FormatWriter | null = null;
  /** Closed and begun since the last commit. */
  #unsynced: FileAppender[] = [];
  #begun = 0;

  constructor(parts: FileLoaderParts) {
    this.#parts = parts;
    this.#committed = parts.from;
    this.#part = parts.from.part;
  }

  /** Makes the shard's files what they were at the last commit. */
  async cutBack(): Promise<void> {
    const { table, shard, part, bytes } = this.#committed;
    await this.close();
    for (const name of (await this.#parts.folder.list()).keys()) {
      const id = partIdOf(name);
      if (id?.table === table && id.shard === shard && id.number > part) {
        await this.#parts.folder.remove(name);
      }
    }
    this.#part = part;
    this.#begun = 0;
    if (part === 0) return;
    const file = await this.#parts.folder.append(this.#name(part), bytes);
    if (this.#parts.format.continuable) {
      this.#file = file;
      this.#writer = this.#parts.format.writer(this.#parts.rows);
    } else await file.close();
  }

  async write(batch: RowBatch): Promise<WriteCounts> {
    let bytes = 0;
    for (let rest: RowBatch | null = batch; rest !== null && rest.rows > 0;) {
      const { file, writer, fresh } = await this.#openFile();
      bytes += fresh;
      const room = (this.#parts.maxFileBytes ?? Infinity) - file.bytes;
      const { piece, written } = await this.#fitting(rest, room, writer);
      // Only a row that is larger than a whole file may make one longer than wanted.
      if (written.length > room && fresh === 0) {
        bytes += await this.#closeFile();
        continue;
      }
      await file.write(written);
      bytes += written.length;
      rest = piece.rows === rest.rows ? null : behind(rest, piece);
      if (rest !== null) bytes += await this.#closeFile();
    }
    batch.release?.();
    return { ...none, written: batch.rows, bytes };
  }

  async prepareCommit(): Promise<string> {
    if (!this.#parts.format.continuable) await this.#closeFile();
    const bytes = this.#file?.bytes ?? this.#unsynced.at(-1)?.bytes ?? this.#closedBytes();
    for (const file of this.#unsynced) {
      await file.sync();
      await file.close();
    }
    this.#unsynced = [];
    await this.#file?.sync();
    const token: FileToken = { ...this.#committed, part: this.#part, bytes };
    this.#prepared = token;
    return JSON.stringify(token);
  }

  #prepared: FileToken | null = null;

  commit(): Promise<WriteCounts> {
    if (this.#prepared === null) throw new Error('a commit was not prepared');
    this.#committed = this.#prepared;
    this.#prepared = null;
    const files = this.#begun;
    this.#begun = 0;
    return Promise.resolve({ ...none, files });
  }

  async rollback(): Promise<void> {
    this.#prepared = null;
    await this.cutBack();
  }

  async close(): Promise<void> {
    const open = [...this.#unsynced, ...(this.#file === null ? [] : [this.#file])];
    [this.#unsynced, this.#file, this.#writer] = [[], null, null];
    for (const file of open) await file.close();
  }

  #closedBytes(): number {
    return this.#part === this.#committed.part ? this.#committed.bytes : 0;
  }

  /** The file at hand; a next one is begun when there is none. */
  async #openFile(): Promise<{
    readonly file: FileAppender;
    readonly writer: FormatWriter;
    /** Bytes it was begun with just now. */
    readonly fresh: number;
  }> {
    if (this.#file !== null && this.#writer !== null) {
      return { file: this.#file, writer: this.#writer, fresh: 0 };
    }
    const { folder, format, rows } = this.#parts;
    this.#part += 1;
    this.#begun += 1;
    const file = await folder.append(this.#name(this.#part), 0);
    const writer = format.writer(rows);
    this.#file = file;
    this.#writer = writer;
    const beginning = await this.#packed(writer.begin());
    await file.write(beginning);
    return { file, writer, fresh: beginning.length };
  }

  /** Ends the file at hand; it is synced with the commit. @returns bytes it ended with. */
  async #closeFile(): Promise<number> {
    const [file, writer] = [this.#file, this.#writer];
    if (file === null || writer === null) return 0;
    const ending = await this.#packed(await writer.end());
    await file.write(ending);
    this.#unsynced.push(file);
    [this.#file, this.#writer] = [null, null];
    return ending.length;
  }

  /** Rows at the beginning of a batch that fit, at least one, and their bytes in the file. */
  async #fitting(
    batch: RowBatch,
    room: number,
    writer: FormatWriter,
  ): Promise<{ readonly piece: RowBatch; readonly written: Uint8Array }> {
    const { continuable } = this.#parts.format;
    let piece = batch.bytes.length <= room ? batch : this.#firstRows(batch, batch.rows, room);
    for (;;) {
      const written = await this.#packed(await writer.rows(piece));
      // Writers that hold rows back are not asked twice for the same.
      if (written.length <= room || piece.rows <= 1 || !continuable) return { piece, written };
      const share = Math.max(room, 0) / written.length;
      piece = this.#firstRows(batch, Math.max(1, Math.floor(piece.rows * share)), Infinity);
    }
  }

  /** At most `most` rows at the beginning of a batch, and no more bytes than `room`; at least one. */
  #firstRows(batch: RowBatch, most: number, room: number): RowBatch {
    const { rows: format } = this.#parts;
    if (format.kind === 'pg-binary') return batch;
    const offsets =
      format.kind === 'text'
        ? textOffsets(batch.bytes)
        : csvOffsets(batch.bytes, csvLayout(format));
    let rows = 1;
    while (rows < most && (offsets[rows + 1] ?? Infinity) <= room) rows += 1;
    return { bytes: batch.bytes.subarray(0, offsets[rows] ?? batch.bytes.length), rows };
  }

  /** Members of gzip one behind the other are one gzip file, so a file can be gone on with. */
  async #packed(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#parts.gzip && bytes.length > 0 ? compress(bytes) : bytes;
  }

  #name(number: number): string {
    const { table, shard } = this.#committed;
    return partName({ table, shard, number });
  }
}

function behind(batch: RowBatch, piece: RowBatch): RowBatch {
  return { bytes: batch.bytes.subarray(piece.bytes.length), rows: batch.rows - piece.rows };
}
