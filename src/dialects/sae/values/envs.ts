import { Type } from 'typebox';
import { jsonText, NonEmptyText, PlainText, wrong } from './json-text.ts';

/** Prefix of the name of an item that takes every pair of a ConfigMap. */
const wholeConfigMapPrefix = 'sae-sys-configmap-all-';

/** `configMapId` comes as a number or as digits in a string (sae.md §4.3.4). */
export const ConfigMapId = Type.Union([
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  Type.String({ pattern: '^[0-9]{1,19}$' }),
]);

const EnvItem = Type.Object({
  // A name with "=" would be cut by every process that reads its environment.
  name: Type.String({ minLength: 1, pattern: '^[^=\\u0000]+$' }),
  value: Type.Optional(Type.Union([PlainText, Type.Number(), Type.Boolean(), Type.Null()])),
  valueFrom: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  configMapId: Type.Optional(Type.Union([ConfigMapId, Type.Null()])),
  key: Type.Optional(Type.Union([NonEmptyText, Type.Null()])),
});

const envsText = jsonText(Type.Array(EnvItem), '[{"name":"A","value":"1"}]');

/** One environment variable of a template, in either form of sae.md §4.3.4. */
export type EnvVariable =
  | { readonly kind: 'literal'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'config-map';
      readonly name: string;
      readonly configMapId: string;
      /** Null = every pair of the ConfigMap. */
      readonly key: string | null;
    };

/** Reads `Envs`. @throws WireError `InvalidParameter.WithMessage`. */
export function parseEnvs(text: string): readonly EnvVariable[] {
  return envsText.parse('Envs', text).map((item, index) => {
    const value = item.value ?? undefined;
    const valueFrom = item.valueFrom ?? undefined;
    if (value !== undefined || valueFrom === undefined) {
      return { kind: 'literal', name: item.name, value: value === undefined ? '' : String(value) };
    }
    if (valueFrom !== 'configMapRef') {
      throw wrong('Envs', `/${index}/valueFrom must be configMapRef`);
    }
    if (item.configMapId === undefined || item.configMapId === null) {
      throw wrong('Envs', `/${index}/configMapId is required with valueFrom`);
    }
    const key = item.key ?? null;
    if (key === null && !item.name.startsWith(wholeConfigMapPrefix)) {
      throw wrong('Envs', `/${index}/key is required unless name is ${wholeConfigMapPrefix}<name>`);
    }
    return { kind: 'config-map', name: item.name, configMapId: String(item.configMapId), key };
  });
}

/**
 * The texts of a template's and a request's `Envs` merged by name, the request's items winning
 * (sae.md §7.2 U8). Both must have been read by `parseEnvs` before.
 */
export function mergeEnvsText(base: string | undefined, request: string): string {
  const added = envsText.parse('Envs', request);
  const names = new Set(added.map((item) => item.name));
  const kept =
    base === undefined ? [] : envsText.parse('Envs', base).filter((item) => !names.has(item.name));
  return JSON.stringify([...kept, ...added]);
}
