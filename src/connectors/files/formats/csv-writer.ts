import type { CsvFormat } from '../../../domain/transfer/definition.ts';
import {
  type CsvLayout,
  CsvRecord,
  type CsvStyle,
  cutRecords,
  encodeRow,
  plainCsv,
} from '../../../lib/rows/csv.ts';
import { decodeRow, rowOffsets } from '../../../lib/rows/text.ts';
import { type RowBatch, type RowFormat, RowsRefused } from '../../../ports/connector.ts';
import { encoderFor, isUtf8Label, type TextEncoding } from '../encoding.ts';
import type { FormatWriter, WritableFormat } from './format.ts';
import { columnTexts } from './values.ts';
import type { WrittenTable } from './written-table.ts';

const QUOTE = 0x22;
const LF = 0x0a;

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
      lineEnd: '\n',
      booleans: 'true/false',
    });
  }
  const header = format.headerLines > 0 ? table.columns.map(({ name }) => name) : null;
  return {
    suffix: '.csv',
    continuable: true,
    takes,
    writer: (rows) => ({
      begin: () => (header === null ? Buffer.alloc(0) : encoder.encode(encodeRow(header, style))),
      rows: rows.kind === 'csv' ? csvRows(style) : textRows(format, style, table, encoder),
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

/** Records of RFC 4180 with LF, in the style of the file. */
function csvRows(style: CsvStyle): FormatWriter['rows'] {
  const layout = { ...plainCsv, separator: Buffer.from(style.separator) };
  return ({ bytes }) => {
    const records = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const quotes = records.includes(QUOTE);
    if (quotes && style.quotes === 'none') return unquoted(records, layout, style);
    if (style.lineEnd === '\n') return records;
    if (!quotes) {
      return Buffer.from(
        records.toString('latin1').replaceAll('\n', latin1Of(style.lineEnd)),
        'latin1',
      );
    }
    return withLineEnds(records, layout, Buffer.from(style.lineEnd));
  };
}

/** Replaces each LF outside quotes. */
function withLineEnds(records: Buffer, layout: CsvLayout, lineEnd: Buffer): Buffer {
  const more = (lineEnd.length - 1) * cutRecords(records, 0, records.length, layout, true).rows;
  const out = Buffer.allocUnsafe(records.length + more);
  let within = false;
  let write = 0;
  for (let at = 0; at < records.length; at += 1) {
    const byte = records[at] ?? 0;
    if (byte === QUOTE) within = !within;
    if (byte === LF && !within) write += lineEnd.copy(out, write);
    else {
      out[write] = byte;
      write += 1;
    }
  }
  return out.subarray(0, write);
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

function latin1Of(text: string): string {
  return Buffer.from(text).toString('latin1');
}
