/** Operators of the JSP expression language on values. */
import { ExpressionError } from './error.ts';
import { asLong, numberOf, shown, truthOf, type Value } from './values.ts';

/**
 * Longs stay longs and wrap around like Java's; anything with a point makes doubles, and `/`
 * always does. Null is 0. @throws ExpressionError for what is no number, and division by zero.
 */
export function arithmetic(
  sign: '+' | '-' | '*' | '/' | '%',
  one: Value,
  other: Value,
  at: number,
): bigint | number {
  const a = operand(one, sign, at);
  const b = operand(other, sign, at);
  if ((sign === '/' || sign === '%') && Number(b) === 0) {
    throw new ExpressionError(`${shown(one)} is divided by zero`, at);
  }
  if (sign === '/') return Number(a) / Number(b);
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (sign === '+') return asLong(a + b);
    if (sign === '-') return asLong(a - b);
    return asLong(sign === '*' ? a * b : a % b);
  }
  const [x, y] = [Number(a), Number(b)];
  if (sign === '+') return x + y;
  if (sign === '-') return x - y;
  return sign === '*' ? x * y : x % y;
}

function operand(value: Value, sign: string, at: number): bigint | number {
  try {
    return numberOf(value, at);
  } catch (error) {
    if (!(error instanceof ExpressionError) || sign !== '+') throw error;
    throw new ExpressionError(`${shown(value)} is no number; join texts with +=`, at);
  }
}

/** Numbers are equal by size, also to texts that are numbers; null only to null. */
export function equal(one: Value, other: Value, at: number): boolean {
  if (one === null || other === null) return one === other;
  if (typeof one === 'boolean' || typeof other === 'boolean') {
    return truthOf(one, at) === truthOf(other, at);
  }
  const pair = numbers(one, other, at);
  if (pair === null) return one === other;
  const [a, b] = pair;
  // A long next to a double is compared as a double.
  return typeof a === typeof b ? a === b : Number(a) === Number(b);
}

/** Texts by their characters' codes, all else as numbers; null is neither less nor more. */
export function compare(
  sign: '<' | '>' | '<=' | '>=',
  one: Value,
  other: Value,
  at: number,
): boolean {
  if (one === null || other === null) return one === other && sign.endsWith('=');
  const [a, b] =
    typeof one === 'string' && typeof other === 'string'
      ? [one, other]
      : [numberOf(one, at), numberOf(other, at)];
  if (sign === '<') return a < b;
  if (sign === '>') return a > b;
  return sign === '<=' ? a <= b : a >= b;
}

/** Both as numbers when one is a number or date; null when they are not to be, or cannot be. */
function numbers(
  one: Value,
  other: Value,
  at: number,
): readonly [bigint | number, bigint | number] | null {
  if (typeof one === 'string' && typeof other === 'string') return null;
  try {
    return [numberOf(one, at), numberOf(other, at)];
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}
