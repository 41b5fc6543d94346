import type {
  FormField,
  FormSchema,
} from '../../../../src/dialects/native/views/operations-forms.ts';
import { variablesOf, variablesText } from './variables.ts';

/** What stands in a field while it is edited: text, names with values, or fields of its own. */
export type Draft = string | readonly (readonly [name: string, value: string])[] | Drafts;
export interface Drafts {
  readonly [field: string]: Draft;
}

/** Fields of a form by name. */
export type Fields = Readonly<Record<string, FormField>>;
type Values = Readonly<Record<string, unknown>>;

export function isPairs(draft: Draft): draft is readonly (readonly [string, string])[] {
  return Array.isArray(draft);
}

/** Members of a field that has some; which depends on another field for some. */
export function membersOf(field: FormField, siblings: Drafts): Fields | null {
  const variants = field['x-variants'];
  if (variants === undefined) return field.properties ?? null;
  const chosen = siblings[variants.by];
  return typeof chosen === 'string' ? (variants.of[chosen] ?? {}) : {};
}

/** What a value looks like while it is edited. */
export function draftOf(field: FormField | undefined, value: unknown, siblings: Drafts): Draft {
  if (field !== undefined) {
    if (field['x-widget'] === 'pairs') {
      return Object.entries((value ?? {}) as Values).map(([name, text]) => [name, String(text)]);
    }
    if (field.properties !== undefined || field['x-variants'] !== undefined) {
      return draftsOf(membersOf(field, siblings) ?? {}, (value ?? {}) as Values);
    }
    if (field['x-widget'] === 'lines') return ((value ?? []) as readonly string[]).join('\n');
  }
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);
}

/** Fields in the order of the form, and what else there is. */
export function draftsOf(fields: Fields, values: Values): Drafts {
  const drafts: Record<string, Draft> = {};
  // Plain fields first: what others have may depend on them.
  const names = [...new Set([...Object.keys(fields), ...Object.keys(values)])];
  const nests = (name: string): boolean =>
    fields[name]?.properties !== undefined || fields[name]?.['x-variants'] !== undefined;
  for (const name of names.toSorted((a, b) => Number(nests(a)) - Number(nests(b)))) {
    drafts[name] = draftOf(fields[name], values[name], drafts);
  }
  return drafts;
}

/** What a form holds at first: its defaults under what is known. */
export function firstDrafts(schema: FormSchema, values: Values): Drafts {
  const defaults = Object.entries(schema.properties).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default] as const],
  );
  return draftsOf(schema.properties, { ...Object.fromEntries(defaults), ...values });
}

/** The value to send; undefined = nothing stands there. */
export function valueOf(field: FormField | undefined, draft: Draft, siblings: Drafts): unknown {
  if (isPairs(draft)) {
    const named = draft.filter(([name]) => name !== '');
    return named.length === 0 ? undefined : Object.fromEntries(named);
  }
  if (typeof draft !== 'string') {
    const fields = field === undefined ? {} : (membersOf(field, siblings) ?? {});
    const values = valuesOf(fields, draft);
    return Object.keys(values).length === 0 ? undefined : values;
  }
  if (draft === '') return undefined;
  if (field?.['x-widget'] === 'variables') {
    const named = variablesOf(draft)?.filter(([name]) => name !== '');
    if (named !== undefined) return variablesText(named) || undefined;
  }
  if (field?.['x-widget'] === 'lines') return draft.split('\n');
  if (field?.type === 'boolean') return draft === 'true';
  if (field?.type === 'integer')
    return /^[+-]?\d{1,15}$/.test(draft.trim()) ? Number(draft) : draft;
  const isParsed =
    (field?.['x-widget'] === 'json' && field.type !== 'string') ||
    (field?.['x-widget'] === 'schedule' && draft.trim().startsWith('{'));
  if (!isParsed) return draft;
  try {
    return JSON.parse(draft) as unknown;
  } catch {
    // As it is: the server says what is wrong with it.
    return draft;
  }
}

/** The drafts after one changed; what depends on its value begins anew. */
export function withDraft(schema: FormSchema, drafts: Drafts, name: string, draft: Draft): Drafts {
  const dependent = Object.entries(schema.properties)
    .filter(([, field]) => field['x-variants']?.by === name)
    .map(([other]) => [other, {}] as const);
  return { ...drafts, [name]: draft, ...Object.fromEntries(dependent) };
}

/** Everything that stands in the fields. */
export function valuesOf(fields: Fields, drafts: Drafts): Values {
  return Object.fromEntries(
    Object.entries(drafts).flatMap(([name, draft]) => {
      const value = valueOf(fields[name], draft, drafts);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * What a form sends: all of it, or (`changes`) what differs from what it held at first, empty texts
 * for what was cleared, and the fields that say which job is meant.
 */
export function sentValues(
  schema: FormSchema,
  sends: 'whole' | 'changes',
  drafts: Drafts,
  first: Drafts,
): Values {
  const all = valuesOf(schema.properties, drafts);
  if (sends === 'whole') return all;
  return Object.fromEntries(
    Object.entries(drafts).flatMap(([name, draft]) => {
      const isFixed = schema.properties[name]?.['x-fixed'] === true;
      if (!isFixed && JSON.stringify(draft) === JSON.stringify(first[name])) return [];
      return [[name, all[name] ?? '']];
    }),
  );
}
