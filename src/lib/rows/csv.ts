/**
 * Records of separated values as bytes: where they end, what their fields are. A record is looked
 * at byte by byte only where quotes or escapes stand; else the machine's search does it.
 */
import { type CsvLayout, CsvRecord, plainCsv } from './csv-record.ts';
import { countByte } from './csv-line-ends.ts';

export { type CsvLayout, CsvRecord, csvLayout, fieldKinds, plainCsv } from './csv-record.ts';

const QUOTE = 0x22;

/** Whole records at the beginning of a piece of a file. */
export interface CsvCut {
  readonly rows: number;
  /** Behind the last whole record. */
  readonly end: number;
  /** Whether quotes stand in them at all. */
  readonly quotes: boolean;
  /** Whether some record is `irregular` or `broken`. */
  readonly irregular: boolean;
  /** Whether what is left begins with a record whose quote is not closed. */
  readonly open: boolean;
}

/**
 * Finds the whole records between `from`, where one begins, and `to`; at most `maxRows` of them.
 * `last` = nothing follows, so that the last record needs no line end.
 */
export function cutRecords(
  bytes: Buffer,
  from: number,
  to: number,
  layout: CsvLayout,
  last: boolean,
  maxRows = Infinity,
): CsvCut {
  const firstQuote = bytes.indexOf(QUOTE, from);
  const quotes = firstQuote >= 0 && firstQuote < to;
  if (!layout.escaped && !(quotes && layout.quoted)) {
    return { ...cutLines(bytes, from, to, layout.lineEnd, last, maxRows), quotes };
  }
  const record = new CsvRecord(layout);
  // A byte is found faster than bytes.
  const lineMark = layout.lineEnd.length === 1 ? (layout.lineEnd[0] ?? 0) : layout.lineEnd;
  let quote = quotes ? firstQuote : to;
  let rows = 0;
  let irregular = false;
  let at = from;
  while (at < to && rows < maxRows) {
    if (quote < at) {
      quote = bytes.indexOf(QUOTE, at);
      if (quote < 0) quote = to;
    }
    const lineEnd = layout.escaped ? -1 : bytes.indexOf(lineMark, at);
    if (lineEnd >= 0 && lineEnd < quote) {
      if (lineEnd + layout.lineEnd.length > to) break;
      at = lineEnd + layout.lineEnd.length;
    } else if (record.read(bytes, at, to, last)) {
      at = record.end;
      irregular ||= record.irregular || record.broken;
    } else break;
    rows += 1;
  }
  return { rows, end: at, quotes, irregular, open: record.open };
}

/** Number of records. */
export function rowCount(bytes: Uint8Array, layout: CsvLayout = plainCsv): number {
  return cutRecords(asBuffer(bytes), 0, bytes.length, layout, true).rows;
}

/** Where each record begins, and behind the last one the end of the records. */
export function rowOffsets(bytes: Uint8Array, layout: CsvLayout = plainCsv): Uint32Array {
  const view = asBuffer(bytes);
  const offsets = new Uint32Array(rowCount(view, layout) + 1);
  for (let row = 1; row < offsets.length; row += 1) {
    const start = offsets[row - 1] ?? 0;
    offsets[row] = cutRecords(view, start, view.length, layout, true, 1).end;
  }
  return offsets;
}

/** Records `from` (0-based) up to but without `to`, in the same memory. */
export function splitRows(
  bytes: Uint8Array,
  from: number,
  to: number,
  layout: CsvLayout = plainCsv,
): Uint8Array {
  const view = asBuffer(bytes);
  const start = cutRecords(view, 0, view.length, layout, true, from).end;
  return view.subarray(start, cutRecords(view, start, view.length, layout, true, to - from).end);
}

/** Fields of the record that begins at `start` and ends before `end`; NULL as `CsvRecord.text` tells. */
export function decodeRow(
  bytes: Uint8Array,
  start: number,
  end: number,
  layout: CsvLayout = plainCsv,
): (string | null)[] {
  const view = asBuffer(bytes);
  const record = new CsvRecord(layout);
  // A quote that is never closed: what is there is all there is.
  if (!record.read(view, start, end, true)) return [view.toString('utf8', start, end)];
  return Array.from({ length: record.fields }, (_, field) => record.text(view, field));
}

/** How records are written. */
export interface CsvStyle {
  readonly separator: string;
  readonly lineEnd: string;
  /**
   * `rfc4180`: values with separators, line breaks or quotes are quoted, quotes in them doubled,
   * and an empty text is `""`. `legacy`: such values get three quotes around them, those in them
   * stay (cdm.md §5.9). `none`: values as they are.
   */
  readonly quotes: 'rfc4180' | 'legacy' | 'none';
  /** What NULL is written as. */
  readonly nulls: string;
}

/** A record with its line end. */
export function encodeRow(
  fields: readonly (string | null)[],
  style: CsvStyle = { separator: ',', lineEnd: '\n', quotes: 'rfc4180', nulls: '' },
): string {
  let text = '';
  for (let place = 0; place < fields.length; place += 1) {
    const field = fields[place] ?? null;
    if (place > 0) text += style.separator;
    text += field === null ? style.nulls : encodeField(field, style);
  }
  return text + style.lineEnd;
}

function encodeField(value: string, { quotes, separator, lineEnd }: CsvStyle): string {
  if (quotes === 'none') return value;
  // A part of a longer separator at the end of a value would join what follows.
  const special =
    /["\r\n]/.test(value) ||
    value.includes(separator.charAt(0)) ||
    value.includes(lineEnd.charAt(0));
  if (quotes === 'legacy') return special ? `"""${value}"""` : value;
  // `\N` would be read as NULL, and `\.` alone ends data that PostgreSQL reads.
  if (!special && value !== '' && value !== '\\N' && value !== '\\.') return value;
  return `"${value.replaceAll('"', '""')}"`;
}

function cutLines(
  bytes: Buffer,
  from: number,
  to: number,
  lineEnd: Buffer,
  last: boolean,
  maxRows: number,
): Omit<CsvCut, 'quotes'> {
  let rows = 0;
  let end = from;
  if (lineEnd.length === 1 && maxRows === Infinity) {
    const mark = lineEnd[0] ?? 0;
    rows = countByte(bytes, from, to, mark);
    if (rows > 0) end = bytes.lastIndexOf(mark, to - 1) + 1;
  } else {
    while (rows < maxRows) {
      const at = bytes.indexOf(lineEnd, end);
      if (at < 0 || at + lineEnd.length > to) break;
      rows += 1;
      end = at + lineEnd.length;
    }
  }
  if (last && end < to && rows < maxRows) {
    rows += 1;
    end = to;
  }
  return { rows, end, irregular: false, open: false };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
