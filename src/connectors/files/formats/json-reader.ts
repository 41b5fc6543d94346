import { isUtf8 } from 'node:buffer';
import type { JsonFormat } from '../../../domain/transfer/definition.ts';
import { encodeRows } from '../../../lib/rows/text.ts';
import type { RejectedRow } from '../../../ports/connector.ts';
import { decoderFor } from '../encoding.ts';
import type { FileEntry } from '../entries.ts';
import { badFile } from '../errors.ts';
import { textColumn } from './csv-columns.ts';
import { markBytes, utf8Content } from './csv-layout.ts';
import type { EntryBatch, EntryRequest, FormatReader } from './format.ts';
import { JsonCutter, type JsonShape, shapeOf } from './json-cut.ts';
import { JsonText, type PathTree, pathTree } from './json-fields.ts';

/** Largest value that is held: a row, or with `reference` a whole document. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024;
/** Rows by which the columns of a file are told. */
const SAMPLE_ROWS = 1000;
const SAMPLE_BYTES = 1024 * 1024;
const MAX_REJECTED_CHARS = 16 * 1024;

/** A row as JSON, and the bytes behind it. */
interface JsonRow {
  readonly text: string;
  readonly valid: boolean;
  /** Place behind it from which reading can go on; -1 = it cannot be sought. */
  readonly position: string;
}

/**
 * JSON files as rows (cdm.md §5.9): objects one after the other, elements of an array, or what is
 * at a path; values below objects are columns with dotted names. Positions are
 * `<shape>:<byte>:<row>`.
 */
export function jsonReader(format: JsonFormat, columns: readonly string[] | null): FormatReader {
  return {
    columns: async (entry) => {
      const names = columns ?? (await sampledPaths(entry, format));
      return { columns: names.map(textColumn), named: true };
    },
    formats: () => ['text'],
    read: (entry, request) => readBatches(entry, format, request),
  };
}

async function* readBatches(
  entry: FileEntry,
  format: JsonFormat,
  request: EntryRequest,
): AsyncGenerator<EntryBatch> {
  const tree = pathTree(request.columns.map(({ name }) => name));
  const count = request.columns.length;
  const skip = Number(request.position?.split(':')[2] ?? 0);
  let rows: (string | null)[][] = [];
  let rejected: RejectedRow[] = [];
  let bytes = 0;
  let number = sought(entry, format, request.position) === null ? 0 : skip;
  for await (const row of rowsOf(entry, format, request.position)) {
    number += 1;
    if (number <= skip) continue;
    const fields = fieldsOf(row, tree, count);
    if (typeof fields !== 'string') rows.push(fields);
    else {
      const where = `${entry.shown}, row ${number}`;
      rejected.push({ fields: [row.text.slice(0, MAX_REJECTED_CHARS)], where, reason: fields });
    }
    bytes += row.text.length;
    if (bytes < request.batchBytes) continue;
    yield batchOf(rows, rejected, `${row.position}:${number}`);
    [rows, rejected, bytes] = [[], [], 0];
  }
  if (bytes > 0) yield batchOf(rows, rejected, `object:-1:${number}`);
}

/** Fields of a row, or why it has none. */
function fieldsOf(row: JsonRow, tree: PathTree, count: number): (string | null)[] | string {
  if (!row.valid) return 'its bytes are not valid in the encoding of the file';
  try {
    return new JsonText(row.text).fields(tree, count);
  } catch (error) {
    if (error instanceof SyntaxError) return `not a row of JSON: ${error.message}`;
    throw error;
  }
}

function batchOf(
  rows: readonly (readonly (string | null)[])[],
  rejected: readonly RejectedRow[],
  position: string,
): EntryBatch {
  return { bytes: encodeRows(rows), rows: rows.length, rejected, position, extraRows: 0 };
}

async function sampledPaths(entry: FileEntry, format: JsonFormat): Promise<readonly string[]> {
  const found = new Set<string>();
  let rows = 0;
  let bytes = 0;
  for await (const row of rowsOf(entry, format, null)) {
    try {
      for (const path of new JsonText(row.text).paths()) found.add(path);
    } catch (error) {
      // A broken row becomes a dirty one later; it only does not tell columns.
      if (!(error instanceof SyntaxError)) throw error;
    }
    rows += 1;
    bytes += row.text.length;
    if (rows >= SAMPLE_ROWS || bytes >= SAMPLE_BYTES) break;
  }
  return [...found];
}

/** What a position says of a place in the bytes, when it can be sought. */
function sought(
  entry: FileEntry,
  format: JsonFormat,
  position: string | null,
): { readonly shape: JsonShape; readonly byte: number } | null {
  const [shape, byte] = position?.split(':') ?? [];
  if (entry.range === null || format.reference !== '' || !isUtf8Format(format)) return null;
  if (shape !== 'array' && shape !== 'object') return null;
  return Number(byte) > 0 ? { shape, byte: Number(byte) } : null;
}

async function* rowsOf(
  entry: FileEntry,
  format: JsonFormat,
  position: string | null,
): AsyncGenerator<JsonRow> {
  const place = sought(entry, format, position);
  const keys = format.reference === '' ? [] : format.reference.split('.');
  // With a path the document is one value; its own array, if it is one, is taken apart below.
  let shape = place?.shape ?? (keys.length > 0 || format.shape === 'auto' ? null : format.shape);
  if (keys.length > 0) shape = 'object';
  let cutter = shape === null ? null : new JsonCutter(shape, place !== null);
  let base = place?.byte ?? 0;
  let held: Buffer = Buffer.alloc(0);
  let seen = 0;
  let rows = 0;
  const cut = function* (last: boolean): Generator<JsonRow> {
    if (cutter === null) {
      shape = shapeOf(held);
      if (shape === null) return;
      cutter = new JsonCutter(shape, false);
    }
    let ends: readonly number[];
    try {
      ends = cutter.cut(held, seen, last);
    } catch (error) {
      throw badFile(entry.shown, `behind row ${rows}: ${(error as Error).message}`, error);
    }
    const valid = isUtf8Format(format) ? isUtf8(held) : !held.includes('\ufffd');
    for (let at = 0; at < ends.length; at += 2) {
      const [from = 0, to = 0] = [ends[at], ends[at + 1]];
      const own = held.subarray(from, to);
      const fine = valid || (isUtf8Format(format) ? isUtf8(own) : !own.includes('\ufffd'));
      rows += 1;
      const text = own.toString();
      const after = `${shape ?? 'object'}:${keys.length > 0 ? -1 : base + to}`;
      if (keys.length === 0) yield { text, valid: fine, position: after };
      else for (const row of below(text, keys)) yield { text: row, valid: fine, position: after };
    }
    const keep = cutter.openAt < 0 ? held.length : cutter.openAt;
    cutter.shift(keep);
    held = held.subarray(keep);
    seen = held.length;
    base += keep;
    if (held.length > MAX_VALUE_BYTES) {
      const what = keys.length > 0 ? 'the document' : `row ${rows + 1}`;
      throw badFile(entry.shown, `${what} is larger than ${MAX_VALUE_BYTES} bytes`);
    }
  };
  let atStart = place === null;
  let pieces: Buffer[] = [];
  let waiting = 0;
  const join = (): void => {
    held = Buffer.concat([held, ...pieces]);
    [pieces, waiting] = [[], 0];
  };
  for await (const piece of utf8Content(entry, format.encoding, base)) {
    const mark = atStart ? markBytes(piece) : 0;
    atStart = false;
    base += mark;
    pieces.push(piece.subarray(mark));
    waiting += piece.length;
    // A long value is put together seldom: each time twice as long.
    if (waiting < held.length) continue;
    join();
    yield* cut(false);
  }
  join();
  yield* cut(true);
  if (cutter !== null && !cutter.closed) {
    throw badFile(entry.shown, `it ends within row ${rows + 1} or its array: it is cut off`);
  }
}

/** Rows at a path of a document; a document that is no JSON is one (dirty) row itself. */
function below(document: string, keys: readonly string[]): readonly string[] {
  try {
    return new JsonText(document).rowsAt(keys);
  } catch (error) {
    if (error instanceof SyntaxError) return [document];
    throw error;
  }
}

function isUtf8Format(format: JsonFormat): boolean {
  return decoderFor(format.encoding).encoding === 'utf-8';
}
