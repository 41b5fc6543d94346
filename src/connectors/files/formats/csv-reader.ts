import { isUtf8 } from 'node:buffer';
import type { Column } from '../../../domain/transfer/columns.ts';
import type { CsvFormat } from '../../../domain/transfer/definition.ts';
import { cutRecords, type CsvCut, type CsvLayout } from '../../../lib/rows/csv.ts';
import { withLineEnd, withoutCr } from '../../../lib/rows/csv-line-ends.ts';
import { decoderFor } from '../encoding.ts';
import type { FileEntry } from '../entries.ts';
import { badFile } from '../errors.ts';
import { csvColumns, selectedFields } from './csv-columns.ts';
import {
  layoutOf,
  lookAtCsv,
  markBytes,
  MAX_RECORD_BYTES,
  recordTooLong,
  utf8Content,
} from './csv-layout.ts';
import { CsvTranscoder, type Transcoded } from './csv-transcode.ts';
import { emptiness, withEmptyTexts } from './empty-texts.ts';
import type { EntryBatch, EntryRequest, FormatReader } from './format.ts';

const LF = 0x0a;

/**
 * CSV files as rows (cdm.md §5.9). Where a file lies as it is asked for, its bytes pass untouched;
 * else records are transcoded byte by byte. Positions are `<byte>:<record>`; the byte is -1 where
 * bytes cannot be sought (compressed, other encodings): then records are counted off again.
 */
export function csvReader(format: CsvFormat, columns: readonly string[] | null): FormatReader {
  const selected = selectedFields(columns);
  return {
    columns: async (entry) => {
      const { header, first } = await lookAtCsv(entry, format);
      return {
        columns: csvColumns(header, first?.length ?? 0, selected, entry.shown),
        named: header !== null,
      };
    },
    formats: () => ['csv', 'text'],
    read: (entry, request) => new CsvReading(entry, format, selected, request).batches(),
  };
}

class CsvReading {
  readonly #entry: FileEntry;
  readonly #format: CsvFormat;
  readonly #selected: readonly number[] | null;
  readonly #request: EntryRequest;
  readonly #encoding: string;
  #layout: CsvLayout | null = null;
  #transcoder: CsvTranscoder | null = null;
  /** Byte of the file, where it can be sought, and records behind which reading stands. */
  #byte = 0;
  #record = 0;
  /** Records that are passed over because an earlier reading gave them already. */
  #skip = 0;
  #extraRows = 0;

  constructor(
    entry: FileEntry,
    format: CsvFormat,
    selected: readonly number[] | null,
    request: EntryRequest,
  ) {
    this.#entry = entry;
    this.#format = format;
    this.#selected = selected;
    this.#request = request;
    this.#encoding = decoderFor(format.encoding).encoding;
  }

  async *batches(): AsyncGenerator<EntryBatch> {
    const seekable = this.#entry.range !== null && this.#encoding === 'utf-8';
    const [byte, record] = readPosition(this.#request.position);
    const sought = seekable && byte > 0;
    if (sought) {
      [this.#byte, this.#record] = [byte, record];
      await this.#lookAtLayout();
    } else this.#skip = record;
    const wanted = this.#request.batchBytes;
    let pieces: Buffer[] = [];
    let held = 0;
    let enough = wanted;
    const content = utf8Content(this.#entry, this.#format.encoding, this.#byte);
    for await (const piece of sliced(content, wanted)) {
      pieces.push(piece);
      held += piece.length;
      if (held < enough) continue;
      const bytes = this.#begin(joined(pieces), !sought);
      const rest = yield* this.#cut(bytes, false, seekable);
      if (rest.length > MAX_RECORD_BYTES) {
        throw recordTooLong(this.#entry.shown, this.#record + 1, this.#format.quoted);
      }
      // A record longer than a batch is looked at again only when twice as much is there.
      enough = Math.max(wanted, rest.length * 2);
      pieces = rest.length > 0 ? [rest] : [];
      held = rest.length;
    }
    const bytes = this.#begin(joined(pieces), !sought);
    const rest = yield* this.#cut(bytes, true, seekable);
    if (rest.length > 0) {
      const at = this.#record + 1;
      throw badFile(
        this.#entry.shown,
        `it ends within record ${at}: a quote in it is never closed; the file is cut off or quotes are data in it`,
      );
    }
    if (this.#extraRows > 0)
      yield this.#batch({ bytes: Buffer.alloc(0), rows: 0, rejected: [] }, seekable);
  }

  /** At the beginning of a file: tells the layout and leaves out what is no record. */
  #begin(bytes: Buffer, atStart: boolean): Buffer {
    if (this.#layout !== null) return bytes;
    const mark = atStart ? markBytes(bytes) : 0;
    this.#byte += mark;
    this.#layout = layoutOf(this.#format, bytes.subarray(mark));
    return bytes.subarray(mark);
  }

  /** After seeking: the beginning of the file tells how its lines end. */
  async #lookAtLayout(): Promise<void> {
    if (this.#format.lineSeparator !== null) return;
    this.#layout = (await lookAtCsv(this.#entry, this.#format)).layout;
  }

  /** Gives the whole records in `bytes`. @returns what is left. */
  async *#cut(bytes: Buffer, last: boolean, seekable: boolean): AsyncGenerator<EntryBatch, Buffer> {
    const layout = this.#layout ?? layoutOf(this.#format, bytes);
    let left = bytes;
    const headersLeft = this.#format.headerLines - this.#record;
    if (headersLeft > 0) {
      const headers = cutRecords(left, 0, left.length, layout, last, headersLeft);
      this.#advance(headers);
      if (this.#skip === 0) this.#extraRows += headers.rows;
      left = left.subarray(headers.end);
      if (headers.rows < headersLeft) return left;
    }
    if (this.#record < this.#skip) {
      const done = cutRecords(left, 0, left.length, layout, last, this.#skip - this.#record);
      this.#advance(done);
      left = left.subarray(done.end);
      if (this.#record < this.#skip) return left;
    }
    const cut = cutRecords(left, 0, left.length, layout, last);
    if (cut.rows === 0) return left;
    const rows = this.#rows(left.subarray(0, cut.end), cut, layout);
    this.#advance(cut);
    yield this.#batch(rows, seekable);
    return left.subarray(cut.end);
  }

  #advance(cut: Pick<CsvCut, 'rows' | 'end'>): void {
    this.#record += cut.rows;
    this.#byte += cut.end;
  }

  #batch(rows: Transcoded, seekable: boolean): EntryBatch {
    const extraRows = this.#extraRows;
    this.#extraRows = 0;
    return { ...rows, extraRows, position: `${seekable ? this.#byte : -1}:${this.#record}` };
  }

  #rows(bytes: Buffer, cut: CsvCut, layout: CsvLayout): Transcoded {
    const passing = this.#passing(bytes, cut, layout);
    if (passing !== null) {
      const { format } = this.#request;
      const lineEnd = format.kind === 'csv' ? format.lineEnd : '\n';
      return {
        bytes: withLineEnd(passing, Buffer.from(lineEnd)),
        rows: cut.rows,
        rejected: [],
      };
    }
    this.#transcoder ??= new CsvTranscoder({
      layout,
      ...this.#fields(),
      format: this.#request.format,
      emptyTexts: this.#request.emptyTexts,
      encoding: this.#encoding,
    });
    const first = this.#record + 1;
    return this.#transcoder.transcode(
      bytes,
      (place) => `${this.#entry.shown}, record ${first + place}`,
    );
  }

  /** The bytes when they are, but for empty fields, what is asked for; null = they are not. */
  #passing(asRead: Buffer, cut: CsvCut, layout: CsvLayout): Buffer | null {
    const { format, emptyTexts, columns, all } = this.#request;
    if (format.kind !== 'csv' || this.#selected !== null || layout.escaped) return null;
    if (this.#format.fieldSeparator !== format.separator || !format.quoted) return null;
    if (layout.lineEnd.toString() !== '\n') return null;
    if (columns.length !== all.length || !sameColumns(columns, all)) return null;
    // Others may read these quotes differently.
    if (cut.irregular || (cut.quotes && !layout.quoted)) return null;
    if (asRead.at(-1) !== LF) return null;
    const bytes = layout.dropCr ? withoutCr(asRead, cut.quotes) : asRead;
    if (bytes === null) return null;
    // NULL in words of its own, and what ends data for PostgreSQL.
    if (bytes.includes('\\N') || bytes.includes('\\.')) return null;
    if (this.#encoding === 'utf-8' ? !isUtf8(bytes) : bytes.includes('\ufffd')) return null;
    if (format.empties === 'by-type') {
      // Whoever takes these records tells empty fields by the same columns, if they are known.
      const known = emptyTexts !== null || !emptiness(bytes, format.separator, [true]).texts;
      return known ? bytes : null;
    }
    if (emptyTexts === null) return bytes;
    const { texts, nulls } = emptiness(bytes, format.separator, emptyTexts);
    if (nulls) return null;
    return texts ? withEmptyTexts(bytes, format.separator, emptyTexts) : bytes;
  }

  #fields(): {
    readonly fields: readonly number[];
    readonly fewest: number;
    readonly most: number;
  } {
    const { all, columns } = this.#request;
    const fields = columns.map((column) => {
      const place = all.findIndex(({ name }) => name === column.name);
      return this.#selected?.[place] ?? place;
    });
    if (this.#selected === null) return { fields, fewest: all.length, most: all.length };
    return { fields, fewest: Math.max(...this.#selected) + 1, most: Infinity };
  }
}

/** Pieces that are not much larger than a batch shall be. */
async function* sliced(content: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    if (piece.length <= 2 * bytes) yield piece;
    else for (let at = 0; at < piece.length; at += bytes) yield piece.subarray(at, at + bytes);
  }
}

function sameColumns(some: readonly Column[], others: readonly Column[]): boolean {
  return some.every((column, at) => column.name === others[at]?.name);
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

function readPosition(position: string | null): readonly [byte: number, record: number] {
  const found = /^(-?\d+):(\d+)$/.exec(position ?? '-1:0');
  return [Number(found?.[1] ?? -1), Number(found?.[2] ?? 0)];
}
