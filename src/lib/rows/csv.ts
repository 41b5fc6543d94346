/**
 * Records of separated values as bytes: where they end, what their fields are. A record is looked
 * at byte by byte only where quotes or escapes stand; else the machine's search does it.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CR = 0x0d;
const LF = 0x0a;
const CAPITAL_N = 0x4e;

/** How records lie in bytes that hold UTF-8 (or any encoding in which ASCII bytes are ASCII). */
export interface CsvLayout {
  /** One or more bytes between fields. */
  readonly separator: Buffer;
  /** A field that begins with `"` runs to the matching `"`; doubled quotes mean one. */
  readonly quoted: boolean;
  /** A backslash takes the meaning from the character behind it. */
  readonly escaped: boolean;
  /** One or more bytes behind each record; the last one may lack it. */
  readonly lineEnd: Buffer;
  /** Whether a CR before `lineEnd` belongs to it. */
  readonly dropCr: boolean;
}

/** RFC 4180 as `ports/connector.ts` has it, with LF. */
export const plainCsv: CsvLayout = csvLayout({ separator: ',', quoted: true, lineEnd: '\n' });

/** A layout from texts. `lineEnd` null = LF, with or without CR. */
export function csvLayout(layout: {
  readonly separator: string;
  readonly quoted: boolean;
  readonly escaped?: boolean;
  readonly lineEnd: string | null;
}): CsvLayout {
  return {
    separator: Buffer.from(layout.separator),
    quoted: layout.quoted,
    escaped: layout.escaped ?? false,
    lineEnd: Buffer.from(layout.lineEnd ?? '\n'),
    dropCr: layout.lineEnd === null,
  };
}

/** What a field is made of, as bits; 0 = its bytes are its value. */
export const fieldKinds = { quoted: 1, doubled: 2, escaped: 4 } as const;

/** The fields of one record, as places in the bytes; used again for the next record. */
export class CsvRecord {
  /** Number of fields. */
  fields = 0;
  /** Behind the record and its line end. */
  end = 0;
  /** A quote stands where RFC 4180 has none; other programs may read the record differently. */
  irregular = false;
  /** After a failed `read`: a quote was opened and not closed. */
  open = false;
  /** By field: first byte of the value, byte behind it (without the quotes around it), bits. */
  starts = new Int32Array(32);
  ends = new Int32Array(32);
  kinds = new Uint8Array(32);

  readonly #layout: CsvLayout;
  readonly #separator: number;
  readonly #lineEnd: number;

  constructor(layout: CsvLayout) {
    this.#layout = layout;
    this.#separator = layout.separator[0] ?? -1;
    this.#lineEnd = layout.lineEnd[0] ?? LF;
  }

  /**
   * Takes the record apart that begins at `from`; `last` = nothing follows behind `to`.
   * @returns false when the record is not whole.
   */
  read(bytes: Uint8Array, from: number, to: number, last: boolean): boolean {
    const { quoted, escaped, dropCr } = this.#layout;
    const separator = this.#separator;
    const lineEnd = this.#lineEnd;
    this.fields = 0;
    this.irregular = false;
    this.open = false;
    let at = from;
    for (;;) {
      let start = at;
      let end: number;
      let kind = 0;
      if (quoted && at < to && bytes[at] === QUOTE) {
        start = at + 1;
        end = this.#closingQuote(bytes, start, to, last);
        if (end < 0) return false;
        kind = this.#kind | fieldKinds.quoted;
        at = end + 1;
        if (dropCr && at < to && bytes[at] === CR) at += 1;
      } else {
        while (at < to) {
          const byte = bytes[at];
          if (byte === separator && this.#isSeparator(bytes, at)) break;
          if (byte === lineEnd && this.#isLineEnd(bytes, at)) break;
          if (byte === BACKSLASH && escaped) {
            kind = fieldKinds.escaped;
            at += 1;
          } else if (byte === QUOTE) this.irregular = true;
          at += 1;
        }
        if (at >= to && !last) return false;
        if (at > to) at = to;
        end = at;
      }
      const more = at < to && bytes[at] === separator && this.#isSeparator(bytes, at);
      if (dropCr && !more && at < to && (kind & fieldKinds.quoted) === 0) {
        if (end > start && bytes[end - 1] === CR) end -= 1;
      }
      this.#add(start, end, kind);
      if (more) at += this.#layout.separator.length;
      else {
        this.end = at < to ? at + this.#layout.lineEnd.length : at;
        return true;
      }
    }
  }

  /** Value of a field; null for `\N`, and for an empty field without quotes. */
  text(bytes: Buffer, field: number): string | null {
    const start = this.starts[field] ?? 0;
    const end = this.ends[field] ?? 0;
    const kind = this.kinds[field] ?? 0;
    if (this.isNull(bytes, field)) return null;
    if ((kind & ~fieldKinds.quoted) === 0) return bytes.toString('utf8', start, end);
    const value = Buffer.allocUnsafe(end - start);
    return value.toString('utf8', 0, this.copy(bytes, field, value, 0));
  }

  /** Whether a field is empty without quotes, or `\N`. */
  isNull(bytes: Uint8Array, field: number): boolean {
    if (((this.kinds[field] ?? 0) & fieldKinds.quoted) !== 0) return false;
    const start = this.starts[field] ?? 0;
    const length = (this.ends[field] ?? 0) - start;
    return (
      length === 0 ||
      (length === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === CAPITAL_N)
    );
  }

  /** Copies a field's value, which is never longer than its bytes. @returns the byte behind it. */
  copy(bytes: Uint8Array, field: number, to: Uint8Array, toAt: number): number {
    const end = this.ends[field] ?? 0;
    const kind = this.kinds[field] ?? 0;
    let write = toAt;
    for (let at = this.starts[field] ?? 0; at < end; at += 1) {
      let byte = bytes[at] ?? 0;
      if (byte === QUOTE && (kind & fieldKinds.doubled) !== 0 && bytes[at + 1] === QUOTE) {
        if (at + 1 < end) at += 1;
      } else if (byte === BACKSLASH && (kind & fieldKinds.escaped) !== 0 && at + 1 < end) {
        at += 1;
        byte = bytes[at] ?? 0;
      }
      to[write] = byte;
      write += 1;
    }
    return write;
  }

  #kind = 0;

  /** @returns the place of the quote that closes the field, -1 when it is not there yet. */
  #closingQuote(bytes: Uint8Array, from: number, to: number, last: boolean): number {
    const { escaped, dropCr } = this.#layout;
    this.#kind = 0;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at];
      if (byte === BACKSLASH && escaped) {
        this.#kind |= fieldKinds.escaped;
        at += 1;
      } else if (byte === QUOTE) {
        const next = at + 1;
        if (next >= to) {
          if (last) return at;
          break;
        }
        if (bytes[next] === QUOTE) {
          this.#kind |= fieldKinds.doubled;
          at = next;
          continue;
        }
        if (this.#isSeparator(bytes, next) || this.#isLineEnd(bytes, next)) return at;
        if (dropCr && bytes[next] === CR) {
          if (next + 1 >= to) {
            if (last) return at;
            break;
          }
          if (this.#isLineEnd(bytes, next + 1)) return at;
        }
        // Neither closed nor doubled: only a longer separator or line end could still explain it.
        if (!last && next + this.#longestMark() > to) break;
        this.irregular = true;
      }
    }
    this.open = true;
    return -1;
  }

  #longestMark(): number {
    return Math.max(this.#layout.separator.length, this.#layout.lineEnd.length);
  }

  #isSeparator(bytes: Uint8Array, at: number): boolean {
    return stands(this.#layout.separator, bytes, at);
  }

  #isLineEnd(bytes: Uint8Array, at: number): boolean {
    return stands(this.#layout.lineEnd, bytes, at);
  }

  #add(start: number, end: number, kind: number): void {
    const place = this.fields;
    if (place === this.starts.length) this.#grow();
    this.starts[place] = start;
    this.ends[place] = end;
    this.kinds[place] = kind;
    this.fields = place + 1;
  }

  #grow(): void {
    const double = this.starts.length * 2;
    const grown = [new Int32Array(double), new Int32Array(double), new Uint8Array(double)] as const;
    grown[0].set(this.starts);
    grown[1].set(this.ends);
    grown[2].set(this.kinds);
    [this.starts, this.ends, this.kinds] = grown;
  }
}

/** Whole records at the beginning of a piece of a file. */
export interface CsvCut {
  readonly rows: number;
  /** Behind the last whole record. */
  readonly end: number;
  /** Whether quotes stand in them at all. */
  readonly quotes: boolean;
  /** Whether some record is `irregular`. */
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
  let quote = quotes ? firstQuote : to;
  let rows = 0;
  let irregular = false;
  let at = from;
  while (at < to && rows < maxRows) {
    if (quote < at) {
      quote = bytes.indexOf(QUOTE, at);
      if (quote < 0) quote = to;
    }
    const lineEnd = layout.escaped ? -1 : bytes.indexOf(layout.lineEnd, at);
    if (lineEnd >= 0 && lineEnd < quote) {
      if (lineEnd + layout.lineEnd.length > to) break;
      at = lineEnd + layout.lineEnd.length;
    } else if (record.read(bytes, at, to, last)) {
      at = record.end;
      irregular ||= record.irregular;
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
  const special = /["\r\n]/.test(value) || value.includes(separator) || value.includes(lineEnd);
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
    const mark = lineEnd[0];
    for (let at = from; at < to; at += 1) {
      if (bytes[at] === mark) {
        rows += 1;
        end = at + 1;
      }
    }
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

function stands(mark: Buffer, bytes: Uint8Array, at: number): boolean {
  for (let place = 0; place < mark.length; place += 1) {
    if (bytes[at + place] !== mark[place]) return false;
  }
  return true;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
