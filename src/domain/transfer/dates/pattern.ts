import { BoundedCache } from '../../schedule/bounded-cache.ts';

/** Bounds of date patterns and of texts that are read by them. */
export const datePatternLimits = {
  maxPatternChars: 256,
  maxTextChars: 512,
  /** Patterns kept in their parsed form. */
  maxCached: 256,
} as const;

/** A pattern that is none, or a text that does not follow it. */
export class DatePatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DatePatternError';
  }
}

/** One part of a pattern: a field of the date, or a text that stands for itself. */
export type PatternPart =
  | { readonly kind: 'field'; readonly letter: FieldLetter; readonly count: number }
  | { readonly kind: 'literal'; readonly text: string };

const fieldLetters = 'GyYMLwWDdFEuaHkKhmsSzZX';

/** The letters of Java's SimpleDateFormat (cdm.md §6.2). */
export type FieldLetter =
  | ('G' | 'y' | 'Y' | 'M' | 'L' | 'w' | 'W' | 'D' | 'd' | 'F' | 'E' | 'u')
  | ('a' | 'H' | 'k' | 'K' | 'h' | 'm' | 's' | 'S' | 'z' | 'Z' | 'X');

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const weekdayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

const cached = new BoundedCache<readonly PatternPart[]>(datePatternLimits.maxCached);

/**
 * The parts of a pattern: letters are fields, `'…'` is text, `''` a quote, anything else stands
 * for itself. @throws DatePatternError for other letters, an open quote, or a pattern too long.
 */
export function parseDatePattern(pattern: string): readonly PatternPart[] {
  if (pattern.length > datePatternLimits.maxPatternChars) {
    throw new DatePatternError(
      `a date pattern of ${pattern.length} characters; at most ${datePatternLimits.maxPatternChars} are allowed`,
    );
  }
  return cached.get(pattern, () => partsOf(pattern));
}

function partsOf(pattern: string): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  let literal = '';
  const endLiteral = (): void => {
    if (literal !== '') parts.push({ kind: 'literal', text: literal });
    literal = '';
  };
  let at = 0;
  while (at < pattern.length) {
    const char = pattern.charAt(at);
    if (char === "'") {
      const quoted = readQuoted(pattern, at);
      literal += quoted.text;
      at = quoted.end;
    } else if (/[A-Za-z]/.test(char)) {
      endLiteral();
      let end = at + 1;
      while (pattern.charAt(end) === char) end++;
      parts.push(fieldOf(char, end - at, pattern));
      at = end;
    } else {
      literal += char;
      at++;
    }
  }
  endLiteral();
  return parts;
}

/** The text of a quotation that begins at a quote, and where it ends. */
function readQuoted(pattern: string, start: number): { text: string; end: number } {
  if (pattern.charAt(start + 1) === "'") return { text: "'", end: start + 2 };
  let text = '';
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern.charAt(at) !== "'") {
      text += pattern.charAt(at);
    } else if (pattern.charAt(at + 1) === "'") {
      text += "'";
      at++;
    } else {
      return { text, end: at + 1 };
    }
  }
  throw new DatePatternError(`the date pattern "${pattern}" has an open quote`);
}

function fieldOf(letter: string, count: number, pattern: string): PatternPart {
  if (!isFieldLetter(letter)) {
    throw new DatePatternError(
      `"${letter}" is no letter of date patterns, in "${pattern}"; put text between single quotes`,
    );
  }
  if (letter === 'X' && count > 3) {
    throw new DatePatternError(`"X" may stand three times at most, in "${pattern}"`);
  }
  return { kind: 'field', letter, count };
}

function isFieldLetter(letter: string): letter is FieldLetter {
  return fieldLetters.includes(letter);
}
