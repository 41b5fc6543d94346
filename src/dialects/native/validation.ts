import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { ProblemError } from './problem.ts';

/** Most faults named in one answer. */
const maxFaults = 5;

/** Checks one part of a request and gives it back, typed by the schema. */
export type PartCheck = (value: unknown) => unknown;

/**
 * Compiles the check of one part. Query and path are text, so numbers and booleans are read from
 * it (`fromText`); a body must have the right types itself.
 * @throws ProblemError `invalid-request` (from the check) naming the members that are wrong.
 */
export function partCheck(
  place: string,
  schema: TSchema | undefined,
  fromText: boolean,
): PartCheck {
  if (schema === undefined) {
    return () => undefined;
  }
  // Compiled when first needed: a server starts faster than all operations are ever used.
  let compiled: ReturnType<typeof Compile> | null = null;
  return (raw) => {
    compiled ??= Compile(schema);
    const validator = compiled;
    const value = fromText ? Value.Convert(schema, raw) : raw;
    if (validator.Check(value)) {
      return value;
    }
    const faults = new Set<string>();
    for (const { instancePath, message, keyword, params } of validator.Errors(value)) {
      if (keyword === 'boolean') {
        continue; // "schema is false" says less than the additionalProperties fault that follows.
      }
      const where = instancePath === '' ? place : `${place}${instancePath}`;
      const names =
        'additionalProperties' in params ? `: ${String(params.additionalProperties)}` : '';
      const allowed = 'allowedValues' in params ? `: ${String(params.allowedValues)}` : '';
      faults.add(`${where} ${message}${names}${allowed}`);
    }
    throw new ProblemError('invalid-request', [...faults].slice(0, maxFaults).join('; '));
  };
}
