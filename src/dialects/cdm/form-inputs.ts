/** Inputs of jobs as fields of forms, and back. */
import { field, type FormField } from '../kit/operations.ts';
import { connectors } from './translate/connectors.ts';
import { driverInputs } from './translate/inputs/driver.ts';
import { fromInputs } from './translate/inputs/from.ts';
import { toInputs } from './translate/inputs/to.ts';
import type { ConfigValues, InputValue } from './values/config-values.ts';
import { decodeExtended } from './values/extended.ts';
import { protectPercent } from './values/percent.ts';
import { isSecret, maskValues } from './values/secrets.ts';
import type { InputSpec, InputTable } from './values/settings.ts';
import { inputNotesZh } from './form-words.ts';

type Fields = Readonly<Record<string, FormField>>;
type Given = Readonly<Record<string, unknown>>;

/** Fields of a source or a destination, by connector. */
export function endVariants(end: 'from' | 'to'): Readonly<Record<string, Fields>> {
  const tables = end === 'from' ? fromInputs : toInputs;
  return Object.fromEntries(
    Object.entries(tables).map(([connector, table]) => [connector, tableFields([table], '')]),
  );
}

/** Fields that tell how a job runs, by their full names. */
export function driverFields(): Fields {
  return tableFields(driverInputs, null);
}

/** Connectors that can stand at this end. */
export function endConnectors(end: 'from' | 'to'): readonly string[] {
  return connectors.filter((one) => one[end] && one.family !== 'declared').map(({ name }) => name);
}

/** @param prefix what stands before names in place of the table's prefix; null = that itself. */
function tableFields(tables: readonly InputTable[], prefix: string | null): Fields {
  return Object.fromEntries(
    tables.flatMap((table) =>
      table.specs
        .filter(({ effect }) => effect !== 'refused')
        .map((spec) => [`${prefix ?? table.prefix}${spec.name}`, inputField(table.prefix, spec)]),
    ),
  );
}

/** Inputs are called by their names in every language: they are what the service documents. */
function inputField(
  prefix: string,
  { name, type, effect, note, choices, min, max }: InputSpec,
): FormField {
  const noteZh = inputNotesZh[`${prefix}${name}`] ?? inputNotesZh[name] ?? '';
  return field(
    shapeOf(type),
    { en: name, zh: name },
    { en: note, zh: noteZh },
    {
      ...(type === 'choice'
        ? { enum: (choices ?? []).map((words) => words.split('=')[0] ?? '') }
        : {}),
      ...(type === 'map' ? { additionalProperties: { type: 'string' }, 'x-widget': 'pairs' } : {}),
      ...(min === undefined ? {} : { minimum: min }),
      ...(max === undefined ? {} : { maximum: max }),
      ...(isSecret(name) ? { 'x-widget': 'secret' } : {}),
      ...(effect === 'stored' ? { 'x-stored': true } : {}),
    },
  );
}

function shapeOf(type: InputSpec['type']): FormField['type'] {
  if (type === 'flag') return 'boolean';
  if (type === 'map') return 'object';
  return type === 'integer' ? 'integer' : 'string';
}

/** A group of fields as it travels (cdm.md §3.2). `prefix`: of all names; null = each has its own. */
export function configValues(
  given: unknown,
  prefix: string | null,
): Readonly<Record<string, unknown>> {
  const configs = new Map<string, { name: string; value: unknown }[]>();
  for (const [name, value] of Object.entries((given ?? {}) as Given)) {
    if (value === undefined || value === null || value === '') continue;
    const full = prefix === null ? name : `${prefix}${name}`;
    const config = full.slice(0, Math.max(full.indexOf('.'), 0));
    const inputs = configs.get(config) ?? [];
    inputs.push({ name: full, value: travelling(value) });
    configs.set(config, inputs);
  }
  return { configs: [...configs].map(([name, inputs]) => ({ inputs, name })) };
}

function travelling(value: unknown): unknown {
  if (typeof value === 'string') return protectPercent(value);
  return typeof value === 'object' ? value : String(value);
}

/** What is kept of a group, as fields; secrets are masked. */
export function fieldsOf(stored: unknown, fields: Fields, prefix: string | null): Given {
  const { configs, extended } = maskValues(stored as ConfigValues);
  const first = prefix ?? '';
  const given: [string, InputValue][] = Object.entries(decodeExtended(extended?.value ?? '') ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [
      name,
      typeof value === 'object' ? (value as InputValue) : String(value),
    ]);
  for (const { name, value } of configs.flatMap(({ inputs }) => inputs)) {
    given.push([name.startsWith(first) ? name.slice(first.length) : name, value]);
  }
  return Object.fromEntries(given.map(([name, value]) => [name, typed(fields[name], value)]));
}

function typed(known: FormField | undefined, value: InputValue): unknown {
  if (typeof value !== 'string') return value;
  if (known?.type === 'integer' && /^[+-]?\d{1,15}$/.test(value)) return Number(value);
  if (known?.type === 'boolean' && /^(?:true|false)$/i.test(value))
    return value.toLowerCase() === 'true';
  return value;
}
