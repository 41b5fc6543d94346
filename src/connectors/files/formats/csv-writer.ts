import type { CsvFormat } from '../../../domain/transfer/definition.ts';
import {
  type CsvLayout,
  CsvRecord,
  type CsvStyle,
  csvLayout,
  encodeRow,
} from '../../../lib/rows/csv.ts';
import { withLineEnd } from '../../../lib/rows/csv-line-ends.ts';
import { slicesOf } from '../../../lib/rows/slices.ts';
import { decodeRow, rowOffsets } from '../../../lib/rows/text.ts';
import { type RowBatch, type RowFormat, RowsRefused } from '../../../ports/connector.ts';
import { encoderFor, isUtf8Label, type TextEncoding } from '../encoding.ts';
import { CsvFromText } from './csv-from-text.ts';
import type { FormatWriter, WritableFormat } from './format.ts';
import { columnTexts } from './values.ts';
import type { WrittenTable } from './written-table.ts';

const QUOTE = 0x22;
/** One character of ASCII that stands in no word of ours. */
const PASSABLE = /^[^\w\u0080-\uffff]$/;

type CsvRows = Extract<RowFormat, { kind: 'csv' }>;

/** CSV files as a target (cdm.md §5.9). */
export function writableCsv(format: CsvFormat, table: WrittenTable): WritableFormat {
  const style: CsvStyle = {
    separator: format.fieldSeparator,
    lineEnd: format.lineSeparator ?? '\r\n',
    quotes: format.quoted ? format.quoteStyle : 'none',
    nulls: table.nulls,
  };
  const encoder = encoderFor(format.encoding);
  const takes: RowFormat[] = [{ kind: 'text' }];
  if (takesCsv(format, style, table)) {
    takes.unshift({
      kind: 'csv',
      separator: style.separator,
      quoted: true,
      lineEnd: plainLineEnd(style) ?? '\n',
    });
  }
  const header = format.headerLines > 0 ? table.columns.map(({ name }) => name) : null;
  return {
    suffix: '.csv',
    continuable: true,
    takes,
    writer: (rows) => ({
      begin: () => (header === null ? Buffer.alloc(0) : encoder.encode(encodeRow(header, style))),
      rows:
        rows.kind === 'csv'
          ? csvRows(style, rows.lineEnd)
          : (textBytes(format, style, table) ?? textRows(format, style, table, encoder)),
      end: () => Buffer.alloc(0),
    }),
  };
}

/** Whether records can come as they are, or nearly so. */
function takesCsv(format: CsvFormat, style: CsvStyle, table: WrittenTable): boolean {
  return (
    isUtf8Label(format.encoding) &&
    /^[^"\\\r\n\u0080-\uffff]$/.test(style.separator) &&
    style.quotes !== 'legacy' &&
    style.nulls === '' &&
    format.lineBreaks.policy === 'keep' &&
    // Bytes are written in an encoding of the job's.
    !table.columns.some(({ type }) => type.kind === 'bytes')
  );
}

/** The line end of the file, where those who give records know it as well. */
function plainLineEnd({ lineEnd }: CsvStyle): CsvRows['lineEnd'] | null {
  return lineEnd === '\n' || lineEnd === '\r\n' || lineEnd === '\r' ? lineEnd : null;
}

/** Records of RFC 4180 that end in `lineEnd`, in the style of the file. */
function csvRows(style: CsvStyle, lineEnd: CsvRows['lineEnd']): FormatWriter['rows'] {
  const layout = csvLayout({ separator: style.separator, quoted: true, lineEnd });
  const wanted = Buffer.from(style.lineEnd);
  return ({ bytes }) => {
    const records = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (style.quotes === 'none' && records.includes(QUOTE)) return unquoted(records, layout, style);
    return lineEnd === style.lineEnd ? records : withLineEnd(records, wanted);
  };
}

function unquoted(records: Buffer, layout: CsvLayout, style: CsvStyle): Buffer {
  const record = new CsvRecord(layout);
  let text = '';
  for (let at = 0; at < records.length; at = record.end) {
    record.read(records, at, records.length, true);
    const fields = Array.from({ length: record.fields }, (_, field) => record.text(records, field));
    text += encodeRow(fields, style);
  }
  return Buffer.from(text);
}

/** Rows byte by byte, where nothing of them needs to be looked at as text; null = it does. */
function textBytes(
  format: CsvFormat,
  style: CsvStyle,
  table: WrittenTable,
): FormatWriter['rows'] | null {
  const byBytes =
    isUtf8Label(format.encoding) &&
    PASSABLE.test(style.separator) &&
    PASSABLE.test(style.lineEnd.charAt(0)) &&
    style.quotes !== 'legacy' &&
    format.lineBreaks.policy === 'keep' &&
    !table.columns.some(({ type }) => type.kind === 'bytes');
  if (!byBytes) return null;
  const records = new CsvFromText({
    separator: style.separator,
    lineEnd: style.lineEnd,
    quoted: style.quotes !== 'none',
    nulls: style.nulls,
    booleans: table.columns.map(({ type }) => type.kind === 'bool'),
  });
  let whole = Buffer.alloc(0);
  return async ({ bytes }) => {
    let used = 0;
    for await (const slice of slicesOf(bytes)) {
      const made = records.convert(slice);
      if (whole.length - used < made.length) {
        const likely = bytes.length + (bytes.length >>> 3);
        const larger = Buffer.allocUnsafeSlow(Math.max(likely, 2 * (used + made.length)));
        whole.copy(larger, 0, 0, used);
        whole = larger;
      }
      used += made.copy(whole, used);
    }
    return whole.subarray(0, used);
  };
}

function textRows(
  format: CsvFormat,
  style: CsvStyle,
  table: WrittenTable,
  encoder: TextEncoding,
): FormatWriter['rows'] {
  const texts = columnTexts(table);
  const breaks = format.lineBreaks;
  const replacement = breaks.policy === 'replace' ? breaks.by : '';
  const plain = (value: string): string =>
    breaks.policy === 'keep' ? value : value.replace(/\r\n|\r|\n/g, replacement);
  return (batch: RowBatch) => {
    const offsets = rowOffsets(batch.bytes);
    let text = '';
    for (let row = 0; row + 1 < offsets.length; row += 1) {
      const fields = decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
      for (const [place, field] of fields.entries()) {
        if (field !== null) fields[place] = plain(texts[place]?.(field) ?? field);
      }
      const line = encodeRow(fields, style);
      const unknown = encoder.unknownIn(line);
      if (unknown !== null) {
        throw new RowsRefused(
          `${format.encoding} has no character ${JSON.stringify(unknown)}`,
          row,
        );
      }
      text += line;
    }
    return encoder.encode(text);
  };
}
