/** Inputs by name, checked against a table of what is known (cdm.md §4). */
import { cdmError } from '../errors.ts';
import type { ConfigValues, InputValue } from './config-values.ts';
import { decodeExtended } from './extended.ts';

/** Something an input of a configuration says. */
export interface InputSpec {
  /** Behind the prefix, e.g. `tableName`. */
  readonly name: string;
  readonly type: 'text' | 'flag' | 'integer' | 'choice' | 'map';
  /**
   * `acts`: does what the contract says. `stored`: kept and read back without effect.
   * `refused`: an error unless it is empty or false.
   */
  readonly effect: 'acts' | 'stored' | 'refused';
  readonly note: string;
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Words, the first spelling of each is the canonical one; spellings are joined by `=`. */
  readonly choices?: readonly string[];
}

/** All inputs of one configuration. */
export interface InputTable {
  /** With the dot, e.g. `fromJobConfig.`. */
  readonly prefix: string;
  readonly specs: readonly InputSpec[];
}

/** What was given, read by the type of each input. Names that are not in the table are a defect. */
export interface Settings {
  /** Whether it has a value that is not blank. */
  has(name: string): boolean;
  /** Empty when absent. */
  text(name: string): string;
  flag(name: string, absent: boolean): boolean;
  integer(name: string, absent: number): number;
  /** The canonical spelling. */
  choice(name: string, absent: string): string;
  /** A map given as object, as `{name, value}` pairs, as JSON text or as `a=b&c=d`. */
  map(name: string): Readonly<Record<string, string>>;
  /** Full names of what was given and has no effect. */
  readonly withoutEffect: readonly string[];
  /** Full name of an input, for messages. */
  full(name: string): string;
}

/** Prefixes as documents misprint them (cdm.md §4). */
const misprints: Readonly<Record<string, string>> = {
  llinkConfig: 'linkConfig',
  oJobConfig: 'toJobConfig',
};

/** Last wins of several with one name; explicit inputs win over extended ones. */
function collect(values: ConfigValues, prefix: string): Map<string, InputValue> {
  const found = new Map<string, InputValue>();
  for (const [key, value] of Object.entries(decodeExtended(values.extended?.value ?? '') ?? {})) {
    if (value === null || value === undefined) continue;
    found.set(`${prefix}${key}`, typeof value === 'object' ? (value as InputValue) : String(value));
  }
  for (const { inputs } of values.configs) {
    for (const { name, value } of inputs) found.set(properName(name), value);
  }
  return found;
}

function properName(name: string): string {
  const dot = name.indexOf('.');
  const prefix = misprints[name.slice(0, Math.max(dot, 0))];
  return prefix === undefined ? name : `${prefix}${name.slice(dot)}`;
}

/**
 * Reads inputs by several tables, e.g. those of driver values.
 * @param strict refuses names that no table knows.
 * @throws WireError Cdm.0238, Cdm.0004, Cdm.0010, Cdm.0024, Cdm.0014, Cdm.0089.
 */
export function readSettings(
  values: ConfigValues,
  tables: readonly InputTable[],
  strict: boolean,
): readonly Settings[] {
  const given = collect(values, tables[0]?.prefix ?? '');
  const known = new Set(
    tables.flatMap(({ prefix, specs }) => specs.map(({ name }) => `${prefix}${name}`)),
  );
  const unknown = [...given.keys()].filter((name) => !known.has(name));
  const [first] = unknown;
  if (strict && first !== undefined) throw cdmError('Cdm.0089', first);
  return tables.map((table, index) => {
    for (const spec of table.specs) check(`${table.prefix}${spec.name}`, spec, given);
    const kept = table.specs
      // Who must give it need not be told each time.
      .filter(({ effect, required }) => effect === 'stored' && required !== true)
      .map(({ name }) => `${table.prefix}${name}`)
      .filter((name) => given.has(name) && !isIdle(given.get(name)));
    return settingsOf(table, given, [
      ...kept,
      ...(index === 0 ? unknown.filter((name) => !isIdle(given.get(name))) : []),
    ]);
  });
}

function settingsOf(
  { prefix, specs }: InputTable,
  given: ReadonlyMap<string, InputValue>,
  withoutEffect: readonly string[],
): Settings {
  const specOf = (name: string): InputSpec => {
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) throw new Error(`no input ${prefix}${name} is declared`);
    return spec;
  };
  const textOf = (name: string): string => textValue(given.get(`${prefix}${specOf(name).name}`));
  return {
    withoutEffect,
    full: (name) => `${prefix}${specOf(name).name}`,
    has: (name) => textOf(name).trim() !== '',
    text: textOf,
    flag(name, absent) {
      const text = textOf(name).trim();
      return text === '' ? absent : text.toLowerCase() === 'true';
    },
    integer(name, absent) {
      const text = textOf(name).trim();
      return text === '' ? absent : Number(text);
    },
    choice(name, absent) {
      const text = textOf(name).trim();
      return text === '' ? absent : (canonical(specOf(name), text) ?? absent);
    },
    map: (name) => mapValue(given.get(`${prefix}${specOf(name).name}`)) ?? {},
  };
}

function check(name: string, spec: InputSpec, given: ReadonlyMap<string, InputValue>): void {
  const value = given.get(name);
  const text = textValue(value).trim();
  if (text === '') {
    if (spec.required === true) throw cdmError('Cdm.0238', name);
    return;
  }
  if (spec.effect === 'refused') {
    if (text.toLowerCase() === 'false') return;
    throw cdmError('Cdm.0055', `[${name}]: ${spec.note}`);
  }
  if (spec.type === 'map') {
    if (mapValue(value) === null) throw cdmError('Cdm.0004', name, 'must be a map of texts');
    return;
  }
  if (typeof value !== 'string') throw cdmError('Cdm.0004', name, 'must be a text');
  switch (spec.type) {
    case 'flag':
      if (!/^(?:true|false)$/i.test(text))
        throw cdmError('Cdm.0004', name, 'must be true or false');
      return;
    case 'integer':
      checkInteger(name, spec, text);
      return;
    case 'choice':
      if (canonical(spec, text) === null) {
        const words = (spec.choices ?? []).map((choice) => choice.split('=')[0]).join(', ');
        throw cdmError('Cdm.0024', name, `must be one of ${words}`);
      }
      return;
    default:
      if (value.includes('\0')) throw cdmError('Cdm.0014', `[${name}] holds a NUL character.`);
  }
}

function checkInteger(name: string, { min, max }: InputSpec, text: string): void {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw cdmError('Cdm.0004', name, 'must be an integer');
  const value = Number(text);
  if (value >= (min ?? 0) && value <= (max ?? 2 ** 31 - 1)) return;
  throw cdmError('Cdm.0010', name, `must be from ${min ?? 0} to ${max ?? 2 ** 31 - 1}`);
}

function canonical({ choices }: InputSpec, text: string): string | null {
  const plain = (word: string): string => word.toLowerCase().replaceAll('_', '-');
  for (const choice of choices ?? []) {
    const spellings = choice.split('=');
    if (spellings.some((word) => plain(word) === plain(text))) return spellings[0] ?? null;
  }
  return null;
}

/** Nothing would be different without it. */
function isIdle(value: InputValue | undefined): boolean {
  const text = textValue(value).trim().toLowerCase();
  return text === '' || text === 'false' || text === 'none' || text === '{}' || text === '[]';
}

function textValue(value: InputValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Null when it is no map. */
function mapValue(value: InputValue | undefined): Readonly<Record<string, string>> | null {
  if (value === undefined) return {};
  if (typeof value !== 'string') return entriesOf(value);
  const text = value.trim();
  if (text === '') return {};
  if (/^[[{]/.test(text)) {
    try {
      return entriesOf(JSON.parse(text) as Exclude<InputValue, string>);
    } catch {
      return null;
    }
  }
  const pairs = text.split(/[&;\n]/).filter((pair) => pair.trim() !== '');
  if (pairs.some((pair) => !pair.includes('='))) return null;
  return Object.fromEntries(
    pairs.map((pair) => [
      pair.slice(0, pair.indexOf('=')).trim(),
      pair.slice(pair.indexOf('=') + 1).trim(),
    ]),
  );
}

function entriesOf(value: Exclude<InputValue, string>): Readonly<Record<string, string>> | null {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item: unknown) => {
        const pair = (item ?? {}) as { readonly name?: unknown; readonly value?: unknown };
        return [String(pair.name ?? ''), pair.value];
      })
    : Object.entries(value);
  if (entries.some(([key, item]) => key === '' || (typeof item === 'object' && item !== null))) {
    return null;
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, String(item ?? '')]));
}
