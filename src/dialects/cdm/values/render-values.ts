/** Writing `ConfigValues` onto the wire (cdm.md §3.2.1): what a client sends back changes nothing. */
import type { Config, ConfigValues, Input, InputValue } from './config-values.ts';
import { encodePercent, protectPercent } from './percent.ts';

/** Driver inputs that clients unescape; the others are shown raw. */
const escapedDriverInputs: ReadonlySet<string> = new Set([
  'schedulerConfig.startDate',
  'schedulerConfig.stopDate',
  'throttlingConfig.dirtyDataDirectory',
]);

/** @param values with secrets masked. */
export function renderValues(
  values: ConfigValues,
  group: 'from' | 'to' | 'driver' | 'link',
): Readonly<Record<string, unknown>> {
  const escapes = (name: string): boolean => group !== 'driver' || escapedDriverInputs.has(name);
  return {
    configs: values.configs.map((config) => renderConfig(config, escapes)),
    ...(values.extended === null ? {} : { 'extended-configs': values.extended }),
    ...(group === 'link' ? { validators: values.validators } : {}),
  };
}

function renderConfig(
  { name, inputs, id, type }: Config,
  escapes: (name: string) => boolean,
): Readonly<Record<string, unknown>> {
  return {
    name,
    inputs: inputs.map((input) => renderInput(input, escapes(input.name))),
    ...(id === null ? {} : { id }),
    ...(type === '' ? {} : { type }),
  };
}

function renderInput(
  { name, value, type }: Input,
  escape: boolean,
): Readonly<Record<string, unknown>> {
  return { name, value: renderValue(value, escape), ...(type === '' ? {} : { type }) };
}

function renderValue(value: InputValue, escape: boolean): InputValue {
  if (typeof value !== 'string') return value;
  return escape ? encodePercent(value) : protectPercent(value);
}
