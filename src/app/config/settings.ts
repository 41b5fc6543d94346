import type { TSchema } from 'typebox';
import { configSchema } from './schema.ts';

/** One setting of the schema, found by its dotted key. */
export interface Setting {
  /** Dotted, e.g. `listen.port`. */
  readonly key: string;
  /** Environment variable, e.g. `LONGSHORE_LISTEN_PORT`. */
  readonly variable: string;
  readonly schema: SettingSchema;
}

/** The members of a leaf schema that reading text and writing docs need. */
export interface SettingSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly SettingSchema[];
  /** Of lists; with `properties` it is a list of objects. */
  readonly items?: SettingSchema & {
    readonly properties?: Readonly<Record<string, SettingSchema>>;
    readonly required?: readonly string[];
  };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly 'x-default'?: string;
  /** The value may hold a password: it is shown without it. */
  readonly 'x-secret'?: boolean;
}

/** Prefix of every environment variable that is a setting. */
export const variablePrefix = 'LONGSHORE_';

function variableOf(key: string): string {
  const words = key.replaceAll('.', '_').replace(/[a-z](?=[A-Z])/g, '$&_');
  return variablePrefix + words.toUpperCase();
}

function collect(schema: TSchema, prefix: string, into: Setting[]): void {
  const properties = (schema as { properties?: Record<string, TSchema> }).properties ?? {};
  for (const [name, child] of Object.entries(properties)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if ('properties' in child) {
      collect(child, key, into);
    } else {
      into.push({ key, variable: variableOf(key), schema: child as SettingSchema });
    }
  }
}

/** All settings in the order of the schema. */
export const settings: readonly Setting[] = (() => {
  const found: Setting[] = [];
  collect(configSchema, '', found);
  return found;
})();

/**
 * A value from text (flag or environment). What cannot be read as the setting's type stays text,
 * so that validation, not this function, says what is wrong with it.
 */
export function valueFromText(schema: SettingSchema, text: string): unknown {
  if (schema.anyOf !== undefined) {
    const nullable = schema.anyOf.some((option) => option.type === 'null');
    if (nullable && (text === '' || text === 'null')) return null;
    const other = schema.anyOf.find((option) => option.type !== 'null');
    return other === undefined ? text : valueFromText(other, text);
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'array':
      if (/^\s*\[/.test(text)) return jsonOrText(text);
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    default:
      return text;
  }
}

/** Lists of objects come as JSON. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
