/** Secrets among inputs: sealed at rest, a placeholder on the wire (cdm.md §3.2.1). */
import type { Config, ConfigValues, Input, InputValue } from './config-values.ts';
import { decodeExtended, encodeExtended, type ExtendedFields } from './extended.ts';

/** What a reader sees instead of a secret. */
export const placeholder = 'Add password here';

const secretParts: ReadonlySet<string> = new Set([
  'password',
  'securityKey',
  'sk',
  'securityToken',
  'dek',
  'iv',
  'keytab',
  'privateKey',
]);

/** What secrets are sealed for. */
const purpose = 'cdm-input';

type Stored = Readonly<Record<string, unknown>>;
type Change = (secret: string, key: string) => string;

/** Whether the value of an input of this name, full or not, is a secret. */
export function isSecret(name: string): boolean {
  return secretParts.has(name.slice(name.lastIndexOf('.') + 1));
}

/** The values as they are kept: JSON without a secret in clear. */
export function sealValues(
  values: ConfigValues,
  seal: (text: string, purpose: string) => string,
): Stored {
  return mapSecrets(values, (secret) => (secret === '' ? '' : seal(secret, purpose))) as Stored &
    ConfigValues;
}

/** What was kept, in clear again. @throws Error when it was sealed with another master key. */
export function openValues(
  stored: unknown,
  unseal: (sealed: string, purpose: string) => string,
): ConfigValues {
  return mapSecrets(stored as ConfigValues, (secret) =>
    secret === '' ? '' : unseal(secret, purpose),
  );
}

/** The values as clients may see them. Also fit for what is kept: it is not opened for that. */
export function maskValues(values: ConfigValues): ConfigValues {
  return mapSecrets(values, (secret) => (secret === '' ? '' : placeholder));
}

/**
 * What a client sends back, with the secrets that it saw as placeholders or left empty. Without a
 * stored one a placeholder is empty.
 */
export function keepSecrets(next: ConfigValues, previous: ConfigValues | null): ConfigValues {
  const known = new Map<string, string>();
  if (previous !== null) {
    mapSecrets(previous, (secret, key) => {
      known.set(key, secret);
      return secret;
    });
  }
  return mapSecrets(next, (secret, key) => (isBlank(secret) ? (known.get(key) ?? '') : secret));
}

function isBlank(secret: string): boolean {
  const text = secret.trim();
  return text === '' || text === placeholder || text === `${placeholder}.`;
}

/** `key` names the place of a secret: input, and member where it is in a map. */
function mapSecrets(values: ConfigValues, change: Change): ConfigValues {
  return {
    ...values,
    configs: values.configs.map((config): Config => ({
      ...config,
      inputs: config.inputs.map((input): Input => ({
        ...input,
        value: changed(input.name, input.value, change),
      })),
    })),
    extended: changedExtended(values.extended, change),
  };
}

function changed(name: string, value: InputValue, change: Change): InputValue {
  if (typeof value === 'string') return isSecret(name) ? change(value, name) : value;
  if (isSecret(name)) return change(JSON.stringify(value), name);
  if (isList(value)) return value.map((item) => changedPair(name, item, change));
  return changedMembers(name, value, change);
}

function changedMembers(name: string, fields: ExtendedFields, change: Change): ExtendedFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, member]) => [
      key,
      isSecret(key) && member !== null && member !== undefined
        ? change(typeof member === 'string' ? member : JSON.stringify(member), `${name}/${key}`)
        : member,
    ]),
  );
}

/** A `{name, value}` pair of a list. */
function changedPair(name: string, item: unknown, change: Change): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const pair = item as { readonly name?: unknown; readonly value?: unknown };
  if (typeof pair.name !== 'string' || !isSecret(pair.name)) return item;
  return { ...pair, value: change(String(pair.value ?? ''), `${name}/${pair.name}`) };
}

/** Kept as it is unless there is a secret in it: its text is echoed unchanged. */
function changedExtended(
  extended: ConfigValues['extended'],
  change: Change,
): ConfigValues['extended'] {
  if (extended === null) return null;
  const fields = decodeExtended(extended.value) ?? {};
  if (!Object.keys(fields).some(isSecret)) return extended;
  return { ...extended, value: encodeExtended(changedMembers(extended.name, fields, change)) };
}

function isList(value: Exclude<InputValue, string>): value is readonly unknown[] {
  return Array.isArray(value);
}
