import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import JSON5 from 'json5';
import { Compile } from 'typebox/compile';
import { defaultDataDir } from '../../dialects/native/discovery.ts';
import { nearest } from '../../dialects/native/nearest.ts';
import { configSchema, type Config, type FrozenConfig } from './schema.ts';
import { settings, valueFromText, variablePrefix, type Setting } from './settings.ts';

/** Wrong configuration: each problem says what, where and what to do. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Where a setting's value came from, for `config print`. */
export type Origin = string;

/** What configuration is read from. */
export interface ConfigInput {
  /** `key=value` texts of flags, the strongest source. */
  readonly flags: readonly (readonly [key: string, value: string])[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file given by name; null = `longshore.yaml` and its kin in `cwd`, when there is one. */
  readonly file: string | null;
  readonly cwd: string;
  readonly root: boolean;
}

export interface LoadedConfig {
  readonly config: FrozenConfig;
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Files looked for in the working folder, the first one found counts. */
export const defaultFiles = ['longshore.yaml', 'longshore.yml', 'longshore.json'] as const;

/** Variables with our prefix that are not settings: the client's, the tests', a job's own. */
const otherVariables = new Set([
  'LONGSHORE_REQUIRE_ALL',
  'LONGSHORE_SCHEDULERX_WORKER_GO',
  'LONGSHORE_SCREENSHOTS',
  'LONGSHORE_TEMPLATE_ID',
  'LONGSHORE_TEMPLATE_NAME',
  'LONGSHORE_RUN_ID',
  'LONGSHORE_REPLICAS',
  'LONGSHORE_INSTANCE_INDEX',
  'LONGSHORE_ATTEMPT',
  'LONGSHORE_CONFIG',
  'LONGSHORE_SERVER',
  'LONGSHORE_KEY',
  'LONGSHORE_ACCESS_KEY_ID',
  'LONGSHORE_ACCESS_KEY_SECRET',
]);

/** Kubernetes sets such variables in every pod beside a Service called `longshore`. */
const serviceLink = /^LONGSHORE_(SERVICE_(HOST|PORT)|PORT)(_|$)/;

const byKey = new Map(settings.map((setting) => [setting.key, setting]));
const byVariable = new Map(settings.map((setting) => [setting.variable, setting]));
const validator = Compile(configSchema);

type Values = Map<string, { readonly value: unknown; readonly origin: Origin }>;

function unknownKey(key: string, where: string, candidates: Iterable<string>): string {
  const meant = nearest(key, candidates);
  const hint = meant === null ? 'See: longshore config print' : `Did you mean ${meant}?`;
  return `unknown setting ${key} (${where}). ${hint}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Flattens a file's tree into dotted keys; dotted keys in the file work as well. */
function flatten(
  tree: Record<string, unknown>,
  prefix: string,
  file: string,
  into: Values,
  problems: string[],
): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (byKey.has(key)) {
      into.set(key, { value, origin: file });
    } else if (isRecord(value) && settings.some((setting) => setting.key.startsWith(`${key}.`))) {
      flatten(value, key, file, into, problems);
    } else if (settings.some((setting) => setting.key.startsWith(`${key}.`))) {
      problems.push(
        `${key} in ${file} is a group of settings, not a single value. Write its settings below it.`,
      );
    } else {
      const groups = settings.flatMap(({ key: full }) => [full, full.split('.')[0] ?? full]);
      problems.push(unknownKey(key, file, new Set(groups)));
    }
  }
}

/** Loaded for files that are YAML only: most servers are configured by variables and flags. */
function parseYaml(text: string): unknown {
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return parse(text);
}

function readFileValues(path: string, into: Values, problems: string[]): void {
  let tree: unknown;
  try {
    const text = readFileSync(path, 'utf8');
    tree = ['.json', '.json5'].includes(extname(path)) ? JSON5.parse(text) : parseYaml(text);
  } catch (error) {
    throw new ConfigError([
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  if (tree === null || tree === undefined) {
    return; // An empty file sets nothing.
  }
  if (!isRecord(tree)) {
    throw new ConfigError([`${path} must hold a mapping of settings, e.g. "listen: {port: 8480}"`]);
  }
  flatten(tree, '', path, into, problems);
}

function readDefaultFile(cwd: string, into: Values, problems: string[]): void {
  for (const name of defaultFiles) {
    const path = resolve(cwd, name);
    try {
      readFileSync(path);
    } catch {
      continue;
    }
    readFileValues(path, into, problems);
    return;
  }
}

function put(into: Values, setting: Setting, text: string, origin: Origin): void {
  into.set(setting.key, { value: valueFromText(setting.schema, text), origin });
}

function readEnv(env: ConfigInput['env'], into: Values, problems: string[]): void {
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(variablePrefix)) {
      continue;
    }
    const setting = byVariable.get(name);
    if (setting !== undefined) {
      put(into, setting, text, name);
    } else if (!otherVariables.has(name) && !serviceLink.test(name)) {
      problems.push(unknownKey(name, 'environment', byVariable.keys()));
    }
  }
}

function build(values: Values): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { key } of settings) {
    const path = key.split('.');
    const last = path.pop() ?? key;
    let node = root;
    for (const part of path) {
      const child = node[part];
      node = isRecord(child) ? child : ((node[part] = {}) as Record<string, unknown>);
    }
    node[last] = values.get(key)?.value;
  }
  return root;
}

function describe(setting: Setting): string {
  const { schema } = setting;
  if (schema.enum !== undefined) {
    return `must be one of ${schema.enum.join(', ')}`;
  }
  if (schema.type === 'integer') {
    return `must be a whole number from ${schema.minimum ?? '…'} to ${schema.maximum ?? '…'}`;
  }
  return '';
}

function validate(values: Values): string[] {
  const tree = build(values);
  if (validator.Check(tree)) {
    return [];
  }
  const wrong = new Map<string, string>();
  for (const error of validator.Errors(tree)) {
    const path = error.instancePath.slice(1).split('/').join('.');
    const setting = settings.find(({ key }) => path === key || path.startsWith(`${key}.`));
    if (setting !== undefined && !wrong.has(setting.key)) {
      wrong.set(setting.key, describe(setting) === '' ? error.message : describe(setting));
    }
  }
  return [...wrong].map(([key, message]) => {
    const entry = values.get(key);
    return `${key} = ${shownValue(key, entry?.value)} (${entry?.origin ?? 'default'}) ${message}`;
  });
}

/** A value as messages may show it. */
function shownValue(key: string, value: unknown): string {
  return byKey.get(key)?.schema['x-secret'] === true ? '(not shown)' : JSON.stringify(value);
}

/** The configuration as it may be printed: what can hold a password is shown without it. */
export function printable(config: FrozenConfig): unknown {
  const shown = structuredClone(config) as Config;
  const { url } = shown.store;
  if (url !== null) shown.store.url = withoutPassword(url);
  return shown;
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    if (parsed.searchParams.has('password')) parsed.searchParams.set('password', '***');
    return parsed.href;
  } catch {
    return '(not shown)';
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) {
      freeze(child);
    }
    Object.freeze(value);
  }
  return value;
}

/**
 * Reads the configuration once: flags over environment (`LONGSHORE_*`) over file over default.
 * @throws ConfigError listing every problem; unknown keys name the nearest known one.
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const problems: string[] = [];
  const values: Values = new Map(
    settings.map(({ key, schema }) => [key, { value: schema.default, origin: 'default' }]),
  );
  values.set('dataDir', { value: defaultDataDir(input.env, input.root), origin: 'default' });
  values.set('process.user', { value: input.root ? 'nobody' : '', origin: 'default' });

  const file = input.file ?? input.env['LONGSHORE_CONFIG'] ?? null;
  if (file !== null && file !== '') {
    readFileValues(resolve(input.cwd, file), values, problems);
  } else {
    readDefaultFile(input.cwd, values, problems);
  }
  readEnv(input.env, values, problems);
  for (const [key, text] of input.flags) {
    const setting = byKey.get(key);
    if (setting === undefined) {
      problems.push(unknownKey(key, 'flag', byKey.keys()));
    } else {
      put(values, setting, text, 'flag');
    }
  }

  problems.push(...validate(values));
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  const config = build(values) as Config;
  config.dataDir = resolve(input.cwd, config.dataDir);
  return {
    config: freeze(config),
    origins: new Map([...values].map(([key, { origin }]) => [key, origin])),
  };
}
