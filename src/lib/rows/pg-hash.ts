/**
 * The hashes by which PostgreSQL itself knows values (its `hash…extended` functions), of rows in
 * the form of its binary COPY: what they would come to in a table, told from the bytes that go
 * into it. The hash of bytes is Bob Jenkins' lookup3, as published, on a little-endian machine.
 */

/** How a value is hashed. Whole numbers are big-endian, as COPY sends them. */
export type PgHashKind =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'numeric'
  /** Texts and bytes, as they are. */
  | 'bytes'
  /** Texts whose trailing spaces say nothing. */
  | 'padded';

/** A column of rows. */
export interface PgHashColumn {
  readonly kind: PgHashKind;
  /** Makes equal values of different columns differ; 1 to 2^31 - 1. */
  readonly seed: number;
  /** Hash of NULL, 0 to 2^31 - 1. */
  readonly ofNull: number;
}

/** What lookup3 begins with, without the length. */
const INITIAL = 0x9e3779b9 + 3_923_095;
/** Lengths whose beginnings are kept ready, for every column. */
const KNOWN_LENGTHS = 64;
/** Numbers of one beginning; the fourth is not used, so that places are shifted and not multiplied. */
const STEP = 4;
/** Beginnings of a column: one for each length, and one more for all that are longer. */
const BEGINNINGS = (KNOWN_LENGTHS + 1) * STEP;
const SPACE = 0x20;
/** Signs of numerics that are no number, or infinite. */
const NUMERIC_SPECIAL = 0xc000;

const INT8 = 0;
const INT16 = 1;
const INT32 = 2;
const INT64 = 3;
const BYTES = 4;
const PADDED = 5;
const NUMERIC = 6;
const FLOAT32 = 7;
const FLOAT64 = 8;
const codes: Readonly<Record<PgHashKind, number>> = {
  int8: INT8,
  int16: INT16,
  int32: INT32,
  int64: INT64,
  bytes: BYTES,
  padded: PADDED,
  numeric: NUMERIC,
  float32: FLOAT32,
  float64: FLOAT64,
};

const float = new DataView(new ArrayBuffer(8));

/** Hashes rows of some columns. */
export class PgRowHash {
  readonly #kinds: Uint8Array;
  readonly #seeds: Int32Array;
  readonly #nulls: Int32Array;
  /** State of lookup3 when length and seed are in it, by column and length. */
  readonly #begun: Int32Array;

  constructor(columns: readonly PgHashColumn[]) {
    this.#kinds = Uint8Array.from(columns, ({ kind }) => codes[kind]);
    this.#seeds = Int32Array.from(columns, ({ seed }) => seed);
    this.#nulls = Int32Array.from(columns, ({ ofNull }) => ofNull);
    this.#begun = new Int32Array(columns.length * BEGINNINGS);
    for (const [place, { seed }] of columns.entries()) {
      for (let length = 0; length < KNOWN_LENGTHS; length += 1) {
        begin(this.#begun, place * BEGINNINGS + length * STEP, length, seed);
      }
    }
  }

  /**
   * Sum modulo 2^64 of the hashes of all rows, each `hashint4extended(0, h1 # h2 # …)` of the
   * hashes of its values.
   * @param rows whole rows (`pg-binary.ts`).
   * @throws RangeError for rows that end too early.
   */
  sumOf(rows: Uint8Array): bigint {
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    const kinds = this.#kinds;
    const begun = this.#begun;
    const columns = kinds.length;
    // Sums of 32 bits stay whole numbers for far more rows than a batch has.
    let low = 0;
    let high = 0;
    let at = 0;
    // All in one function, and numbers of 32 bits only: it takes less than half the time so.
    while (at < view.byteLength) {
      at += 2;
      let rowLow = 0;
      let rowHigh = 0;
      for (let place = 0; place < columns; place += 1) {
        let length = view.getInt32(at);
        at += 4;
        if (length < 0) {
          rowLow ^= this.#nulls[place] as number;
          continue;
        }
        const next = at + length;
        const kind = kinds[place] as number;
        let a = 0;
        let b = 0;
        let c = 0;
        if (kind < BYTES) {
          let value: number;
          if (kind === INT32) value = view.getInt32(at);
          else if (kind === INT64) {
            const upper = view.getInt32(at);
            value = view.getInt32(at + 4) ^ (upper >= 0 ? upper : ~upper);
          } else value = kind === INT16 ? view.getInt16(at) : view.getInt8(at);
          const from = place * BEGINNINGS + 4 * STEP;
          a = ((begun[from] as number) + value) | 0;
          b = begun[from + 1] as number;
          c = begun[from + 2] as number;
        } else if (kind === BYTES || kind === PADDED) {
          if (kind === PADDED) {
            while (length > 0 && view.getUint8(at + length - 1) === SPACE) length -= 1;
          }
          let from = place * BEGINNINGS;
          if (length < KNOWN_LENGTHS) from += length * STEP;
          else {
            from += KNOWN_LENGTHS * STEP;
            begin(begun, from, length, this.#seeds[place] as number);
          }
          a = begun[from] as number;
          b = begun[from + 1] as number;
          c = begun[from + 2] as number;
          const end = at + length;
          for (; length >= 12; length -= 12) {
            a = (a + view.getInt32(at, true)) | 0;
            b = (b + view.getInt32(at + 4, true)) | 0;
            c = (c + view.getInt32(at + 8, true)) | 0;
            at += 12;
            // The same as `mix`.
            a = ((a - c) | 0) ^ ((c << 4) | (c >>> 28));
            c = (c + b) | 0;
            b = ((b - a) | 0) ^ ((a << 6) | (a >>> 26));
            a = (a + c) | 0;
            c = ((c - b) | 0) ^ ((b << 8) | (b >>> 24));
            b = (b + a) | 0;
            a = ((a - c) | 0) ^ ((c << 16) | (c >>> 16));
            c = (c + b) | 0;
            b = ((b - a) | 0) ^ ((a << 19) | (a >>> 13));
            a = (a + c) | 0;
            c = ((c - b) | 0) ^ ((b << 4) | (b >>> 28));
            b = (b + a) | 0;
          }
          // Up to 11 bytes: whole words, and of the last one what is left. What stands before it is
          // read, too, and shifted out: there are always 4 bytes before, those of the length.
          const odd = length & 3;
          const rest = odd === 0 ? 0 : view.getInt32(end - 4, true) >>> (32 - 8 * odd);
          if (length >= 8) {
            a = (a + view.getInt32(at, true)) | 0;
            b = (b + view.getInt32(at + 4, true)) | 0;
            c = (c + (rest << 8)) | 0;
          } else if (length >= 4) {
            a = (a + view.getInt32(at, true)) | 0;
            b = (b + rest) | 0;
          } else a = (a + rest) | 0;
        } else if (kind === NUMERIC) {
          let digits = view.getInt16(at);
          let weight = view.getInt16(at + 2);
          const isSpecial = view.getUint16(at + 4) >= NUMERIC_SPECIAL;
          at += 8;
          // Zeros before and behind its digits are not hashed, and the weight without them is.
          for (; digits > 0 && view.getInt16(at) === 0; at += 2) {
            digits -= 1;
            weight -= 1;
          }
          while (digits > 0 && view.getInt16(at + digits * 2 - 2) === 0) digits -= 1;
          if (digits === 0) {
            rowLow ^= (this.#seeds[place] as number) - (isSpecial ? 0 : 1);
            at = next;
            continue;
          }
          rowLow ^= weight;
          rowHigh ^= weight >> 31;
          let from = place * BEGINNINGS + digits * 2 * STEP;
          if (digits > 5) {
            from = place * BEGINNINGS + KNOWN_LENGTHS * STEP;
            const end = at + digits * 2;
            at = beginDigits(begun, from, view, at, digits, this.#seeds[place] as number);
            digits = (end - at) >> 1;
          }
          a = begun[from] as number;
          b = begun[from + 1] as number;
          c = begun[from + 2] as number;
          if (digits > 0) a = (a + view.getUint16(at)) | 0;
          if (digits > 1) a = (a + (view.getInt16(at + 2) << 16)) | 0;
          if (digits > 2) b = (b + view.getUint16(at + 4)) | 0;
          if (digits > 3) b = (b + (view.getInt16(at + 6) << 16)) | 0;
          if (digits > 4) c = (c + (view.getUint16(at + 8) << 8)) | 0;
        } else {
          const value = kind === FLOAT32 ? view.getFloat32(at) : view.getFloat64(at);
          if (value === 0) {
            rowLow ^= this.#seeds[place] as number;
            at = next;
            continue;
          }
          // Of all that are not a number there is one hash.
          float.setFloat64(0, Number.isNaN(value) ? Number.NaN : value, true);
          const from = place * BEGINNINGS + 8 * STEP;
          a = ((begun[from] as number) + float.getInt32(0, true)) | 0;
          b = ((begun[from + 1] as number) + float.getInt32(4, true)) | 0;
          c = begun[from + 2] as number;
        }
        c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
        a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
        b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
        c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
        a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
        b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
        c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
        rowHigh ^= b;
        rowLow ^= c;
        at = next;
      }
      // Of the number 0, with that as seed.
      let a = (INITIAL + 4) | 0;
      let b = a;
      let c = a;
      if (rowLow !== 0 || rowHigh !== 0) {
        a = (a + rowHigh) | 0;
        b = (b + rowLow) | 0;
        // The same as `mix`.
        a = ((a - c) | 0) ^ ((c << 4) | (c >>> 28));
        c = (c + b) | 0;
        b = ((b - a) | 0) ^ ((a << 6) | (a >>> 26));
        a = (a + c) | 0;
        c = ((c - b) | 0) ^ ((b << 8) | (b >>> 24));
        b = (b + a) | 0;
        a = ((a - c) | 0) ^ ((c << 16) | (c >>> 16));
        c = (c + b) | 0;
        b = ((b - a) | 0) ^ ((a << 19) | (a >>> 13));
        a = (a + c) | 0;
        c = ((c - b) | 0) ^ ((b << 4) | (b >>> 28));
        b = (b + a) | 0;
      }
      c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
      a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
      b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
      c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
      a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
      b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
      c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
      low += c >>> 0;
      high += b >>> 0;
    }
    return BigInt.asUintN(64, BigInt(low) + (BigInt(high) << 32n));
  }
}

/** Writes the state of lookup3 with length and seed in it. */
function begin(states: Int32Array, at: number, length: number, seed: number): void {
  const initial = (INITIAL + length) | 0;
  states[at] = initial;
  states[at + 1] = initial + seed;
  states[at + 2] = initial;
  mix(states, at);
}

/**
 * Writes the state with all digits of a numeric in it but for the last ones, 5 at most.
 * @returns where those are.
 */
function beginDigits(
  states: Int32Array,
  at: number,
  view: DataView,
  first: number,
  digits: number,
  seed: number,
): number {
  begin(states, at, digits * 2, seed);
  const end = first + digits * 2;
  let here = first;
  for (; end - here >= 12; here += 12) {
    for (let word = 0; word < 3; word += 1) {
      const pair = view.getInt32(here + word * 4);
      states[at + word] = (states[at + word] as number) + ((pair << 16) | (pair >>> 16));
    }
    mix(states, at);
  }
  return here;
}

/** Mixes three words, reversibly, before more are added. */
function mix(states: Int32Array, at: number): void {
  let a = states[at] as number;
  let b = states[at + 1] as number;
  let c = states[at + 2] as number;
  a = ((a - c) | 0) ^ ((c << 4) | (c >>> 28));
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ ((a << 6) | (a >>> 26));
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ ((b << 8) | (b >>> 24));
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ ((c << 16) | (c >>> 16));
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ ((a << 19) | (a >>> 13));
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ ((b << 4) | (b >>> 28));
  b = (b + a) | 0;
  states[at] = a;
  states[at + 1] = b;
  states[at + 2] = c;
}
