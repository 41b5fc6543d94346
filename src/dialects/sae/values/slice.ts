import { Type } from 'typebox';
import { jsonText, wrong } from './json-text.ts';

const sliceEnvsText = jsonText(Type.Array(Type.Unknown()), '[0,1,2]');

/** Reads `SliceEnvs`: a JSON array of anything, one element per shard. */
export function parseSliceEnvs(text: string): readonly unknown[] {
  const elements = sliceEnvsText.parse('SliceEnvs', text);
  for (const [index, element] of elements.entries()) checkElement(element, index);
  return elements;
}

/**
 * Extra variables of each shard (sae.md §4.3.9): its index, the count, its element, and the
 * element's members when it is an object. Without elements shard i gets the number i.
 * @throws WireError `InvalidParameter.WithMessage` when there is not one element per replica.
 */
export function shardVariables(
  elements: readonly unknown[] | null,
  replicas: number,
): readonly Readonly<Record<string, string>>[] {
  if (elements !== null && elements.length !== replicas) {
    throw wrong(
      'SliceEnvs',
      `has ${elements.length} elements but Replicas is ${replicas}; give one element per replica`,
    );
  }
  return Array.from({ length: replicas }, (_, index) => {
    const element = elements === null ? index : elements[index];
    return Object.fromEntries([
      ...members(element).map(([name, value]) => [name, textOf(value)]),
      // Last, so that a member of the element cannot lie about the shard's place.
      ['SAE_SLICE_INDEX', String(index)],
      ['SAE_SLICE_TOTAL', String(replicas)],
      ['SAE_SLICE_ENV', textOf(element)],
    ]) as Record<string, string>;
  });
}

function members(element: unknown): readonly (readonly [string, unknown])[] {
  return typeof element === 'object' && element !== null && !Array.isArray(element)
    ? Object.entries(element)
    : [];
}

/** A string as it is, everything else as JSON text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function checkElement(element: unknown, index: number): void {
  if (typeof element === 'string' && element.includes('\0')) {
    throw wrong('SliceEnvs', `/${index} holds a NUL character`);
  }
  for (const [name, value] of members(element)) {
    if (name === '' || /[=\0]/.test(name)) {
      throw wrong('SliceEnvs', `/${index} has a member whose name cannot be a variable`);
    }
    if (typeof value === 'string' && value.includes('\0')) {
      throw wrong('SliceEnvs', `/${index}/${name} holds a NUL character`);
    }
  }
}
