/** The grammar of macros (cdm.md §6.2): what is in a text, without resolving anything. */
import { DomainError } from '../errors.ts';
import { dateUnits } from './dates/wall.ts';
import { expressionEnd } from './expression-end.ts';
import type { DateShift } from './macro-dates.ts';

/** Bounds of texts with macros. */
export const macroLimits = {
  maxTextChars: 1_048_576,
  /** Of a resolved text: values of variables may be put in many times. */
  maxResultChars: 4_194_304,
  /** Openers `${`, `$${` and `#{` in one text. */
  maxMacros: 10_000,
  maxMacroChars: 1_024,
} as const;

/**
 * A text whose macros cannot be resolved. `macro`: the name that nothing defines, or the macro
 * that is wrong. Dialects answer it like any other invalid argument.
 */
export class MacroError extends DomainError {
  readonly macro: string;
  /** Whether it is a name that nothing defines. */
  readonly isUndefined: boolean;

  constructor(macro: string, message: string, isUndefined = false) {
    super('invalid-argument', message, { macro });
    this.name = 'MacroError';
    this.macro = macro;
    this.isUndefined = isUndefined;
  }
}

/** What `custom(…)` can tell of a run. */
export const customNames = ['host', 'database', 'fromLinkName', 'schemaName', 'tableName'] as const;
export type CustomName = (typeof customNames)[number];

/** One piece of a text. `source` is how it is written. */
export type MacroPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string; readonly source: string }
  | { readonly kind: 'custom'; readonly name: CustomName; readonly source: string }
  | {
      readonly kind: 'dateformat';
      readonly pattern: string;
      readonly shift: DateShift | null;
      readonly source: string;
    }
  | {
      readonly kind: 'timestamp';
      /** Format and read back by this pattern; null: as exact as it is. */
      readonly pattern: string | null;
      readonly shift: DateShift | null;
      readonly source: string;
    };

/**
 * Takes a text apart, from left to right. `$${…}` becomes the text `${…}`; a complete `#{…}` is
 * text. @throws MacroError for `${…}` that is no macro, and beyond the bounds.
 */
export function parseMacros(text: string): readonly MacroPart[] {
  if (text.length > macroLimits.maxTextChars) {
    const message = `a text of ${text.length} characters; at most ${macroLimits.maxTextChars} are allowed`;
    throw new MacroError('', message);
  }
  const parts: MacroPart[] = [];
  let plainFrom = 0;
  const addText = (piece: string): void => {
    if (piece !== '') parts.push({ kind: 'text', text: piece });
  };
  const openers = /\$\$\{|\$\{|#\{/g;
  let count = 0;
  for (let opener = openers.exec(text); opener !== null; opener = openers.exec(text)) {
    const start = opener.index;
    if (++count > macroLimits.maxMacros) {
      throw new MacroError('', `more than ${macroLimits.maxMacros} macros in one text`);
    }
    if (opener[0] === '#{') {
      // Without an end it is two characters like others.
      openers.lastIndex = expressionEnd(text, start) ?? start + 2;
      continue;
    }
    addText(text.slice(plainFrom, start));
    if (opener[0] === '$${') {
      const end = text.indexOf('}', start);
      plainFrom = start + 1;
      openers.lastIndex = end === -1 ? start + 3 : end + 1;
      continue;
    }
    const end = macroEnd(text, start);
    const source = text.slice(start, end);
    parts.push(readMacro(source.slice(2, -1).trim(), source));
    plainFrom = end;
    openers.lastIndex = end;
  }
  addText(text.slice(plainFrom));
  return parts;
}

/** Behind the brace that closes a macro; braces within quoted pattern text do not. */
function macroEnd(text: string, start: number): number {
  const near = text.slice(start, start + macroLimits.maxMacroChars);
  const isDate = /^\$\{\s*(?:dateformat|timestamp)\(/.test(near);
  const end = isDate ? outsideQuotes(near, 0, '}') : near.indexOf('}');
  if (end === -1) throw malformed(near.slice(0, 40), 'it has no closing brace');
  return start + end + 1;
}

function readMacro(inner: string, source: string): MacroPart {
  if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(inner)) return { kind: 'name', name: inner, source };
  const call = /^(dateformat|timestamp|custom)\((.*)\)$/s.exec(inner);
  if (call === null) {
    throw malformed(
      source,
      'it is neither a name (letters, digits, "_", ".", "-") nor dateformat(…), timestamp(…) or custom(…)',
    );
  }
  const [, name, argument = ''] = call;
  if (name === 'dateformat') return { kind: 'dateformat', ...readFormat(argument, source), source };
  if (name === 'custom') {
    const custom = customNames.find((known) => known === argument);
    if (custom !== undefined) return { kind: 'custom', name: custom, source };
    throw malformed(source, `custom(…) takes one of ${customNames.join(', ')}`);
  }
  if (argument.trim() === '') return { kind: 'timestamp', pattern: null, shift: null, source };
  const format = /^\s*dateformat\((.*)\)\s*$/s.exec(argument);
  if (format !== null) {
    return { kind: 'timestamp', ...readFormat(format[1] ?? '', source), source };
  }
  const shift = readShift(argument, source);
  if (shift !== null) return { kind: 'timestamp', pattern: null, shift, source };
  throw malformed(source, 'timestamp(…) takes nothing, a number and a unit, or dateformat(…)');
}

/** `pattern`, or `pattern, number, unit`: any other comma belongs to the pattern. */
function readFormat(
  argument: string,
  source: string,
): { readonly pattern: string; readonly shift: DateShift | null } {
  if (outsideQuotes(argument, 0, ')') !== -1) throw malformed(source, 'put ")" in quotes');
  let comma = outsideQuotes(argument, 0, ',');
  while (comma !== -1) {
    const shift = readShift(argument.slice(comma + 1), source);
    if (shift !== null) return checkedFormat(argument.slice(0, comma), shift, source);
    comma = outsideQuotes(argument, comma + 1, ',', argument.slice(0, comma + 1));
  }
  return checkedFormat(argument, null, source);
}

function checkedFormat(
  pattern: string,
  shift: DateShift | null,
  source: string,
): { readonly pattern: string; readonly shift: DateShift | null } {
  if (pattern === '') throw malformed(source, 'dateformat(…) needs a pattern');
  return { pattern, shift };
}

function readShift(text: string, source: string): DateShift | null {
  const match = /^\s*([+-]?\d+)\s*,\s*([A-Za-z]+)\s*$/.exec(text);
  if (match === null) return null;
  const name = (match[2] ?? '').toUpperCase();
  const unit = dateUnits.find((known) => known === name);
  // "-1, DAYS" means a unit, whatever letters of a pattern it could be.
  if (unit === undefined) throw malformed(source, `units are ${dateUnits.join(', ')}`);
  return { amount: Number(match[1]), unit };
}

/** The first such character that no quotes enclose, or -1. */
function outsideQuotes(text: string, from: number, char: string, before = ''): number {
  let quoted = (before.split("'").length - 1) % 2 === 1;
  for (let at = from; at < text.length; at++) {
    const here = text.charAt(at);
    if (here === "'") quoted = !quoted;
    else if (here === char && !quoted) return at;
  }
  return -1;
}

function malformed(source: string, why: string): MacroError {
  const shown = source.length > 80 ? `${source.slice(0, 77)}...` : source;
  const remedy = 'write $${…} for the plain text';
  return new MacroError(shown, `"${shown}" is no macro: ${why}; ${remedy}`);
}
