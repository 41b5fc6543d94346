import type { TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Value } from 'typebox/value';
import type { ShapeFault } from './operation.ts';

/** Gives a checked value, or says what is wrong with it. */
export type ShapeCheck = (
  value: unknown,
) => { readonly value: unknown } | { readonly fault: ShapeFault };

const ranges: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'maxLength',
  'minItems',
  'maxItems',
]);

/**
 * The check of a query; text becomes numbers and booleans where the schema has them. What is empty
 * and cannot be a text is absent: clients write parameters that they have no value for.
 */
export function queryCheck(schema: TObject | undefined): ShapeCheck {
  const texts = Object.entries(schema?.properties ?? {}).flatMap(([name, member]) =>
    'type' in member && member.type === 'string' ? [name] : [],
  );
  return check('query', schema, (schemaOf, value) => {
    const given = Object.entries(value as object).filter(
      ([name, text]) => text !== '' || texts.includes(name),
    );
    return Value.Convert(schemaOf, Object.fromEntries(given));
  });
}

/** The check of a body, which must have the right types itself. */
export function bodyCheck(schema: TSchema | undefined): ShapeCheck {
  return check('body', schema, (_, value) => value);
}

function check(
  part: ShapeFault['part'],
  schema: TSchema | undefined,
  convert: (schema: TSchema, value: unknown) => unknown,
): ShapeCheck {
  if (schema === undefined) return (value) => ({ value });
  // Compiled when first needed: a server starts faster than all operations are ever used.
  let validator: Validator | null = null;
  return (raw) => {
    validator ??= Compile(schema);
    const value = convert(schema, raw);
    if (validator.Check(value)) return { value };
    return { fault: firstFault(part, validator.Errors(value)) };
  };
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function firstFault(part: ShapeFault['part'], errors: readonly SchemaError[]): ShapeFault {
  const [error] = errors;
  if (error === undefined) return { part, kind: 'other', where: '', rule: 'is not valid' };
  const { keyword, message, params } = error;
  const where = error.instancePath.split('/').slice(1).join('.');
  if (keyword === 'required' && 'requiredProperties' in params) {
    const [name] = params.requiredProperties as readonly string[];
    const missing = [where, name].filter((word) => word !== '' && word !== undefined).join('.');
    return { part, kind: 'missing', where: missing, rule: 'is required' };
  }
  const rule = 'allowedValues' in params ? `${message}: ${String(params.allowedValues)}` : message;
  return { part, kind: faultKind(keyword), where, rule };
}

function faultKind(keyword: string): ShapeFault['kind'] {
  if (keyword === 'minLength') return 'blank';
  if (ranges.has(keyword)) return 'range';
  if (keyword === 'type') return 'type';
  return keyword === 'enum' || keyword === 'const' || keyword === 'anyOf' ? 'choice' : 'other';
}
