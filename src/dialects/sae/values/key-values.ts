import { Type } from 'typebox';
import { jsonText, wrong } from './json-text.ts';

/** Longest key (sae.md §5.2). How much fits altogether is the engine's limit. */
const maxKeyChars = 250;

const example = '{"key":"value"}';
const objectText = jsonText(Type.Record(Type.String(), Type.Unknown()), example);

/** Pairs of a ConfigMap or Secret. */
export type KeyValues = Readonly<Record<string, string>>;

/**
 * Reads `Data`: the text of a JSON object. Values that are no strings become their JSON text.
 * @throws WireError `InvalidParameter.WithMessage`; it never repeats a value.
 */
export function parseKeyValues(name: string, text: string): KeyValues {
  return checked(name, objectText.parse(name, text));
}

/**
 * Reads `SecretData`, also in the wrapper that current clients put around it: an object with the
 * single member `SecretData` (sae.md §5.3).
 * @throws WireError `InvalidParameter.WithMessage`; it never repeats a value.
 */
export function parseSecretData(text: string): KeyValues {
  const name = 'SecretData';
  const outer = objectText.parse(name, text);
  const members = Object.keys(outer);
  if (members.length !== 1 || members[0] !== name) return checked(name, outer);
  const inner = outer[name];
  return parseKeyValues(name, typeof inner === 'string' ? inner : JSON.stringify(inner));
}

function checked(name: string, pairs: Readonly<Record<string, unknown>>): KeyValues {
  const entries = Object.entries(pairs).map(([key, value]): [string, string] => {
    checkKey(name, key);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (!isStorable(text)) {
      throw wrong(name, `the value of ${key} holds a NUL or half of a surrogate pair`);
    }
    return [key, text];
  });
  // fromEntries defines members, so a key named __proto__ stays a key.
  return Object.fromEntries(entries);
}

/** Keys become names of variables and of files. */
function checkKey(name: string, key: string): void {
  if (key === '') throw wrong(name, 'a key is empty');
  if (key.length > maxKeyChars) throw wrong(name, `a key is longer than ${maxKeyChars} characters`);
  if (!isStorable(key) || key.includes('/') || key === '.' || key === '..') {
    throw wrong(name, `not a key, which must be usable as a file name: ${JSON.stringify(key)}`);
  }
}

/** Whether every store, file and variable can hold the text. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
