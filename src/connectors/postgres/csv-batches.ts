import * as csv from '../../lib/rows/csv.ts';
import { encodeRows } from '../../lib/rows/text.ts';
import type { Column } from '../../domain/transfer/columns.ts';
import type { RowFormat } from '../../ports/connector.ts';
import { NO_QUOTE } from './copy-statements.ts';

type CsvFormat = Extract<RowFormat, { kind: 'csv' }>;

const QUOTE = 0x22;

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
  const layout = csv.csvLayout(format);
  const offsets = csv.rowOffsets(bytes, layout);
  const rows: (string | null)[][] = [];
  for (let row = 0; row + 1 < offsets.length; row += 1) {
    const fields = csv.decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, layout);
    rows.push(fields.map((field, place) => valueOf(field, columns[place])));
  }
  return encodeRows(rows);
}

function valueOf(field: string | null, column: Column | undefined): string | null {
  const isText = ['char', 'varchar', 'text'].includes(column?.type.kind ?? '');
  if (field === '\\N') return null;
  if (isText) return field ?? '';
  return field === '' ? null : field;
}

/**
 * 0-based record of a line that COPY counts, from 1: it counts line ends within quotes as well.
 */
export function recordOfLine(
  bytes: Uint8Array,
  line: number,
  { quoted, lineEnd }: CsvFormat,
): number {
  // Of CR LF, COPY counts the LF.
  const end = lineEnd === '\r' ? 0x0d : 0x0a;
  let inside = false;
  let lines = 1;
  let record = 0;
  for (let at = 0; at < bytes.length && lines < line; at += 1) {
    const byte = bytes[at];
    if (quoted && byte === QUOTE) inside = !inside;
    else if (byte === end) {
      lines += 1;
      if (!inside) record += 1;
    }
  }
  return record;
}
