import { ExpressionError, expressionLimits } from './error.ts';
import { asLong, type Value } from './values.ts';

/** One word of an expression. Word forms (`and`, `eq`) have become their signs. */
export type Token =
  | { readonly kind: 'literal'; readonly value: Value; readonly at: number }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | { readonly kind: 'sign'; readonly sign: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const wordSigns: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  not: '!',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
  div: '/',
  mod: '%',
  empty: 'empty',
};
const wordValues = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const signs = /\|\||&&|==|!=|<=|>=|\+=|[-+*/%<>!?:()[\],.]/y;
/** Java's suffixes are allowed: `1L`, `1.1d`, `1.1f`. */
const number = /(\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+)([lLdDfF]?)/y;

/** The words of an expression, with an end. @throws ExpressionError */
export function scan(text: string): readonly Token[] {
  if (text.length > expressionLimits.maxTextChars) {
    const message = `an expression of ${text.length} characters; at most ${expressionLimits.maxTextChars} are allowed`;
    throw new ExpressionError(message, expressionLimits.maxTextChars);
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (sticky: RegExp): RegExpExecArray | null => {
    sticky.lastIndex = at;
    return sticky.exec(text);
  };
  for (;;) {
    at += match(/\s*/y)?.[0].length ?? 0;
    if (at >= text.length) break;
    const char = text.charAt(at);
    const word = match(/[A-Za-z_][A-Za-z0-9_]*/y)?.[0];
    const digits = match(number);
    if (char === '"' || char === "'") {
      const quoted = readQuoted(text, at);
      tokens.push({ kind: 'literal', value: quoted.value, at });
      at = quoted.end;
    } else if (word !== undefined) {
      tokens.push(wordToken(word, at));
      at += word.length;
    } else if (digits !== null) {
      tokens.push({ kind: 'literal', value: numberValue(digits, at), at });
      at += digits[0].length;
    } else {
      const sign = match(signs)?.[0];
      if (sign === undefined) throw new ExpressionError(`"${char}" has no meaning here`, at);
      tokens.push({ kind: 'sign', sign, at });
      at += sign.length;
    }
  }
  return [...tokens, { kind: 'end', at }];
}

function wordToken(word: string, at: number): Token {
  if (Object.hasOwn(wordSigns, word)) return { kind: 'sign', sign: wordSigns[word] ?? '', at };
  const value = wordValues.get(word);
  return value === undefined ? { kind: 'name', name: word, at } : { kind: 'literal', value, at };
}

function numberValue(match: RegExpExecArray, at: number): Value {
  const [, digits = '', suffix = ''] = match;
  if (/^\d+$/.test(digits) && !/[dDfF]/.test(suffix)) {
    const long = BigInt(digits);
    if (asLong(long) !== long) throw new ExpressionError(`${digits} is too large`, at);
    return long;
  }
  if (/[lL]/.test(suffix)) throw new ExpressionError('only whole numbers end in L', at);
  return Number(digits);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) return { value, end: at + 1 };
    if (char === '\\' && at + 1 < text.length) {
      at++;
      const escaped = text.charAt(at);
      value += escapes[escaped] ?? escaped;
    } else {
      value += char;
    }
  }
  throw new ExpressionError('the text in quotes has no end', start);
}
