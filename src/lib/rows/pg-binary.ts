/**
 * Rows of PostgreSQL's binary COPY, without its header and trailer: for each row the number of
 * fields (int16), and for each field its length (int32, -1 = NULL) and bytes, all big-endian.
 */
import { valueText } from './pg-values.ts';

/** What a stream of binary COPY begins with: signature, no flags, no extension. */
export const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/** What it ends with. */
export const TRAILER = Buffer.from([0xff, 0xff]);

/**
 * Number of rows.
 * @throws RangeError for bytes that end within a row.
 */
export function rowCount(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let rows = 0;
  for (let at = 0; at < bytes.length; at = afterRow(view, at)) rows += 1;
  return rows;
}

/**
 * Where each row begins, and behind the last one the end of the rows.
 * @throws RangeError for bytes that end within a row.
 */
export function rowOffsets(bytes: Uint8Array): Uint32Array {
  const view = viewOf(bytes);
  const offsets = new Uint32Array(rowCount(bytes) + 1);
  let row = 0;
  for (let at = 0; at < bytes.length; row += 1) {
    at = afterRow(view, at);
    offsets[row + 1] = at;
  }
  return offsets;
}

/** Rows `from` (0-based) up to but without `to`, in the same memory. */
export function splitRows(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const view = viewOf(bytes);
  const start = skip(view, 0, from);
  return bytes.subarray(start, skip(view, start, to - from));
}

/**
 * The values of the row that begins at `start`, as texts (`pg-values.ts`); for people, not for speed.
 * @param types names as PostgreSQL writes them, by place, e.g. `numeric(10,2)`; a value whose type
 *   is not known here is given as `\x` and hexadecimal digits.
 */
export function decodeRow(
  bytes: Uint8Array,
  start: number,
  end: number,
  types: readonly string[] = [],
): (string | null)[] {
  const view = viewOf(bytes);
  if (end > bytes.length) throw new RangeError(`row ends at ${end} of ${bytes.length} bytes`);
  const count = view.getInt16(start);
  const fields: (string | null)[] = [];
  let at = start + 2;
  for (let place = 0; place < count; place += 1) {
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) fields.push(null);
    else {
      const value = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
      fields.push(valueText(value, types[place] ?? ''));
      at += length;
    }
  }
  return fields;
}

/** A row of values that are in their binary form already. */
export function encodeRow(fields: readonly (Uint8Array | null)[]): Buffer {
  const size = fields.reduce((sum, field) => sum + 4 + (field?.length ?? 0), 2);
  const row = Buffer.allocUnsafe(size);
  row.writeInt16BE(fields.length);
  let at = 2;
  for (const field of fields) {
    row.writeInt32BE(field === null ? -1 : field.length, at);
    at += 4;
    if (field !== null) {
      row.set(field, at);
      at += field.length;
    }
  }
  return row;
}

function skip(view: DataView, start: number, rows: number): number {
  let at = start;
  for (let row = 0; row < rows && at < view.byteLength; row += 1) at = afterRow(view, at);
  return at;
}

function afterRow(view: DataView, start: number): number {
  const fields = view.getInt16(start);
  let at = start + 2;
  for (let place = 0; place < fields; place += 1) {
    const length = view.getInt32(at);
    at += length < 0 ? 4 : 4 + length;
  }
  if (at > view.byteLength || fields < 0) {
    throw new RangeError(`the row at byte ${start} of ${view.byteLength} is not whole`);
  }
  return at;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
