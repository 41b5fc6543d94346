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
  /** Something stands between a closing quote and the next separator; the fields are a guess. */
  broken = false;
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
    this.broken = false;
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
        at = this.#closed ? end + 1 : end;
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
      length === 0 || (length === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === CAPITAL_N)
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

  /** Of the quoted field just read: its bits, and whether a quote ends it. */
  #kind = 0;
  #closed = true;

  /** @returns the place of the quote that closes the field, -1 when it is not there yet. */
  #closingQuote(bytes: Uint8Array, from: number, to: number, last: boolean): number {
    const { escaped, dropCr } = this.#layout;
    this.#kind = 0;
    this.#closed = true;
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
        return this.#brokenEnd(bytes, next, to, last);
      }
    }
    this.open = true;
    return -1;
  }

  /** Where a field ends that goes on behind its closing quote: at whatever ends an unquoted one. */
  #brokenEnd(bytes: Uint8Array, from: number, to: number, last: boolean): number {
    this.broken = true;
    this.#closed = false;
    for (let at = from; at < to; at += 1) {
      if (this.#isSeparator(bytes, at) || this.#isLineEnd(bytes, at)) return at;
    }
    return last ? to : -1;
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

function stands(mark: Buffer, bytes: Uint8Array, at: number): boolean {
  for (let place = 0; place < mark.length; place += 1) {
    if (bytes[at + place] !== mark[place]) return false;
  }
  return true;
}
