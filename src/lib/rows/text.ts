/**
 * Rows as PostgreSQL's COPY and MySQL's LOAD DATA read them by default: values separated by TAB,
 * rows ended by LF, `\N` for NULL, and backslash, TAB, LF and CR within values written `\\`,
 * `\t`, `\n`, `\r`. UTF-8. An LF byte is therefore always the end of a row.
 */

const TAB = 0x09;
const LF = 0x0a;
const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;

/** Number of whole rows. */
export function rowCount(bytes: Uint8Array): number {
  let rows = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === LF) rows += 1;
  return rows;
}

/** Where each row begins, and behind the last one the end of the rows. */
export function rowOffsets(bytes: Uint8Array): Uint32Array {
  const offsets = new Uint32Array(rowCount(bytes) + 1);
  let row = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === LF) {
      row += 1;
      offsets[row] = at + 1;
    }
  }
  return offsets;
}

/** Rows `from` (0-based) up to but without `to`, in the same memory. */
export function splitRows(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const start = afterRows(bytes, 0, from);
  return bytes.subarray(start, afterRows(bytes, start, to - from));
}

/** The values of the row that begins at `start` and ends, its LF included or not, before `end`. */
export function decodeRow(bytes: Uint8Array, start: number, end: number): (string | null)[] {
  const view = asBuffer(bytes);
  const stop = end > start && view[end - 1] === LF ? end - 1 : end;
  const fields: (string | null)[] = [];
  let from = start;
  let escaped = false;
  for (let at = start; at <= stop; at += 1) {
    const byte = at === stop ? TAB : view[at];
    if (byte === BACKSLASH) {
      escaped = true;
      // What follows is part of the escape, whatever it is.
      at = Math.min(at + 1, stop - 1);
    } else if (byte === TAB) {
      fields.push(escaped ? unescape(view, from, at) : view.toString('utf8', from, at));
      from = at + 1;
      escaped = false;
    }
  }
  return fields;
}

/** A row with its LF. */
export function encodeRow(fields: readonly (string | null)[]): Buffer {
  return Buffer.from(rowText(fields));
}

/** Several rows in one buffer. */
export function encodeRows(rows: readonly (readonly (string | null)[])[]): Buffer {
  let text = '';
  for (const row of rows) text += rowText(row);
  return Buffer.from(text);
}

function rowText(fields: readonly (string | null)[]): string {
  let text = '';
  for (let place = 0; place < fields.length; place += 1) {
    const field = fields[place] ?? null;
    if (place > 0) text += '\t';
    text += field === null ? '\\N' : escape(field);
  }
  return `${text}\n`;
}

const SPECIAL = /[\\\t\n\r]/;

function escape(value: string): string {
  if (!SPECIAL.test(value)) return value;
  return value.replace(/[\\\t\n\r]/g, (char) => {
    if (char === '\t') return '\\t';
    if (char === '\n') return '\\n';
    return char === '\r' ? '\\r' : '\\\\';
  });
}

/** @returns null for `\N` that stands alone. */
function unescape(bytes: Buffer, from: number, to: number): string | null {
  if (to - from === 2 && bytes[from] === BACKSLASH && bytes[from + 1] === CAPITAL_N) return null;
  return bytes.toString('utf8', from, to).replace(/\\(.)/gs, (_, char: string) => {
    const plain = ESCAPES[char];
    return plain ?? char;
  });
}

/** What COPY and LOAD DATA understand; any other escaped character means itself. */
const ESCAPES: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
};

function afterRows(bytes: Uint8Array, start: number, rows: number): number {
  const view = asBuffer(bytes);
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    const end = view.indexOf(LF, at);
    if (end < 0) return view.length;
    at = end + 1;
  }
  return at;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
