/** `DateUtils`, `NumberUtils` and `CommonUtils` (cdm.md §5.2). */
import { formatDate } from '../dates/format.ts';
import { parseDate } from '../dates/parse.ts';
import { DatePatternError } from '../dates/pattern.ts';
import { dateUnits, shiftDate } from '../dates/wall.ts';
import { ExpressionError, expressionLimits } from './error.ts';
import type { ExpressionFunction, ExpressionServices, FunctionGroup } from './function.ts';
import {
  asLong,
  DateValue,
  intOf,
  numberOf,
  shown,
  textOf,
  textOrNull,
  type Value,
} from './values.ts';

/** Runs what may find a pattern or a date wrong. */
function dated<Result>(at: number, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof DatePatternError) throw new ExpressionError(error.message, at);
    throw error;
  }
}

function read(text: string, pattern: string, services: ExpressionServices, at: number): number {
  const { zone, nowMs } = services;
  const parsing = { zone, nearMs: nowMs(), preferredOffsetMs: null };
  return dated(at, () => parseDate(text, pattern, parsing));
}

/** Milliseconds of a date, or of a number of them. */
function momentOf(value: Value, at: number): number {
  if (value instanceof DateValue) return value.ms;
  const ms = Number(numberOf(value, at));
  if (Number.isSafeInteger(ms)) return ms;
  throw new ExpressionError(`${shown(value)} is no date`, at);
}

const now: ExpressionFunction = {
  arity: [0, 0],
  call: (_args, { nowMs, zone }) => new DateValue(nowMs(), zone),
};

export const dateFunctions: FunctionGroup = {
  /** A date, or milliseconds since the epoch, by a pattern. */
  format: {
    arity: [2, 2],
    call([date = null, pattern = null], { zone }, at) {
      if (date === null || date === '') return null;
      return dated(at, () => formatDate(zone, momentOf(date, at), textOf(pattern)));
    },
  },
  parseDate: {
    arity: [2, 2],
    call([text = null, pattern = null], services, at) {
      if (text === null || text === '') return null;
      return new DateValue(read(textOf(text), textOf(pattern), services, at), services.zone);
    },
  },
  /** Milliseconds since the epoch. */
  getTime: {
    arity: [1, 1],
    call: ([date = null], _services, at) =>
      date === null || date === '' ? null : BigInt(momentOf(date, at)),
  },
  /** Pattern, text, unit, amount: the text's time, moved. */
  getCurrentTimeByZone: {
    arity: [4, 4],
    call([pattern = null, text = null, unit = null, amount = null], services, at) {
      if (text === null || text === '') return null;
      const name = textOf(unit).toUpperCase();
      const known = dateUnits.find((one) => one === name);
      if (known === undefined) {
        throw new ExpressionError(`${shown(unit)} is none of ${dateUnits.join(', ')}`, at);
      }
      const form = textOf(pattern);
      const ms = read(textOf(text), form, services, at);
      const { zone } = services;
      return dated(at, () => formatDate(zone, shiftDate(zone, ms, intOf(amount, at), known), form));
    },
  },
  now,
};

/** A whole number of so many bits; what is none becomes the second argument, or 0. */
function whole(bits: number): ExpressionFunction {
  return {
    arity: [1, 2],
    call([value = null, fallback = 0n]) {
      const text = textOrNull(value) ?? '';
      if (!/^[+-]?\d{1,19}$/.test(text)) return fallback;
      const number = BigInt(text.replace('+', ''));
      return BigInt.asIntN(bits, number) === number ? asLong(number) : fallback;
    },
  };
}

/** A number with a point; what is none becomes the second argument, or 0. */
function floating(round: (value: number) => number): ExpressionFunction {
  return {
    arity: [1, 2],
    call([value = null, fallback = 0]) {
      const text = (textOrNull(value) ?? '').trim();
      if (/^[+-]?(?:NaN|Infinity)$/.test(text)) return Number(text.replace(/^[+-]NaN/, 'NaN'));
      if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(text)) return fallback;
      return round(Number(text.replace(/[dDfF]$/, '')));
    },
  };
}

/** The shortest number that is the same float: 1.1, not 1.100000023841858. */
function toFloat(value: number): number {
  const float = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return float;
}

export const numberFunctions: FunctionGroup = {
  toByte: whole(8),
  toShort: whole(16),
  toInt: whole(32),
  toLong: whole(64),
  toFloat: floating(toFloat),
  toDouble: floating((value) => value),
};

export const commonFunctions: FunctionGroup = {
  randomUUID: { arity: [0, 0], call: (_args, { randomUuid }) => randomUuid() },
  /** An IPv4 address as a number. */
  ipToLong: {
    arity: [1, 1],
    call([value = null], _services, at) {
      if (value === null || value === '') return null;
      const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(textOf(value).trim());
      const bytes = parts?.slice(1).map(Number) ?? [];
      if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) {
        throw new ExpressionError(`${shown(value)} is no IPv4 address`, at);
      }
      return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    },
  },
  setCache: {
    arity: [2, 2],
    call([name = null, value = null], { cache }, at) {
      const key = textOf(name);
      if (!cache.has(key) && cache.size >= expressionLimits.maxCacheEntries) {
        const most = expressionLimits.maxCacheEntries;
        throw new ExpressionError(`the cache holds ${most} values already`, at);
      }
      cache.set(key, value);
      return value;
    },
  },
  getCache: {
    arity: [1, 1],
    call: ([name = null], { cache }) => cache.get(textOf(name)) ?? null,
  },
  cacheExists: { arity: [1, 1], call: ([name = null], { cache }) => cache.has(textOf(name)) },
};

/** `DateUtil.now()`. */
export const dateNow: FunctionGroup = { now };
