import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  type SchemaElement,
} from 'hyparquet';
import type { Column } from '../../../domain/transfer/columns.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import { encodeRows } from '../../../lib/rows/text.ts';
import type { FileEntry } from '../entries.ts';
import { badFile } from '../errors.ts';
import type { EntryBatch, EntryRequest, FormatReader } from './format.ts';
import { isNested, nativeTypeOf, typeOf } from './parquet-schema.ts';
import { exactElement, toTextOf } from './parquet-texts.ts';

/** Bytes, unpacked, and rows that are taken out of a row group at once. */
const SLICE_BYTES = 24 * 1024 * 1024;
const SLICE_ROWS = 65_536;
/** Largest file that is held because it can only be read from its beginning (within archives). */
const MAX_HELD_BYTES = 128 * 1024 * 1024;
/** The end of a file that is read first: most footers fit in. */
const FOOTER_BYTES = 64 * 1024;

/** A column of a file. */
interface Field {
  readonly column: Column;
  readonly element: SchemaElement;
}

/** A file that is open. */
interface Opened {
  readonly file: AsyncBuffer;
  /** With elements that the library reads exactly. */
  readonly metadata: FileMetaData;
  readonly fields: readonly Field[];
}

/**
 * Parquet files as rows (cdm.md §5.9), with the types of their columns. What has parts comes as
 * JSON. Positions are numbers of rows.
 */
export function parquetReader(selected: readonly string[] | null): FormatReader {
  return {
    columns: async (entry) => {
      const { fields } = await reading(entry, () => openFile(entry));
      return {
        columns: chosen(fields, selected, entry.shown).map(({ column }) => column),
        named: true,
      };
    },
    formats: () => ['text'],
    read: (entry, request) => readBatches(entry, request),
  };
}

async function* readBatches(entry: FileEntry, request: EntryRequest): AsyncGenerator<EntryBatch> {
  const { file, metadata, fields } = await reading(entry, () => openFile(entry));
  const wanted = request.columns.map((column) => fieldOf(fields, column, entry.shown));
  const compressors = await codecs();
  let groupStart = 0;
  const from = Number(request.position ?? 0);
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const slices = Math.ceil(Number(group.total_byte_size) / SLICE_BYTES);
    const sliceRows = Math.max(1, Math.min(SLICE_ROWS, Math.ceil(rows / Math.max(slices, 1))));
    for (let at = groupStart; at < groupStart + rows; at += sliceRows) {
      const [rowStart, rowEnd] = [Math.max(at, from), Math.min(at + sliceRows, groupStart + rows)];
      if (rowStart >= rowEnd) continue;
      const columns = await reading(entry, () =>
        readColumns({ file, metadata, compressors, wanted, rowStart, rowEnd }),
      );
      yield* batches(columns, wanted, rowStart, rowEnd, request.batchBytes);
    }
    groupStart += rows;
  }
}

async function readColumns(slice: {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly compressors: Compressors;
  readonly wanted: readonly Field[];
  readonly rowStart: number;
  readonly rowEnd: number;
}): Promise<readonly ArrayLike<unknown>[]> {
  const { file, metadata, compressors, wanted, rowStart, rowEnd } = slice;
  const columns = [...new Set(wanted.map(({ element }) => element.name))];
  if (columns.length === 0) return [];
  const scan = await parquetScan({
    file,
    metadata,
    compressors,
    columns,
    rowStart,
    rowEnd,
    utf8: false,
    // As they are counted; `parquet-texts.ts` makes texts of them.
    parsers: { timestampFromNanoseconds: (nanos: bigint) => nanos },
    geoparquet: false,
  });
  const read = new Map<string, ArrayLike<unknown>>();
  // One after the other: each may be large while it is unpacked.
  for (const column of columns) {
    read.set(column, (await scan.readColumn({ column, rowStart, rowEnd })) as ArrayLike<unknown>);
  }
  return wanted.map(({ element }) => read.get(element.name) ?? []);
}

function* batches(
  columns: readonly ArrayLike<unknown>[],
  wanted: readonly Field[],
  rowStart: number,
  rowEnd: number,
  batchBytes: number,
): Generator<EntryBatch> {
  const toTexts = wanted.map(({ element }) => toTextOf(element));
  let rows: (string | null)[][] = [];
  let chars = 0;
  for (let row = rowStart; row < rowEnd; row += 1) {
    const fields = columns.map((values, place) => {
      const value = values[row - rowStart];
      if (value === null || value === undefined) return null;
      const text = toTexts[place]?.(value) ?? '';
      chars += text.length + 1;
      return text;
    });
    rows.push(fields);
    if (chars < batchBytes && row + 1 < rowEnd) continue;
    const bytes = encodeRows(rows);
    const position = String(row + 1);
    yield { bytes, rows: rows.length, rejected: [], position, extraRows: 0 };
    [rows, chars] = [[], 0];
  }
}

async function openFile(entry: FileEntry): Promise<Opened> {
  const file = await bufferOf(entry);
  const metadata = await parquetMetadataAsync(file, {
    initialFetchSize: FOOTER_BYTES,
    geoparquet: false,
  });
  const [root, ...rest] = metadata.schema;
  const fields: Field[] = [];
  const schema: SchemaElement[] = root === undefined ? [] : [root];
  for (let at = 0; at < rest.length;) {
    const element = rest[at];
    if (element === undefined) break;
    const end = at + 1 + descendants(rest, at);
    fields.push({ element, column: columnOf(element) });
    // Parts of columns stay as they are marked: JSON is made of them.
    schema.push(exactElement(element), ...rest.slice(at + 1, end));
    at = end;
  }
  return { file, metadata: { ...metadata, schema }, fields };
}

/** Elements below one, at any depth. */
function descendants(elements: readonly SchemaElement[], at: number): number {
  let count = 0;
  for (let left = elements[at]?.num_children ?? 0; left > 0; left -= 1) {
    count += 1 + descendants(elements, at + 1 + count);
  }
  return count;
}

function columnOf(element: SchemaElement): Column {
  return {
    name: element.name,
    type: typeOf(element),
    nullable: isNested(element) || element.repetition_type !== 'REQUIRED',
    nativeType: nativeTypeOf(element),
    comment: '',
    keyPosition: 0,
  };
}

async function bufferOf(entry: FileEntry): Promise<AsyncBuffer> {
  const { range, bytes } = entry;
  if (range !== null && bytes !== null) {
    return {
      byteLength: bytes,
      slice: async (start, end = bytes) => arrayBufferOf(await range(start, Math.min(end, bytes))),
    };
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of entry.content(0)) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_HELD_BYTES) {
      throw badFile(
        entry.shown,
        `a Parquet file within an archive may have ${MAX_HELD_BYTES} bytes at most; unpack it first`,
      );
    }
  }
  const whole = arrayBufferOf(Buffer.concat(pieces));
  return { byteLength: size, slice: (start, end) => whole.slice(start, end) };
}

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** Columns by names or 1-based numbers (cdm.md §4.4). */
function chosen(
  fields: readonly Field[],
  selected: readonly string[] | null,
  shown: string,
): readonly Field[] {
  if (selected === null) return fields;
  return selected.map((wanted) => {
    const byName = fields.find(({ column }) => column.name === wanted);
    const byNumber = /^\d{1,5}$/.test(wanted) ? fields[Number(wanted) - 1] : undefined;
    const found = byName ?? byNumber;
    if (found === undefined) {
      const words = `file ${shown} has ${fields.length} columns and none called ${wanted}`;
      throw new TransferError('column-mismatch', words);
    }
    return found;
  });
}

/** The same column in this file: all files of a source need not be alike in their order. */
function fieldOf(fields: readonly Field[], { name, type }: Column, shown: string): Field {
  const found = fields.find(({ column }) => column.name === name);
  if (found === undefined) {
    throw new TransferError('column-mismatch', `file ${shown} has no column ${name}`);
  }
  if (found.column.type.kind !== type.kind) {
    throw new TransferError(
      'column-mismatch',
      `file ${shown} has column ${name} as ${found.column.nativeType}, another type than the first file`,
    );
  }
  return found;
}

/** The library's for what Node cannot unpack. Nothing is unpacked beyond the length that is told. */
async function codecs(): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors');
  const all: Compressors = {
    ...compressors,
    GZIP: (input, maxOutputLength) => gunzipSync(input, { maxOutputLength }),
    BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength }),
    ZSTD: (input, maxOutputLength) => zstdDecompressSync(input, { maxOutputLength }),
  };
  // An empty page is not understood by every one of them.
  return Object.fromEntries(
    Object.entries(all).map(([name, unpack]) => [
      name,
      (input: Uint8Array, bytes: number) =>
        bytes === 0 ? new Uint8Array(0) : unpack(input, bytes),
    ]),
  );
}

/** What the library throws is about the file; errors of the store and aborts stay. */
async function reading<T>(entry: FileEntry, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TransferError) throw error;
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw error;
    const what = (error as Error).message.replace(/^parquet /, '');
    throw badFile(entry.shown, `it cannot be read as Parquet: ${what}`, error);
  }
}
