/** Changes of one column's values on their way (cdm.md §5.2). */
import { DomainError } from '../errors.ts';
import type { AddedField, ConverterSpec } from './definition.ts';
import { expressionEnd } from './expression-end.ts';
import { ExpressionError } from './expressions/error.ts';
import {
  compileExpression,
  compileTemplate,
  type RowExpression,
} from './expressions/expression.ts';
import type { ExpressionServices } from './expressions/function.ts';
import { trimControls } from './expressions/string-edits.ts';

/** Bounds of converters and added fields. */
export const converterLimits = {
  /** Of a text that is searched or put in, and of an added field's value. */
  maxTextChars: 65_536,
  maxAddedFields: 1_000,
  /** Of characters that are kept. */
  maxKept: 1_000_000,
} as const;

/** Changes one value. @throws ExpressionError when an expression cannot take it: a dirty row. */
export type Converter = RowExpression;

type Params = Readonly<Record<string, unknown>>;

/** One type of converter: its parameters by name, and what it makes of them. */
interface ConverterType {
  readonly params: readonly string[];
  compile(params: ParamReader, services: ExpressionServices): Converter;
}

const types: ReadonlyMap<string, ConverterType> = new Map<string, ConverterType>([
  [
    'ANONYMIZE',
    {
      params: ['keepFirst', 'keepLast', 'mask'],
      compile(params) {
        const first = params.count('keepFirst');
        const last = params.count('keepLast');
        const mask = params.text('mask', '*');
        if ([...mask].length !== 1) params.fail('mask', 'one character is needed');
        return unlessNull((text) => anonymized(text, first, last, mask));
      },
    },
  ],
  ['TRIM', { params: [], compile: () => unlessNull(trimControls) }],
  ['REVERSE', { params: [], compile: () => unlessNull((text) => [...text].toReversed().join('')) }],
  [
    'REPLACE',
    {
      params: ['search', 'replacement'],
      compile(params) {
        const search = params.text('search');
        const replacement = params.text('replacement', '');
        if (search === '') params.fail('search', 'the text to replace is empty');
        return unlessNull((text) => text.replaceAll(search, () => replacement));
      },
    },
  ],
  [
    'REMOVE_LINE_BREAK',
    { params: [], compile: () => unlessNull((text) => text.replaceAll(/[\r\n]/g, '')) },
  ],
  [
    'EXPRESSION',
    {
      params: ['expression'],
      compile(params, services) {
        const text = params.text('expression');
        try {
          return compileExpression(text, services);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          return params.fail('expression', error.message);
        }
      },
    },
  ],
]);

/**
 * The function that a converter stands for; all but expressions leave null as it is. Types are
 * written in any case. @throws DomainError `invalid-argument` naming column and parameter.
 */
export function compileConverter(spec: ConverterSpec, services: ExpressionServices): Converter {
  const type = types.get(spec.type.toUpperCase());
  if (type === undefined) {
    const message = `the converter of column "${spec.column}" is of type "${spec.type}"; types are ${[...types.keys()].join(', ')}`;
    throw new DomainError('invalid-argument', message, { column: spec.column });
  }
  const params = new ParamReader(spec);
  params.onlyKnow(type.params);
  return type.compile(params, services);
}

/**
 * Fields that are added to rows, from `name:value&name:value`. `&` and `:` within `${…}` and
 * `#{…}` belong to the value, so do all colons but the first.
 * @throws DomainError `invalid-argument` naming the field.
 */
export function parseAddedFields(text: string): readonly AddedField[] {
  if (text === '') return [];
  const fields = splitFields(text).map((field) => {
    const colon = field.indexOf(':');
    const name = colon === -1 ? '' : field.slice(0, colon).trim();
    if (name === '') {
      throw wrongField(field.slice(0, 40), 'name and value are separated by a colon');
    }
    return { name, value: field.slice(colon + 1) };
  });
  if (fields.length > converterLimits.maxAddedFields) {
    throw wrongField(
      `${fields.length} fields`,
      `at most ${converterLimits.maxAddedFields} are allowed`,
    );
  }
  const names = new Set<string>();
  for (const { name, value } of fields) {
    if (names.has(name)) throw wrongField(name, 'it is given twice');
    names.add(name);
    if (value.length > converterLimits.maxTextChars)
      throw wrongField(name, 'its value is too long');
  }
  return fields;
}

/**
 * The value of an added field for each row; `value` is null in its expressions. Macros must be
 * resolved before. @throws DomainError `invalid-argument` naming the field.
 */
export function compileAddedField(
  { name, value }: AddedField,
  services: ExpressionServices,
): (row: readonly (string | null)[]) => string | null {
  try {
    const compiled = compileTemplate(value, services);
    return (row) => compiled(null, row);
  } catch (error) {
    if (error instanceof ExpressionError) throw wrongField(name, error.message);
    throw error;
  }
}

function wrongField(name: string, why: string): DomainError {
  return new DomainError('invalid-argument', `the added field "${name}" is wrong: ${why}`, {
    field: name,
  });
}

/** At each `&` that stands in no `${…}` and no `#{…}`. */
function splitFields(text: string): readonly string[] {
  const fields: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('${', at) || text.startsWith('#{', at)) {
      at = (expressionEnd(text, at) ?? at + 1) - 1;
    } else if (text.charAt(at) === '&') {
      fields.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...fields, text.slice(from)];
}

function unlessNull(change: (text: string) => string): Converter {
  return (value) => (value === null ? null : change(value));
}

/** A value that is too short to hide anything in is hidden as a whole. */
function anonymized(text: string, first: number, last: number, mask: string): string {
  const chars = [...text];
  const hidden = chars.length - first - last;
  if (hidden <= 0) return mask.repeat(chars.length);
  return [...chars.slice(0, first), mask.repeat(hidden), ...chars.slice(chars.length - last)].join(
    '',
  );
}

/** Reads the parameters of one converter and names it in errors. */
class ParamReader {
  readonly #spec: ConverterSpec;
  readonly #params: Params;

  constructor(spec: ConverterSpec) {
    this.#spec = spec;
    this.#params = spec.params;
  }

  onlyKnow(names: readonly string[]): void {
    const stranger = Object.keys(this.#params).find((name) => !names.includes(name));
    if (stranger === undefined) return;
    this.fail(stranger, names.length === 0 ? 'it takes none' : `known are ${names.join(', ')}`);
  }

  /** A whole number, also written as text; 0 when absent. */
  count(name: string): number {
    const value = this.#params[name] ?? 0;
    const isDigits = typeof value === 'string' && /^\d{1,7}$/.test(value.trim());
    const count = isDigits ? Number(value) : value;
    const isRight = typeof count === 'number' && Number.isInteger(count) && count >= 0;
    if (isRight && count <= converterLimits.maxKept) return count;
    return this.fail(name, `a whole number from 0 to ${converterLimits.maxKept} is needed`);
  }

  /** A text; the default when absent. */
  text(name: string, absent?: string): string {
    const value = this.#params[name] ?? absent;
    if (typeof value !== 'string') return this.fail(name, 'a text is needed');
    if (value.length <= converterLimits.maxTextChars) return value;
    return this.fail(name, `at most ${converterLimits.maxTextChars} characters are allowed`);
  }

  fail(param: string, why: string): never {
    const { column, type } = this.#spec;
    const message = `the converter ${type} of column "${column}": parameter "${param}": ${why}`;
    throw new DomainError('invalid-argument', message, { column, param });
  }
}
