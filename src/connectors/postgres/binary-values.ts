/**
 * Values of `text` rows in PostgreSQL's binary form, byte by byte. Each writer puts the value that
 * stands in `rows` from `from` up to `to` into `out` at `at`, and gives where it ends; -1 = only the
 * server can say what this text means, or whether it is a value at all.
 */

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const DASH = 0x2d;
const DOT = 0x2e;
const PLUS = 0x2b;
const SPACE = 0x20;
const ZERO = 0x30;
const TWO_16 = 65_536;
const TWO_32 = 4_294_967_296;
/** Days from 0000-03-01 to 2000-01-01, where PostgreSQL counts from, and one. */
const FIRST_DAY = 730_426;
const NO_DAY = -0x80_00_00_00;
/** So many seconds are as microseconds a number that is exact. */
const SAFE_SECONDS = 9_000_000_000;
/** Longest numeric that is made here; its groups of four digits are counted in 16 bits. */
const MAX_NUMERIC_CHARS = 1_000;
const MAX_FLOAT_CHARS = 64;
/** Digits that a number holds exactly, and those of the largest int64. */
const SAFE_DIGITS = 15;
const MOST_DIGITS = 19;

export type ValueWriter = (
  rows: Uint8Array,
  from: number,
  to: number,
  out: Buffer,
  at: number,
) => number;

export const writeInt16: ValueWriter = (rows, from, to, out, at) => {
  const value = integer(rows, from, to);
  // What is no integer is NaN, which is within nothing.
  if (!(value <= 0x7f_ff && value >= -0x80_00)) return -1;
  out[at] = value >> 8;
  out[at + 1] = value;
  return at + 2;
};

export const writeInt32: ValueWriter = (rows, from, to, out, at) => {
  const value = integer(rows, from, to);
  return value <= 0x7f_ff_ff_ff && value >= -0x80_00_00_00 ? int32(out, at, value) : -1;
};

export const writeInt64: ValueWriter = (rows, from, to, out, at) => {
  const negative = rows[from] === DASH;
  const first = negative ? from + 1 : from;
  if (to - first <= SAFE_DIGITS) {
    const value = integer(rows, from, to);
    return Number.isNaN(value) ? -1 : int64(out, at, value);
  }
  if (to - first > MOST_DIGITS) return -1;
  const split = to - 9;
  const high = digits(rows, first, split);
  const low = digits(rows, split, to);
  // Beyond 9,223,372,035 thousand millions the server judges.
  if (!(high >= 0 && low >= 0 && high < 9_223_372_036)) return -1;
  return negative
    ? product(out, at, -high, 1_000_000_000, -low)
    : product(out, at, high, 1_000_000_000, low);
};

export const writeNumeric: ValueWriter = (rows, from, to, out, at) => {
  const negative = rows[from] === DASH;
  let first = negative ? from + 1 : from;
  if (to - first > MAX_NUMERIC_CHARS || to === first) return -1;
  let dot = first;
  while (dot < to && rows[dot] !== DOT) dot += 1;
  const scale = dot < to ? to - dot - 1 : 0;
  if (dot === first || (dot < to && scale === 0)) return -1;
  while (first < dot && rows[first] === ZERO) first += 1;
  let groups = 0;
  let o = at + 8;
  // The first group has what the others leave.
  for (let start = first; start < dot; groups += 1) {
    const stop = groups === 0 ? start + ((dot - start - 1) % 4) + 1 : start + 4;
    const group = digits(rows, start, stop);
    if (!(group >= 0)) return -1;
    out[o] = group >> 8;
    out[o + 1] = group;
    o += 2;
    start = stop;
  }
  const weight = groups - 1;
  for (let start = dot + 1; start < to; start += 4, groups += 1) {
    const stop = Math.min(start + 4, to);
    let group = digits(rows, start, stop);
    if (!(group >= 0)) return -1;
    for (let place = stop - start; place < 4; place += 1) group *= 10;
    out[o] = group >> 8;
    out[o + 1] = group;
    o += 2;
  }
  out[at] = groups >> 8;
  out[at + 1] = groups;
  out[at + 2] = weight >> 8;
  out[at + 3] = weight;
  out[at + 4] = negative ? 0x40 : 0;
  out[at + 5] = 0;
  out[at + 6] = scale >> 8;
  out[at + 7] = scale;
  return o;
};

export const writeFloat64: ValueWriter = (rows, from, to, out, at) => {
  if (to - from > MAX_FLOAT_CHARS) return -1;
  const text = Buffer.from(rows.buffer, rows.byteOffset + from, to - from).toString('latin1');
  const value = Number(text);
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
    if (text !== 'NaN' && text !== 'Infinity' && text !== '-Infinity') return -1;
    // What does not fit is an error to the server, not the nearest number.
  } else if (!Number.isFinite(value) || (value === 0 && /^-?[\d.]*[1-9]/.test(text))) return -1;
  return out.writeDoubleBE(value, at);
};

export const writeBoolean: ValueWriter = (rows, from, to, out, at) => {
  const letter = to - from === 1 ? rows[from] : 0;
  if (letter !== 0x74 && letter !== 0x66) return -1;
  out[at] = letter === 0x74 ? 1 : 0;
  return at + 1;
};

/** `2026-01-31` */
export const writeDate: ValueWriter = (rows, from, to, out, at) => {
  const days = to - from === 10 ? dayNumber(rows, from) : NO_DAY;
  return days === NO_DAY ? -1 : int32(out, at, days);
};

/** `23:59:59.123456` */
export const writeTime: ValueWriter = (rows, from, to, out, at) => {
  const seconds = to - from >= 8 ? secondsOfDay(rows, from) : -1;
  const micros = microseconds(rows, from + 8, to);
  return seconds < 0 || micros < 0 ? -1 : int64(out, at, seconds * 1_000_000 + micros);
};

/** `2026-01-31 23:59:59.123456` */
export const writeTimestamp: ValueWriter = (rows, from, to, out, at) => {
  if (to - from < 19 || rows[from + 10] !== SPACE) return -1;
  const days = dayNumber(rows, from);
  const seconds = secondsOfDay(rows, from + 11);
  const micros = microseconds(rows, from + 19, to);
  if (days === NO_DAY || seconds < 0 || micros < 0) return -1;
  const total = days * 86_400 + seconds;
  return total < SAFE_SECONDS && total > -SAFE_SECONDS
    ? int64(out, at, total * 1_000_000 + micros)
    : product(out, at, total, 1_000_000, micros);
};

/** `2026-01-31 23:59:59.123456+00` */
export const writeTimestamptz: ValueWriter = (rows, from, to, out, at) => {
  const zone = to - 3;
  const isUtc = rows[zone] === PLUS && rows[zone + 1] === ZERO && rows[zone + 2] === ZERO;
  return isUtc ? writeTimestamp(rows, from, zone, out, at) : -1;
};

/** `0b5c3a8e-…`, of 36 characters. */
export const writeUuid: ValueWriter = (rows, from, to, out, at) => {
  if (to - from !== 36) return -1;
  let o = at;
  for (let place = from; place < to;) {
    const group = place - from;
    if (group === 8 || group === 13 || group === 18 || group === 23) {
      if (rows[place] !== DASH) return -1;
      place += 1;
      continue;
    }
    const byte = hexByte(rows, place);
    if (byte < 0) return -1;
    out[o] = byte;
    o += 1;
    place += 2;
  }
  return o;
};

/** `\x` and hexadecimal digits, the backslash escaped. */
export const writeBytes: ValueWriter = (rows, from, to, out, at) => {
  if (rows[from] !== BACKSLASH || rows[from + 1] !== BACKSLASH || rows[from + 2] !== 0x78)
    return -1;
  if ((to - from) % 2 === 0) return -1;
  let o = at;
  for (let place = from + 3; place < to; place += 2, o += 1) {
    const byte = hexByte(rows, place);
    if (byte < 0) return -1;
    out[o] = byte;
  }
  return o;
};

/** Texts of any kind. */
export const writeText: ValueWriter = (rows, from, to, out, at) => {
  let o = at;
  for (let place = from; place < to; place += 1, o += 1) {
    let byte = rows[place] as number;
    if (byte === BACKSLASH) {
      place += 1;
      byte = ESCAPED[rows[place] as number] as number;
      // `\b`, `\.` and the like: rows of this format have none (`ports/connector.ts`).
      if (byte === 0 || place >= to) return -1;
    }
    out[o] = byte;
  }
  return o;
};

/** The version of the binary form, then the text. */
export const writeJsonb: ValueWriter = (rows, from, to, out, at) => {
  out[at] = 1;
  return writeText(rows, from, to, out, at + 1);
};

/** By the character behind a backslash; 0 = not an escape of this format. */
const ESCAPED = new Uint8Array(256);
ESCAPED[BACKSLASH] = BACKSLASH;
ESCAPED[0x74] = 0x09;
ESCAPED[0x6e] = 0x0a;
ESCAPED[0x72] = 0x0d;

/** A whole number of at most 15 digits; NaN for anything else. */
function integer(rows: Uint8Array, from: number, to: number): number {
  if (rows[from] === DASH) {
    const value = digits(rows, from + 1, to);
    // -0 is no integer of 32 bits that a shift understands.
    return value === 0 ? 0 : -value;
  }
  return digits(rows, from, to);
}

/** At most 15 digits; NaN for anything else. */
function digits(rows: Uint8Array, from: number, to: number): number {
  if (to - from > SAFE_DIGITS || from >= to) return Number.NaN;
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = (rows[at] as number) - ZERO;
    if (digit >>> 0 > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Two digits; -1 for anything else. */
function two(rows: Uint8Array, at: number): number {
  const tens = (rows[at] as number) - ZERO;
  const ones = (rows[at + 1] as number) - ZERO;
  return tens >>> 0 > 9 || ones >>> 0 > 9 ? -1 : tens * 10 + ones;
}

/** Days since 2000-01-01 of `2026-01-31`; NO_DAY for what is no day of the years 1 to 9999. */
function dayNumber(rows: Uint8Array, at: number): number {
  const century = two(rows, at);
  const short = two(rows, at + 2);
  const month = two(rows, at + 5);
  const day = two(rows, at + 8);
  const year = century * 100 + short;
  if (rows[at + 4] !== DASH || rows[at + 7] !== DASH || century < 0 || short < 0) return NO_DAY;
  if (year < 1 || month < 1 || month > 12 || day < 1) return NO_DAY;
  const leap = (year & 3) === 0 && (short !== 0 || (century & 3) === 0);
  const length = month === 2 ? (leap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1);
  if (day > length) return NO_DAY;
  // Years begin in March, so that the day of a leap year is their last one.
  const years = month <= 2 ? year - 1 : year;
  const months = month <= 2 ? month + 9 : month - 3;
  const leaps = (years >> 2) - ((years / 100) | 0) + ((years / 400) | 0);
  return years * 365 + leaps + (((months * 153 + 2) / 5) | 0) + day - FIRST_DAY;
}

/** Of `23:59:59` at `at`; -1 for what is no time of a day. */
function secondsOfDay(rows: Uint8Array, at: number): number {
  const hours = two(rows, at);
  const minutes = two(rows, at + 3);
  const seconds = two(rows, at + 6);
  if (rows[at + 2] !== COLON || rows[at + 5] !== COLON) return -1;
  if (hours < 0 || minutes < 0 || seconds < 0) return -1;
  return hours < 24 && minutes < 60 && seconds < 60 ? hours * 3600 + minutes * 60 + seconds : -1;
}

/** Of `.123456` at `at`, or nothing; -1 for anything else. */
function microseconds(rows: Uint8Array, at: number, to: number): number {
  if (at === to) return 0;
  const count = to - at - 1;
  if (rows[at] !== DOT || count < 1 || count > 6) return -1;
  let value = digits(rows, at + 1, to);
  if (Number.isNaN(value)) return -1;
  for (let place = count; place < 6; place += 1) value *= 10;
  return value;
}

/** -1 for what is no byte. */
function hexByte(rows: Uint8Array, at: number): number {
  const high = HEX[rows[at] as number] as number;
  const low = HEX[rows[at + 1] as number] as number;
  return high > 15 || low > 15 ? -1 : high * 16 + low;
}

const HEX = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value;

function int32(out: Buffer, at: number, value: number): number {
  out[at] = value >> 24;
  out[at + 1] = value >> 16;
  out[at + 2] = value >> 8;
  out[at + 3] = value;
  return at + 4;
}

/** A number that is exact. */
function int64(out: Buffer, at: number, value: number): number {
  const high = Math.floor(value / TWO_32);
  int32(out, at, high);
  return int32(out, at + 4, value - high * TWO_32);
}

/**
 * Writes `factor * times + rest` in 64 bits, in parts that a number holds exactly: `times` is at
 * most a thousand millions, the result fits.
 */
function product(out: Buffer, at: number, factor: number, times: number, rest: number): number {
  const factorHigh = Math.floor(factor / TWO_16);
  const high = factorHigh * times;
  const highHigh = Math.floor(high / TWO_16);
  const low = (high - highHigh * TWO_16) * TWO_16 + (factor - factorHigh * TWO_16) * times + rest;
  const carry = Math.floor(low / TWO_32);
  int32(out, at, highHigh + carry);
  return int32(out, at + 4, low - carry * TWO_32);
}
