/** Reading `ConfigValues` off the wire (cdm.md §3.2): tolerant of what real clients send. */
import { cdmError } from '../errors.ts';
import { decodeExtended } from './extended.ts';
import { decodePercent } from './percent.ts';

/** A decoded value: text, a map as object, or a list of `{name, value}` pairs. */
export type InputValue = string | Readonly<Record<string, unknown>> | readonly unknown[];

export interface Input {
  /** In full, e.g. `fromJobConfig.tableName`, as it was sent. */
  readonly name: string;
  readonly value: InputValue;
  /** As sent; empty = none. */
  readonly type: string;
}

export interface Config {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** As sent; null = none. */
  readonly id: number | null;
  readonly type: string;
}

/** A group of configurations with secrets in clear: never stored, never shown. */
export interface ConfigValues {
  readonly configs: readonly Config[];
  readonly extended: { readonly name: string; readonly value: string } | null;
  readonly validators: readonly string[];
}

export const noValues: ConfigValues = { configs: [], extended: null, validators: [] };

/** Bounds of one group; the body as a whole is bounded by the family. */
const limits = { configs: 50, inputs: 500, nameChars: 256 } as const;

/**
 * @param where what the group is called on the wire, for messages.
 * @throws WireError Cdm.0018 for another shape, Cdm.0014 for too much.
 */
export function readConfigValues(raw: unknown, where: string): ConfigValues {
  if (raw === undefined || raw === null) return noValues;
  const group = asObject(raw, where);
  const configs = asList(group['configs'], `${where}.configs`, limits.configs);
  const validators = group['validators'];
  return {
    configs: configs.map((config, index) => readConfig(config, `${where}.configs[${index}]`)),
    extended: readExtended(group['extended-configs'], `${where}.extended-configs`),
    validators: Array.isArray(validators)
      ? validators.filter((item): item is string => typeof item === 'string').slice(0, 100)
      : [],
  };
}

function readConfig(raw: unknown, where: string): Config {
  const config = asObject(raw, where);
  const inputs = asList(config['inputs'], `${where}.inputs`, limits.inputs);
  const { name, id, type } = config;
  return {
    name: typeof name === 'string' ? name : '',
    inputs: inputs.flatMap((input, index) => readInput(input, `${where}.inputs[${index}]`)),
    id: typeof id === 'number' && Number.isSafeInteger(id) ? id : null,
    type: typeof type === 'string' ? type : '',
  };
}

/** Empty for an input without a value: that is an absent one. */
function readInput(raw: unknown, where: string): readonly Input[] {
  const input = asObject(raw, where);
  const { name, type } = input;
  if (typeof name !== 'string' || name === '') throw cdmError('Cdm.0238', `${where}.name`);
  if (name.length > limits.nameChars) {
    throw cdmError('Cdm.0014', `${where}.name has more than ${limits.nameChars} characters.`);
  }
  // Old documents call the member `values`.
  const value = input['value'] ?? input['values'];
  if (value === undefined || value === null) return [];
  return [{ name, value: readValue(value), type: typeof type === 'string' ? type : '' }];
}

function readValue(raw: unknown): InputValue {
  if (typeof raw === 'string') return decodePercent(raw.toWellFormed());
  if (typeof raw === 'object' && raw !== null) return raw as InputValue;
  return String(raw);
}

function readExtended(raw: unknown, where: string): ConfigValues['extended'] {
  if (raw === undefined || raw === null) return null;
  const { name, value } = asObject(raw, where);
  if (name === undefined && value === undefined) return null;
  const text = typeof value === 'string' ? value : '';
  if (decodeExtended(text) === null) {
    throw cdmError(
      'Cdm.0014',
      `${where}.value is not the base64 text of a JSON object (with J and L exchanged).`,
    );
  }
  return { name: typeof name === 'string' ? name : '', value: text };
}

function asObject(raw: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    return raw as Readonly<Record<string, unknown>>;
  }
  throw cdmError('Cdm.0018', `${where} must be an object.`);
}

/** Examples of the manual send `{}` for an empty list. */
function asList(raw: unknown, where: string, limit: number): readonly unknown[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) {
    if (typeof raw === 'object' && Object.keys(raw).length === 0) return [];
    throw cdmError('Cdm.0018', `${where} must be an array.`);
  }
  if (raw.length > limit) throw cdmError('Cdm.0014', `${where} has more than ${limit} entries.`);
  return raw.filter((item) => item !== null && item !== undefined);
}
