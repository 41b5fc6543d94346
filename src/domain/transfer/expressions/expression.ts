/** Expressions on rows (cdm.md §5.2): compiled once, evaluated for each row. */
import { expressionEnd } from '../expression-end.ts';
import { DatePatternError } from '../dates/pattern.ts';
import { compileNode, type Evaluate } from './compile.ts';
import { ExpressionError } from './error.ts';
import type { ExpressionServices } from './function.ts';
import { parseExpression } from './parse.ts';
import { boundedText, textOf, textOrNull } from './values.ts';

/**
 * Gives the result for one row. `value`: the field that is converted; `row`: all fields as read.
 * @throws ExpressionError when a value does not fit: then the row is dirty.
 */
export type RowExpression = (
  value: string | null,
  row: readonly (string | null)[],
) => string | null;

/** Services with an empty cache of their own. */
export function expressionServices(rest: Omit<ExpressionServices, 'cache'>): ExpressionServices {
  return { ...rest, cache: new Map() };
}

/**
 * Compiles `StringUtils.trim(value)`, or the same within `#{…}`.
 * @throws ExpressionError with the place of the fault.
 */
export function compileExpression(text: string, services: ExpressionServices): RowExpression {
  const trimmed = text.trim();
  const isWrapped = trimmed.startsWith('#{') && expressionEnd(trimmed, 0) === trimmed.length;
  return asText(compiled(isWrapped ? trimmed.slice(2, -1) : text, services));
}

/**
 * Compiles a text with `#{…}` in it: alone it is the expression's result, which may be null; among
 * other text it is put in. Without any it is the text itself.
 * @throws ExpressionError with the place of the fault within its expression.
 */
export function compileTemplate(text: string, services: ExpressionServices): RowExpression {
  const pieces: (string | Evaluate)[] = [];
  let plainFrom = 0;
  for (let start = text.indexOf('#{'); start !== -1; start = text.indexOf('#{', plainFrom)) {
    const end = expressionEnd(text, start);
    if (end === null) throw new ExpressionError('#{ has no closing brace', start);
    if (start > plainFrom) pieces.push(text.slice(plainFrom, start));
    pieces.push(compiled(text.slice(start + 2, end - 1), services));
    plainFrom = end;
  }
  if (plainFrom < text.length) pieces.push(text.slice(plainFrom));
  const [only = ''] = pieces;
  if (pieces.length <= 1) return typeof only === 'string' ? () => only : asText(only);
  return asText((scope) => {
    const texts = pieces.map((piece) => (typeof piece === 'string' ? piece : textOf(piece(scope))));
    return boundedText(texts.join(''), 0);
  });
}

function compiled(text: string, services: ExpressionServices): Evaluate {
  return compileNode(parseExpression(text), services);
}

function asText(evaluate: Evaluate): RowExpression {
  return (value, row) => {
    try {
      return textOrNull(evaluate({ value, row }));
    } catch (error) {
      // A date that no text can tell.
      if (error instanceof DatePatternError) throw new ExpressionError(error.message, 0);
      throw error;
    }
  };
}
