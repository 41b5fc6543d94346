import type { CsvFormat } from '../../../domain/transfer/definition.ts';
import { CsvRecord, csvLayout, type CsvLayout } from '../../../lib/rows/csv.ts';
import { decoderFor, toUtf8 } from '../encoding.ts';
import type { FileEntry } from '../entries.ts';
import { badFile } from '../errors.ts';

/** Longest record; a quote that is never closed ends here at the latest. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** Beginning of a file in which its first line end is looked for. */
const LOOK_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** How the records of one file lie, where it was left to the file to tell. */
export function layoutOf(format: CsvFormat, beginning: Buffer): CsvLayout {
  const lineEnd = format.lineSeparator ?? (endsInCr(beginning) ? '\r' : null);
  return csvLayout({
    separator: format.fieldSeparator,
    quoted: format.quoted,
    escaped: format.escaped,
    lineEnd,
  });
}

/** Whether the first line break is a CR that no LF follows. */
function endsInCr(beginning: Buffer): boolean {
  const cr = beginning.indexOf(0x0d);
  const lf = beginning.indexOf(0x0a);
  return cr >= 0 && cr !== beginning.length - 1 && (lf < 0 || cr < lf - 1);
}

/** A piece of content that grows until the beginning of the file can be told from it. */
export interface CsvBeginning {
  readonly layout: CsvLayout;
  /** Fields of the first header line; null when there is none. */
  readonly header: readonly (string | null)[] | null;
  /** Fields of the first record behind the header; null when there is none. */
  readonly first: readonly (string | null)[] | null;
}

/**
 * Looks at the beginning of a file: layout, names, the first record.
 * @throws TransferError `file-format` when its first records are too long.
 */
export async function lookAtCsv(entry: FileEntry, format: CsvFormat): Promise<CsvBeginning> {
  let seen: Buffer = Buffer.alloc(0);
  let ended = true;
  let wanted = LOOK_BYTES;
  for await (const piece of utf8Content(entry, format.encoding, 0)) {
    seen = seen.length === 0 ? piece : Buffer.concat([seen, piece]);
    if (seen.length < wanted) continue;
    const found = beginningIn(withoutMark(seen), format, false);
    if (found !== null) {
      ended = false;
      return found;
    }
    if (seen.length > MAX_RECORD_BYTES) throw recordTooLong(entry.shown, 1, format.quoted);
    wanted = seen.length * 2;
  }
  const found = beginningIn(withoutMark(seen), format, ended);
  return found ?? { layout: layoutOf(format, seen), header: null, first: null };
}

/** An error for a record without an end. */
export function recordTooLong(shown: string, record: number, quoted: boolean): Error {
  const cause = quoted ? 'a quote in it is never closed, or' : '';
  return badFile(
    shown,
    `record ${record} has no end within ${MAX_RECORD_BYTES} bytes: ${cause} the line separator is another one`.replace(
      ':  ',
      ': ',
    ),
  );
}

/** Content in UTF-8 from a byte on; `from` is 0 for other encodings. */
export function utf8Content(
  entry: FileEntry,
  encoding: string,
  from: number,
): AsyncIterable<Buffer> {
  const content = entry.content(from);
  if (decoderFor(encoding).encoding !== 'utf-8') return toUtf8(content, encoding);
  return asBuffers(content);
}

/** Bytes behind a byte order mark at the beginning of a file. */
export function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(markBytes(bytes));
}

/** Length of the byte order mark at the beginning of a file. */
export function markBytes(bytes: Buffer): number {
  const { length } = BYTE_ORDER_MARK;
  return bytes.subarray(0, length).equals(BYTE_ORDER_MARK) ? length : 0;
}

function beginningIn(bytes: Buffer, format: CsvFormat, last: boolean): CsvBeginning | null {
  const layout = layoutOf(format, bytes);
  const record = new CsvRecord(layout);
  let header: readonly (string | null)[] | null = null;
  let at = 0;
  for (let line = 0; line <= format.headerLines; line += 1) {
    if (at >= bytes.length) return last ? { layout, header, first: null } : null;
    if (!record.read(bytes, at, bytes.length, last)) {
      return last ? { layout, header, first: null } : null;
    }
    const fields = Array.from({ length: record.fields }, (_, field) => record.text(bytes, field));
    if (line === format.headerLines) return { layout, header, first: fields };
    if (line === 0) header = fields;
    at = record.end;
  }
  return null;
}

async function* asBuffers(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    yield Buffer.isBuffer(piece)
      ? piece
      : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  }
}
