const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const DOT = 0x2e;
const CAPITAL_N = 0x4e;
const BACKSLASH = 0x5c;
/** What a character behind a backslash stands for (`lib/rows/text.ts`). */
const MEANINGS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const place = 'tnrbfv'.indexOf(String.fromCharCode(byte));
  return [TAB, LF, CR, 0x08, 0x0c, 0x0b][place] ?? byte;
});
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
/** What the end of a field may bring besides its own bytes: two quotes, or `false`. */
const FIELD_SLACK = 8;

/** How records are written; everything else about them is as RFC 4180 says, in UTF-8. */
export interface CsvFromTextOptions {
  /** One byte of ASCII, no letter. */
  readonly separator: string;
  /** Begins with ASCII, and with no letter. */
  readonly lineEnd: string;
  readonly quoted: boolean;
  /** What NULL is written as. */
  readonly nulls: string;
  /** By place: whether `t` and `f` are written `true` and `false`. */
  readonly booleans: readonly boolean[];
}

/**
 * Makes records of rows in the format `text`, byte by byte: the same bytes as `encodeRow` of
 * `lib/rows/csv.ts` gives, without a string for any value.
 */
export class CsvFromText {
  readonly #separator: number;
  readonly #lineEnd: Buffer;
  readonly #quoted: boolean;
  readonly #nulls: Buffer;
  readonly #booleans: Uint8Array | null;
  /** Bytes that do not pass as they are: delimiters, backslash, and what needs quotes. */
  readonly #special = new Uint8Array(256);
  /** Bytes of a value that need quotes around it. */
  readonly #needsQuotes = new Uint8Array(256);
  #out: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor({ separator, lineEnd, quoted, nulls, booleans }: CsvFromTextOptions) {
    this.#separator = separator.charCodeAt(0);
    this.#lineEnd = Buffer.from(lineEnd);
    this.#quoted = quoted;
    this.#nulls = Buffer.from(nulls);
    this.#booleans = booleans.includes(true) ? Uint8Array.from(booleans, Number) : null;
    for (const byte of [TAB, LF, BACKSLASH]) this.#special[byte] = 1;
    const quotedBytes = [QUOTE, CR, LF, this.#separator, this.#lineEnd[0] ?? LF];
    for (const byte of quoted ? quotedBytes : []) {
      this.#needsQuotes[byte] = 1;
      this.#special[byte] = 1;
    }
  }

  /**
   * @param rows whole rows, each ended by LF.
   * @returns records, until the next call: that uses the same memory.
   */
  convert(rows: Uint8Array): Buffer {
    const special = this.#special;
    const end = rows.length;
    const lineEnd = this.#lineEnd;
    const slack = this.#nulls.length + lineEnd.length + FIELD_SLACK;
    const likely = end + (end >>> 3) + slack;
    if (this.#out.length < likely) this.#out = Buffer.allocUnsafeSlow(likely);
    let out = this.#out;
    let o = 0;
    let place = 0;
    for (let at = 0; at < end;) {
      const from = at;
      const start = o;
      let byte = rows[at] as number;
      while (special[byte] === 0) {
        out[o] = byte;
        o += 1;
        at += 1;
        byte = rows[at] as number;
      }
      if (byte !== TAB && byte !== LF) {
        // Another look, with all that a value may hold.
        at = fieldEnd(rows, at);
        byte = rows[at] as number;
        this.#reserve(start, 2 * (at - from) + slack);
        this.#at = start;
        this.#field(rows, from, at);
        out = this.#out;
        o = this.#at;
      } else if (o === start) {
        if (this.#quoted) {
          out[o] = QUOTE;
          out[o + 1] = QUOTE;
          o += 2;
        }
      } else if (this.#booleans !== null && this.#booleans[place] === 1 && o === start + 1) {
        if (rows[from] === LETTER_T) o = start + TRUE.copy(out, start);
        else if (rows[from] === LETTER_F) o = start + FALSE.copy(out, start);
      }
      at += 1;
      if (byte === TAB) {
        out[o] = this.#separator;
        o += 1;
        place += 1;
      } else {
        for (let byteAt = 0; byteAt < lineEnd.length; byteAt += 1) {
          out[o] = lineEnd[byteAt] as number;
          o += 1;
        }
        place = 0;
      }
      // What is left passes as it is, or makes room for itself.
      if (out.length - o < end - at + slack) {
        this.#reserve(o, end - at + slack);
        out = this.#out;
      }
    }
    return out.subarray(0, o);
  }

  /** A field that holds a backslash or something that needs quotes. */
  #field(rows: Uint8Array, from: number, to: number): void {
    if (to - from === 2 && rows[from] === BACKSLASH && rows[from + 1] === CAPITAL_N) {
      this.#at += this.#nulls.copy(this.#out, this.#at);
      return;
    }
    const quotes = this.#quoted && this.#wantsQuotes(rows, from, to);
    const out = this.#out;
    let o = this.#at;
    if (quotes) {
      out[o] = QUOTE;
      o += 1;
    }
    for (let at = from; at < to; at += 1) {
      let byte = rows[at] as number;
      if (byte === BACKSLASH && at + 1 < to) {
        at += 1;
        byte = MEANINGS[rows[at] as number] as number;
      }
      if (quotes && byte === QUOTE) {
        out[o] = QUOTE;
        o += 1;
      }
      out[o] = byte;
      o += 1;
    }
    if (quotes) {
      out[o] = QUOTE;
      o += 1;
    }
    this.#at = o;
  }

  #wantsQuotes(rows: Uint8Array, from: number, to: number): boolean {
    for (let at = from; at < to; at += 1) {
      let byte = rows[at] as number;
      if (byte === BACKSLASH && at + 1 < to) {
        at += 1;
        byte = MEANINGS[rows[at] as number] as number;
      }
      if (this.#needsQuotes[byte] === 1) return true;
    }
    // A value `\N` would be read as NULL, and `\.` alone ends data that PostgreSQL reads.
    if (to - from !== 3 || rows[from] !== BACKSLASH || rows[from + 1] !== BACKSLASH) return false;
    return rows[from + 2] === CAPITAL_N || rows[from + 2] === DOT;
  }

  /** Room for `bytes` behind `used` bytes, and for as much as there was to be written. */
  #reserve(used: number, bytes: number): void {
    if (this.#out.length - used >= bytes) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#out.length * 2, used + bytes));
    this.#out.copy(grown, 0, 0, used);
    this.#out = grown;
  }
}

/** Where the field that `at` is in ends: at its TAB or LF. */
function fieldEnd(rows: Uint8Array, from: number): number {
  let at = from;
  while (at < rows.length) {
    const byte = rows[at];
    if (byte === TAB || byte === LF) return at;
    at += 1;
  }
  throw new RangeError('the last row has no end');
}
