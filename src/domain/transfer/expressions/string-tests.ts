/** `StringUtils`: what is asked of texts, as in commons-lang 3. */
import type { ExpressionFunction, FunctionGroup } from './function.ts';
import { intOf, textOrNull, type Value } from './values.ts';

type Text = string | null;

/** A question about one text. */
function about(answer: (text: Text) => Value): ExpressionFunction {
  return { arity: [1, 1], call: ([text = null]) => answer(textOrNull(text)) };
}

/** A question about a text and another one. */
function both(answer: (text: Text, other: Text) => Value): ExpressionFunction {
  return {
    arity: [2, 2],
    call: ([text = null, other = null]) => answer(textOrNull(text), textOrNull(other)),
  };
}

/** A place in a text, searched from a start; -1 for none. */
function place(
  find: (text: string, other: string, start: number | undefined) => number,
): ExpressionFunction {
  return {
    arity: [2, 3],
    call([text = null, other = null, start], _services, at) {
      const whole = textOrNull(text);
      const part = textOrNull(other);
      if (whole === null || part === null) return -1n;
      return BigInt(find(whole, part, start === undefined ? undefined : intOf(start, at)));
    },
  };
}

/** Whether all characters are of a kind. */
function made(pattern: RegExp): ExpressionFunction {
  return about((text) => text !== null && pattern.test(text));
}

export const stringTests: FunctionGroup = {
  contains: both((text, other) => text !== null && other !== null && text.includes(other)),
  containsAny: both((text, chars) => firstOf(text, chars) >= 0),
  containsNone: both((text, chars) => firstOf(text, chars) < 0),
  containsOnly: both((text, chars) => {
    if (text === null || chars === null) return false;
    const allowed = new Set(chars);
    return [...text].every((char) => allowed.has(char));
  }),
  endsWith: both((text, end) =>
    text === null || end === null ? text === end : text.endsWith(end),
  ),
  equals: both((text, other) => text === other),
  indexOf: place((text, other, start) => text.indexOf(other, start)),
  indexOfAny: both((text, chars) => BigInt(firstOf(text, chars))),
  isAlpha: made(/^\p{L}+$/u),
  isAlphanumeric: made(/^[\p{L}\p{Nd}]+$/u),
  isAlphanumericSpace: made(/^[\p{L}\p{Nd} ]*$/u),
  isAlphaSpace: made(/^[\p{L} ]*$/u),
  isAsciiPrintable: made(/^[\x20-\x7e]*$/),
  isEmpty: about((text) => text === null || text === ''),
  isNumeric: made(/^\p{Nd}+$/u),
  lastIndexOf: place((text, other, start) => {
    // Java finds nothing before the beginning, not even an empty text.
    return start !== undefined && start < 0 ? -1 : text.lastIndexOf(other, start);
  }),
  length: about((text) => BigInt(text?.length ?? 0)),
  startsWith: both((text, start) =>
    text === null || start === null ? text === start : text.startsWith(start),
  ),
};

/** The first place of any of the characters, or -1. */
function firstOf(text: Text, chars: Text): number {
  if (text === null || chars === null) return -1;
  const wanted = new Set(chars);
  let at = 0;
  for (const char of text) {
    if (wanted.has(char)) return at;
    at += char.length;
  }
  return -1;
}
