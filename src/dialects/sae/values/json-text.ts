import JSON5 from 'json5';
import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { saeError } from '../errors.ts';

/** Longest JSON text of one parameter. */
const maxJsonChars = 1_048_576;
/** Longest text the relaxed parser is given: it walks character by character. */
const maxRelaxedChars = 65_536;
/** Deepest nesting; also keeps writing a value back from overflowing the stack. */
const maxJsonDepth = 32;

/** Text without NUL, which no process argument, variable or path can hold. */
export const PlainText = Type.String({ pattern: '^[^\\u0000]*$' });
/** Text that names something: not empty. */
export const NonEmptyText = Type.String({ minLength: 1, pattern: '^[^\\u0000]*$' });
/** An absolute path inside the container. */
export const AbsolutePath = Type.String({ pattern: '^/[^\\u0000]*$', maxLength: 4096 });

/** Reads one JSON-in-a-string parameter. */
export interface JsonText<T> {
  /**
   * @throws WireError `InvalidParameter.WithMessage` with the place that is wrong and an example
   *   of what is right (sae.md §4.2, #3).
   */
  parse(name: string, text: string): T;
}

/**
 * A reader for values of this schema. `example` is shown to who sent something else; `relaxed`
 * also takes unquoted keys and single quotes (sae.md §7.1 C14).
 */
export function jsonText<S extends TSchema>(
  schema: S,
  example: string,
  relaxed = false,
): JsonText<Static<S>> {
  const validator = Compile(schema);
  return {
    parse(name, text) {
      const value = readJson(name, text, example, relaxed);
      if (validator.Check(value)) return value;
      const first = validator.Errors(value)[0];
      const where = first === undefined ? '' : `${first.instancePath || 'the value'} `;
      const what = first === undefined ? 'has the wrong shape' : first.message;
      throw wrong(name, `${where}${what}; expected ${example}`);
    },
  };
}

function readJson(name: string, text: string, example: string, relaxed: boolean): unknown {
  if (text.length > maxJsonChars) {
    throw wrong(name, `longer than ${maxJsonChars} characters`);
  }
  const value = parseText(text, relaxed);
  if (value === undefined) throw wrong(name, `not JSON text; expected ${example}`);
  if (deeperThan(value, maxJsonDepth)) {
    throw wrong(name, `nested deeper than ${maxJsonDepth} levels`);
  }
  return value;
}

function parseText(text: string, relaxed: boolean): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (!relaxed || text.length > maxRelaxedChars) return undefined;
  }
  try {
    return JSON5.parse<unknown>(text);
  } catch {
    return undefined;
  }
}

/** Iterative, so that hostile nesting cannot overflow the stack before it is refused. */
function deeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth >= limit) return true;
      for (const member of Object.values(item)) next.push(member);
    }
    level = next;
  }
  return false;
}

/** A refusal of a structured parameter with its reason. */
export function wrong(name: string, reason: string): Error {
  return saeError('InvalidParameter.WithMessage', name, reason);
}
