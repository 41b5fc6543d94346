import * as csv from '../../lib/rows/csv.ts';
import { encodeRows } from '../../lib/rows/text.ts';
import type { Column } from '../../domain/transfer/columns.ts';
import type { RowFormat } from '../../ports/connector.ts';

type CsvFormat = Extract<RowFormat, { kind: 'csv' }>;

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Quote of CSV for targets that want none: it can hardly occur, and what it encloses is undone. */
export const NO_QUOTE = '\x01';

/**
 * Whether COPY reads these records as this contract does. `\N` would be a text to it, `\.` alone
 * on a line the end before PostgreSQL 18, and the quote that stands for none a quote.
 */
export function isPlain(bytes: Uint8Array, { quoted }: CsvFormat): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!quoted && view.includes(NO_QUOTE)) return false;
  return !view.includes('\\N') && !view.includes('\\.');
}

/** Records as rows of text: the long way, for the few that are not plain. */
export function csvAsText(
  bytes: Uint8Array,
  format: CsvFormat,
  columns: readonly Column[],
): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = new csv.CsvRecord(csv.csvLayout(format));
  const rows: (string | null)[][] = [];
  for (let at = 0; at < view.length; at = record.end) {
    record.read(view, at, view.length, true);
    const fields = Array.from({ length: record.fields }, (_, field) => {
      const empty = record.starts[field] === record.ends[field];
      return empty
        ? emptyField(format, columns[field], (record.kinds[field] ?? 0) !== 0)
        : record.text(view, field);
    });
    rows.push(fields);
  }
  return encodeRows(rows);
}

/** What a column takes as text: empty ones are values there. */
export function isText({ type }: Pick<Column, 'type'>): boolean {
  return type.kind === 'char' || type.kind === 'varchar' || type.kind === 'text';
}

function emptyField(
  { empties }: CsvFormat,
  column: Column | undefined,
  quoted: boolean,
): string | null {
  const text = column !== undefined && isText(column);
  return text && (quoted || empties === 'by-type') ? '' : null;
}

/**
 * 0-based record of a line that COPY counts, from 1: line ends within quotes count as well, of
 * CR LF the CR. Before it has seen the end of the first record, COPY takes CR for the line end.
 */
export function recordOfLine(
  bytes: Uint8Array,
  line: number,
  { quoted, lineEnd }: CsvFormat,
): number {
  const end = lineEnd === '\r' ? CR : LF;
  const within = lineEnd === '\n' ? LF : CR;
  let inside = false;
  let lines = 1;
  let record = 0;
  for (let at = 0; at < bytes.length && lines < line; at += 1) {
    const byte = bytes[at];
    if (quoted && byte === QUOTE) inside = !inside;
    else if (inside) {
      if (byte === (record === 0 ? CR : within)) lines += 1;
    } else if (byte === end) {
      lines += 1;
      record += 1;
    }
  }
  return record;
}
