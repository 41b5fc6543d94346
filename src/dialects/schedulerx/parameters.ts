/** Typed readers of parameters: everything comes as text (schedulerx.md §1). */
import { missingParameter } from '../aliyun/errors.ts';
import type { Params } from '../aliyun/operation.ts';
import { failures } from './errors.ts';

/** Most entries of one list parameter. */
export const maxListEntries = 1_000;

/** @throws WireError `Missing{Name}` when it is absent; empty is not absent. */
export function required(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw missingParameter(name);
  return value;
}

/** A whole number, or undefined when absent or empty. @throws WireError business failure. */
export function optionalInteger(
  params: Params,
  name: string,
  { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {},
): number | undefined {
  const text = params.get(name);
  return text === undefined || text === '' ? undefined : integerOf(text, name, min, max);
}

/** @throws WireError `Missing{Name}` when absent, business failure when it is no whole number. */
export function requiredInteger(
  params: Params,
  name: string,
  { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {},
): number {
  return integerOf(required(params, name), name, min, max);
}

/** `true` or `false` in any case; undefined when absent or empty. @throws WireError business failure. */
export function optionalBoolean(params: Params, name: string): boolean | undefined {
  const text = params.get(name);
  if (text === undefined || text === '') return undefined;
  const word = text.toLowerCase();
  if (word !== 'true' && word !== 'false') throw failures.invalid(name, text);
  return word === 'true';
}

/**
 * A list as `Name.1=`, `Name.2=`…, as one comma list, or as one JSON array (§1, §4.3); undefined
 * when absent.
 * @throws WireError business failure for more than `maxListEntries` entries.
 */
export function optionalList(params: Params, name: string): readonly string[] | undefined {
  const text = params.get(name);
  const values = text === undefined ? numbered(params, name) : listOf(text, name);
  if (values !== undefined && values.length > maxListEntries) {
    throw failures.unfit(name, `at most ${maxListEntries} entries are allowed`);
  }
  return values;
}

/** @throws WireError `Missing{Name}` when absent. */
export function requiredList(params: Params, name: string): readonly string[] {
  const values = optionalList(params, name);
  if (values === undefined) throw missingParameter(name);
  return values;
}

/** A list of whole numbers. @throws WireError as `requiredList`, or for what is no number. */
export function requiredIntegers(params: Params, name: string): readonly number[] {
  return requiredList(params, name).map((text) =>
    integerOf(text, name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  );
}

/**
 * A list of objects, `Name.1.Field=`…; undefined when there is none.
 * @throws WireError business failure for more than `maxListEntries` entries.
 */
export function optionalObjects(
  params: Params,
  name: string,
  fields: readonly string[],
): readonly Readonly<Record<string, string>>[] | undefined {
  const objects: Record<string, string>[] = [];
  for (let index = 1; ; index++) {
    const given = fields.flatMap((field) => {
      const value = params.get(`${name}.${index}.${field}`);
      return value === undefined ? [] : [[field, value] as const];
    });
    if (given.length === 0) return objects.length === 0 ? undefined : objects;
    if (index > maxListEntries) {
      throw failures.unfit(name, `at most ${maxListEntries} entries are allowed`);
    }
    objects.push(Object.fromEntries(given));
  }
}

/** Page from 1 and its length, at most 100 (§6 #16). */
export function pageOf(
  params: Params,
  defaultSize: number,
): { readonly pageNumber: number; readonly pageSize: number; readonly offset: number } {
  const pageNumber = optionalInteger(params, 'PageNum', { min: 1, max: 1_000_000 }) ?? 1;
  const asked = optionalInteger(params, 'PageSize', { min: 1 }) ?? defaultSize;
  const pageSize = Math.min(asked, 100);
  return { pageNumber, pageSize, offset: (pageNumber - 1) * pageSize };
}

/** @throws WireError business failure when the text is no whole number within the bounds. */
export function integerOf(text: string, name: string, min: number, max: number): number {
  const value = /^\s*[+-]?\d{1,16}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw failures.invalid(name, text);
  }
  return value;
}

function numbered(params: Params, name: string): string[] | undefined {
  const values: string[] = [];
  while (values.length <= maxListEntries) {
    const value = params.get(`${name}.${values.length + 1}`);
    if (value === undefined) break;
    values.push(value);
  }
  return values.length === 0 ? undefined : values;
}

function listOf(text: string, name: string): readonly string[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  if (!trimmed.startsWith('[')) return trimmed.split(',').map((part) => part.trim());
  let list: unknown;
  try {
    list = JSON.parse(trimmed);
  } catch {
    throw failures.invalid(name, text);
  }
  if (!Array.isArray(list)) throw failures.invalid(name, text);
  return list.map((each: unknown) => {
    if (typeof each === 'string') return each;
    if (typeof each === 'number') return String(each);
    throw failures.invalid(name, text);
  });
}
