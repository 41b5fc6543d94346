/** `StringUtils`: texts made of texts, as in commons-lang 3. Null gives null. */
import { ExpressionError, expressionLimits } from './error.ts';
import type { ExpressionFunction, FunctionGroup } from './function.ts';
import { boundedText, intOf, textOrNull, type Value } from './values.ts';

type Text = string | null;

/** Makes a text from a text. */
function ofText(make: (text: string) => Text): ExpressionFunction {
  return {
    arity: [1, 1],
    call([value = null]) {
      const text = textOrNull(value);
      return text === null ? null : make(text);
    },
  };
}

/** Makes a text from a text and another one, which may be null. */
function withText(make: (text: string, other: Text) => Text): ExpressionFunction {
  return {
    arity: [2, 2],
    call([value = null, other = null]) {
      const text = textOrNull(value);
      return text === null ? null : make(text, textOrNull(other));
    },
  };
}

/** Makes a text from a text and a number. */
function withInt(make: (text: string, int: number) => Text): ExpressionFunction {
  return {
    arity: [2, 2],
    call([value = null, int = null], _services, at) {
      const text = textOrNull(value);
      return text === null ? null : make(text, intOf(int, at));
    },
  };
}

/** Fills a text up to a size with a filling, a space by default. */
function padding(
  make: (text: string, size: number, filling: string) => string,
): ExpressionFunction {
  return {
    arity: [2, 3],
    call([value = null, size = null, filling = null], _services, at) {
      const text = textOrNull(value);
      if (text === null) return null;
      const length = intOf(size, at);
      if (length > expressionLimits.maxResultChars) {
        const most = expressionLimits.maxResultChars;
        throw new ExpressionError(`a text cannot be filled beyond ${most} characters`, at);
      }
      return make(text, length, textOrNull(filling) || ' ');
    },
  };
}

/** Takes characters off the ends of a text: those given, whitespace by default. */
function stripping(atStart: boolean, atEnd: boolean): ExpressionFunction {
  return {
    arity: [1, 2],
    call([value = null, given = null]) {
      const text = textOrNull(value);
      const chars = textOrNull(given);
      if (text === null) return null;
      const isStripped = (char: string): boolean =>
        chars === null ? /\s/.test(char) : chars.includes(char);
      let start = 0;
      let end = text.length;
      if (atStart) while (start < end && isStripped(text.charAt(start))) start++;
      if (atEnd) while (end > start && isStripped(text.charAt(end - 1))) end--;
      return text.slice(start, end);
    },
  };
}

export const stringEdits: FunctionGroup = {
  capitalize: ofText((text) => firstChar(text, (char) => char.toUpperCase())),
  center: padding((text, size, filling) => {
    if (size <= text.length) return text;
    const before = Math.floor((size - text.length) / 2);
    return text.padStart(text.length + before, filling).padEnd(size, filling);
  }),
  chomp: {
    arity: [1, 2],
    call([value = null, separator]) {
      const text = textOrNull(value);
      if (text === null) return null;
      if (separator === undefined) return text.replace(/(?:\r\n|\r|\n)$/, '');
      return withoutEnd(text, textOrNull(separator));
    },
  },
  defaultIfEmpty: {
    arity: [2, 2],
    call: ([value = null, instead = null]) => (value === null || value === '' ? instead : value),
  },
  left: withInt((text, size) => text.slice(0, Math.max(size, 0))),
  leftPad: padding((text, size, filling) => text.padStart(size, filling)),
  lowerCase: ofText((text) => text.toLowerCase()),
  remove: withText((text, part) => (part === null ? text : text.replaceAll(part, () => ''))),
  removeEnd: withText(withoutEnd),
  removeStart: withText((text, start) =>
    start !== null && text.startsWith(start) ? text.slice(start.length) : text,
  ),
  replace: { arity: [3, 4], call: replace },
  replaceChars: {
    arity: [3, 3],
    call([value = null, chars = null, by = null]) {
      const text = textOrNull(value);
      const searched = textOrNull(chars);
      if (text === null || searched === null) return text;
      const replacements = textOrNull(by) ?? '';
      return text.replaceAll(/[^]/g, (char) => {
        const index = searched.indexOf(char);
        return index < 0 ? char : replacements.charAt(index);
      });
    },
  },
  right: withInt((text, size) => (size <= 0 ? '' : text.slice(-size))),
  rightPad: padding((text, size, filling) => text.padEnd(size, filling)),
  strip: stripping(true, true),
  stripEnd: stripping(false, true),
  stripStart: stripping(true, false),
  substring: { arity: [2, 3], call: substring },
  substringAfter: withText((text, mark) => {
    if (mark === null) return '';
    const at = text.indexOf(mark);
    return at < 0 ? '' : text.slice(at + mark.length);
  }),
  substringAfterLast: withText((text, mark) => {
    const at = mark === null || mark === '' ? -1 : text.lastIndexOf(mark);
    return at < 0 ? '' : text.slice(at + (mark ?? '').length);
  }),
  substringBefore: withText((text, mark) => {
    const at = mark === null ? -1 : text.indexOf(mark);
    return at < 0 ? text : text.slice(0, at);
  }),
  substringBeforeLast: withText((text, mark) => {
    const at = mark === null || mark === '' ? -1 : text.lastIndexOf(mark);
    return at < 0 ? text : text.slice(0, at);
  }),
  substringBetween: {
    arity: [2, 3],
    call([value = null, open = null, close = open]) {
      const text = textOrNull(value);
      const before = textOrNull(open);
      const after = textOrNull(close);
      if (text === null || before === null || after === null) return null;
      const start = text.indexOf(before);
      const end = start < 0 ? -1 : text.indexOf(after, start + before.length);
      return end < 0 ? null : text.slice(start + before.length, end);
    },
  },
  trim: ofText(trimControls),
  uncapitalize: ofText((text) => firstChar(text, (char) => char.toLowerCase())),
  upperCase: ofText((text) => text.toUpperCase()),
};

/** Without what is at most a space at both ends, as Java's `trim`. */
export function trimControls(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return text.slice(start, end);
}

function firstChar(text: string, change: (char: string) => string): string {
  return text.replace(/^./su, change);
}

function withoutEnd(text: string, end: Text): string {
  return end !== null && text.endsWith(end) ? text.slice(0, text.length - end.length) : text;
}

function replace(args: readonly Value[], _services: unknown, at: number): Value {
  const [value = null, search = null, by = null, most = null] = args;
  const text = textOrNull(value);
  const searched = textOrNull(search);
  const replacement = textOrNull(by);
  if (text === null || searched === null || searched === '' || replacement === null) return text;
  const limit = most === null ? -1 : intOf(most, at);
  const pieces: string[] = [];
  let from = 0;
  let length = text.length;
  for (let count = 0; count !== limit; count++) {
    const found = text.indexOf(searched, from);
    if (found < 0) break;
    length += replacement.length - searched.length;
    if (length > expressionLimits.maxResultChars + text.length) break;
    pieces.push(text.slice(from, found), replacement);
    from = found + searched.length;
  }
  pieces.push(text.slice(from));
  // What is longer than the text itself is bounded; a long value stays what it is.
  return length <= text.length ? pieces.join('') : boundedText(pieces.join(''), at);
}

function substring(args: readonly Value[], _services: unknown, at: number): Value {
  const [value = null, from = null, to] = args;
  const text = textOrNull(value);
  if (text === null) return null;
  const fromEnd = (place: number): number => (place < 0 ? text.length + place : place);
  const start = fromEnd(intOf(from, at));
  const end = to === undefined ? text.length : Math.min(fromEnd(intOf(to, at)), text.length);
  return start > end ? '' : text.slice(Math.max(start, 0), Math.max(end, 0));
}
