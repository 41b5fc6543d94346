import { isUtf8 } from 'node:buffer';
import { CsvRecord, type CsvLayout, fieldKinds } from '../../../lib/rows/csv.ts';
import type { RejectedRow, RowFormat } from '../../../ports/connector.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const CAPITAL_N = 0x4e;
const LOWER = { [TAB]: 0x74, [LF]: 0x6e, [CR]: 0x72, [BACKSLASH]: BACKSLASH } as const;

/** Which fields of a record become a row, and how it is written. */
export interface TranscodeOptions {
  readonly layout: CsvLayout;
  /** 0-based fields of the file in the order of the row. */
  readonly fields: readonly number[];
  /** Fewest and most fields a record may have. */
  readonly fewest: number;
  readonly most: number;
  readonly format: RowFormat;
  /** As in `ReadRequest`. */
  readonly emptyTexts: readonly boolean[] | null;
  /** Encoding of the file: records that hold U+FFFD were not valid in it. UTF-8 is checked itself. */
  readonly encoding: string;
}

/** Rows made of records. */
export interface Transcoded {
  readonly bytes: Buffer;
  readonly rows: number;
  readonly rejected: readonly RejectedRow[];
}

/** Makes rows of `text` or `csv` out of records, byte by byte. */
export class CsvTranscoder {
  readonly #options: TranscodeOptions;
  readonly #record: CsvRecord;
  readonly #toCsv: boolean;
  readonly #separator: number;
  readonly #lineEnd: Buffer;
  readonly #quoted: boolean;
  /** An empty field is an empty text where texts are kept, so that NULL needs a word there. */
  readonly #byType: boolean;
  #out: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(options: TranscodeOptions) {
    const { format } = options;
    this.#options = options;
    this.#record = new CsvRecord(options.layout);
    this.#toCsv = format.kind === 'csv';
    this.#separator = format.kind === 'csv' ? format.separator.charCodeAt(0) : TAB;
    this.#lineEnd = Buffer.from(format.kind === 'csv' ? format.lineEnd : '\n');
    this.#quoted = format.kind === 'csv' && format.quoted;
    this.#byType = format.kind === 'csv' && format.empties === 'by-type';
  }

  /**
   * @param bytes whole records and nothing else
   * @param where words for a record by its 0-based place in `bytes`
   */
  transcode(bytes: Buffer, where: (record: number) => string): Transcoded {
    const { fewest, most, fields, encoding } = this.#options;
    const record = this.#record;
    const rejected: RejectedRow[] = [];
    const suspicious = encoding === 'utf-8' ? !isUtf8(bytes) : bytes.includes(REPLACEMENT);
    // A tenth more is the rule; a record that needs more makes room itself.
    this.#out = Buffer.allocUnsafe(bytes.length + Math.ceil(bytes.length / 8) + 1024);
    this.#at = 0;
    let rows = 0;
    for (let at = 0, place = 0; at < bytes.length; at = record.end, place += 1) {
      record.read(bytes, at, bytes.length, true);
      const reason = this.#unfit(bytes, at, suspicious, fewest, most);
      if (reason !== null) {
        rejected.push({ fields: this.#texts(bytes), where: where(place), reason });
        continue;
      }
      this.#reserve(2 * (record.end - at) + 4 * fields.length + this.#lineEnd.length);
      if (this.#toCsv) this.#csvRow(bytes);
      else this.#textRow(bytes);
      rows += 1;
    }
    return { bytes: this.#out.subarray(0, this.#at), rows, rejected };
  }

  #unfit(
    bytes: Buffer,
    at: number,
    suspicious: boolean,
    fewest: number,
    most: number,
  ): string | null {
    const record = this.#record;
    if (suspicious) {
      const own = bytes.subarray(at, record.end);
      const { encoding } = this.#options;
      if (encoding === 'utf-8' ? !isUtf8(own) : own.includes(REPLACEMENT)) {
        return `not valid ${encoding.toUpperCase()}`;
      }
    }
    if (record.broken) return 'something stands behind the closing quote of a field';
    if (record.fields < fewest) return `${counted(record.fields)}, but ${fewest} are needed`;
    if (record.fields > most)
      return `${counted(record.fields)}, but there are only ${most} columns`;
    return null;
  }

  #texts(bytes: Buffer): readonly (string | null)[] {
    return Array.from({ length: this.#record.fields }, (_, field) =>
      this.#record.text(bytes, field),
    );
  }

  /** 0 = a value, 1 = NULL, 2 = an empty text. */
  #emptiness(bytes: Buffer, field: number, place: number): 0 | 1 | 2 {
    const record = this.#record;
    const { emptyTexts } = this.#options;
    const empty = record.starts[field] === record.ends[field];
    if (!empty) return record.isNull(bytes, field) ? 1 : 0;
    if (emptyTexts !== null) return emptyTexts[place] === true ? 2 : 1;
    return ((record.kinds[field] ?? 0) & fieldKinds.quoted) === 0 ? 1 : 2;
  }

  #textRow(bytes: Buffer): void {
    const { fields } = this.#options;
    const out = this.#out;
    let write = this.#at;
    for (let place = 0; place < fields.length; place += 1) {
      const field = fields[place] ?? 0;
      if (place > 0) {
        out[write] = TAB;
        write += 1;
      }
      const emptiness = this.#emptiness(bytes, field, place);
      if (emptiness === 1) {
        out[write] = BACKSLASH;
        out[write + 1] = CAPITAL_N;
        write += 2;
      } else if (emptiness === 0) write = this.#textValue(bytes, field, write);
    }
    out[write] = LF;
    this.#at = write + 1;
  }

  #textValue(bytes: Buffer, field: number, from: number): number {
    const record = this.#record;
    const out = this.#out;
    const end = record.ends[field] ?? 0;
    const kind = record.kinds[field] ?? 0;
    const doubled = (kind & fieldKinds.doubled) !== 0;
    const escaped = (kind & fieldKinds.escaped) !== 0;
    let write = from;
    for (let at = record.starts[field] ?? 0; at < end; at += 1) {
      let byte = bytes[at] ?? 0;
      if (byte === QUOTE && doubled && at + 1 < end && bytes[at + 1] === QUOTE) at += 1;
      else if (byte === BACKSLASH && escaped && at + 1 < end) {
        at += 1;
        byte = bytes[at] ?? 0;
      }
      if (byte === BACKSLASH || byte === TAB || byte === LF || byte === CR) {
        out[write] = BACKSLASH;
        write += 1;
        byte = LOWER[byte];
      }
      out[write] = byte;
      write += 1;
    }
    return write;
  }

  #csvRow(bytes: Buffer): void {
    const { fields } = this.#options;
    const out = this.#out;
    for (let place = 0; place < fields.length; place += 1) {
      const field = fields[place] ?? 0;
      if (place > 0) {
        out[this.#at] = this.#separator;
        this.#at += 1;
      }
      const emptiness = this.#emptiness(bytes, field, place);
      if (emptiness === 0) this.#csvValue(bytes, field);
      else if (emptiness === 2 && this.#quoted) {
        out[this.#at] = QUOTE;
        out[this.#at + 1] = QUOTE;
        this.#at += 2;
      } else if (emptiness === 1 && this.#byType && this.#options.emptyTexts?.[place] !== false) {
        out[this.#at] = BACKSLASH;
        out[this.#at + 1] = CAPITAL_N;
        this.#at += 2;
      }
    }
    for (const byte of this.#lineEnd) {
      out[this.#at] = byte;
      this.#at += 1;
    }
  }

  #csvValue(bytes: Buffer, field: number): void {
    const record = this.#record;
    const out = this.#out;
    if (!this.#quoted) {
      this.#at = record.copy(bytes, field, out, this.#at);
      return;
    }
    // Behind its opening quote; without need the quote is taken away again.
    const begin = this.#at;
    const end = record.copy(bytes, field, out, begin + 1);
    let quotes = 0;
    let special = out[begin + 1] === BACKSLASH && end === begin + 3;
    for (let at = begin + 1; at < end; at += 1) {
      const byte = out[at];
      if (byte === QUOTE) quotes += 1;
      else if (byte === this.#separator || byte === LF || byte === CR) special = true;
    }
    if (quotes === 0 && !special) {
      out.copyWithin(begin, begin + 1, end);
      this.#at = end - 1;
      return;
    }
    out[begin] = QUOTE;
    const stop = end + quotes;
    // From the back, each quote becomes two; ahead of the first one all is in place.
    for (let at = end - 1, write = stop - 1; write > at; at -= 1) {
      const byte = out[at] ?? 0;
      out[write] = byte;
      write -= 1;
      if (byte === QUOTE) {
        out[write] = QUOTE;
        write -= 1;
      }
    }
    out[stop] = QUOTE;
    this.#at = stop + 1;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#at + bytes));
    this.#out.copy(grown, 0, 0, this.#at);
    this.#out = grown;
  }
}

const REPLACEMENT = Buffer.from('\ufffd');

function counted(fields: number): string {
  return fields === 1 ? '1 field' : `${fields} fields`;
}
