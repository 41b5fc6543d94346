/** Values of expressions and Java's rules for turning one into another. */
import type { Zone } from '../../schedule/zone.ts';
import { formatDate } from '../dates/format.ts';
import { ExpressionError, expressionLimits } from './error.ts';

/** A date, as `DateUtils.parseDate` gives it. */
export class DateValue {
  /** Since the epoch, UTC. */
  readonly ms: number;
  /** Whose clocks tell it when it is written. */
  readonly zone: Zone;

  constructor(ms: number, zone: Zone) {
    this.ms = ms;
    this.zone = zone;
  }
}

/** `bigint` is Java's long, `number` its double, `null` its null. */
export type Value = string | bigint | number | boolean | null | DateValue;

/** Java's long keeps the low 64 bits. */
export function asLong(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** A value as text: null is empty, 1.0 is `1.0`, a date `2026-01-31 23:59:59` or with `.123`. */
export function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof DateValue) {
    const pattern = value.ms % 1_000 === 0 ? 'yyyy-MM-dd HH:mm:ss' : 'yyyy-MM-dd HH:mm:ss.SSS';
    return formatDate(value.zone, value.ms, pattern);
  }
  return String(value);
}

/** A value as a text or null, as functions of texts take it. */
export function textOrNull(value: Value): string | null {
  return value === null ? null : textOf(value);
}

/** As Java writes a double: always with a point, from 10^7 on and below 10^-3 with an exponent. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/**
 * A value as a number: null is 0, a text must be one; with a point or an exponent it is a double.
 * @throws ExpressionError
 */
export function numberOf(value: Value, at: number): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  if (value === null || value === '') return 0n;
  if (value instanceof DateValue) return BigInt(value.ms);
  if (typeof value === 'string') {
    const text = value.trim();
    if (/^[+-]?\d{1,40}$/.test(text)) {
      const whole = BigInt(text.replace('+', ''));
      if (asLong(whole) === whole) return whole;
    } else if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
      return Number(text);
    }
  }
  throw new ExpressionError(`${shown(value)} is no number`, at);
}

/** Whether a value is true: null is not, a text is when it says so. @throws ExpressionError */
export function truthOf(value: Value, at: number): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === '') return false;
  if (typeof value === 'string') return value.toLowerCase() === 'true';
  throw new ExpressionError(`${shown(value)} is neither true nor false`, at);
}

/** A whole number that fits an int. @throws ExpressionError */
export function intOf(value: Value, at: number): number {
  const number = numberOf(value, at);
  const int = typeof number === 'bigint' ? Number(number) : Math.trunc(number);
  if (Number.isInteger(int) && int >= -2_147_483_648 && int <= 2_147_483_647) return int;
  throw new ExpressionError(`${shown(value)} is beyond the whole numbers allowed here`, at);
}

/** Refuses a text that has become too long. @throws ExpressionError */
export function boundedText(text: string, at: number): string {
  if (text.length <= expressionLimits.maxResultChars) return text;
  throw new ExpressionError(
    `the result has more than ${expressionLimits.maxResultChars} characters`,
    at,
  );
}

/** A value for messages: short, and never more than its beginning. */
export function shown(value: Value): string {
  const text = textOf(value);
  return typeof value === 'string'
    ? `"${text.length > 40 ? `${text.slice(0, 37)}...` : text}"`
    : value === null
      ? 'null'
      : text;
}
