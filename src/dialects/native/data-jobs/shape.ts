/** Reading what a client sent against a schema: defaults are filled in and every fault has its place. */
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type Fault, ShapeFaultError } from '../problem.ts';

/** Most faults that are looked for; the first ones say enough. */
const maxFaults = 20;
/** Members by which objects of several kinds are told apart. */
const tellers = ['kind', 'policy'] as const;

/** The type of a schema once its defaults are there. */
export type Filled<T> = T extends readonly (infer E)[]
  ? Filled<E>[]
  : T extends object
    ? { [K in keyof T]-?: Filled<Exclude<T[K], undefined>> }
    : T;

/** A member that may be left out. @param fallback what it is then. */
export function given<const S extends TSchema>(schema: S, fallback: unknown) {
  return Type.Optional({ ...schema, default: fallback } as S);
}

/** The parts of JSON schemas that are looked into here. */
interface Node {
  readonly anyOf?: readonly Node[];
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
}

/**
 * What was sent, complete. Objects that are one of several kinds are told apart by their `kind`, so
 * that faults are those of the kind that was meant.
 * @param place of the value in the request, for faults.
 * @throws ShapeFaultError with every fault.
 */
export function readShape<S extends TSchema>(
  schema: S,
  sent: unknown,
  place: string,
): Filled<Static<S>> {
  const faults: Fault[] = [];
  const value = filled(schema as Node, sent, place, faults);
  if (faults.length > 0) throw new ShapeFaultError(faults);
  return value as Filled<Static<S>>;
}

function filled(schema: Node, sent: unknown, place: string, faults: Fault[]): unknown {
  const value = sent === undefined ? structuredClone(schema.default) : sent;
  if (faults.length >= maxFaults) return value;
  if (value === undefined) {
    faults.push({ path: place, code: 'required', message: 'must be given' });
    return value;
  }
  if (schema.anyOf !== undefined) {
    const chosen = choose(schema.anyOf, value, place, faults);
    return chosen === null ? value : filled(chosen, value, place, faults);
  }
  if (schema.properties !== undefined) return filledObject(schema, value, place, faults);
  if (schema.items?.properties !== undefined && Array.isArray(value)) {
    // Of the array itself its length is still to be checked.
    check({ ...schema, items: {} }, value, place, faults);
    const { items } = schema;
    return value.map((item, index) => filled(items, item, `${place}/${index}`, faults));
  }
  check(schema, value, place, faults);
  return value;
}

function filledObject(schema: Node, value: unknown, place: string, faults: Fault[]): unknown {
  if (!isObject(value)) {
    faults.push({ path: place, code: 'type', message: 'must be object' });
    return value;
  }
  const properties = schema.properties ?? {};
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(properties, name)) {
      const known = Object.keys(properties).join(', ');
      const message = `is not known here; there are: ${known}`;
      faults.push({ path: `${place}/${name.slice(0, 100)}`, code: 'unknown', message });
    }
  }
  const members = Object.entries(properties).map(([name, part]) => {
    const own = Object.hasOwn(value, name) ? value[name] : undefined;
    return [name, filled(part, own, `${place}/${name}`, faults)] as const;
  });
  return Object.fromEntries(members);
}

/** The one of several schemas that is meant; null = none fits, which is a fault. */
function choose(
  schemas: readonly Node[],
  value: unknown,
  place: string,
  faults: Fault[],
): Node | null {
  const objects = schemas.filter(({ properties }) => properties !== undefined);
  if (isObject(value) && objects.length > 0) {
    const [only] = objects;
    if (only !== undefined && objects.length === 1) return only;
    const teller = tellers.find((name) =>
      objects.every((schema) => wordsOf(schema, name).length > 0),
    );
    const meant = objects.find((schema) =>
      teller === undefined
        ? Object.keys(value).every((name) => name in (schema.properties ?? {}))
        : wordsOf(schema, teller).includes(value[teller]),
    );
    if (meant !== undefined) return meant;
    if (teller === undefined) return only ?? null;
    const words = objects.flatMap((schema) => wordsOf(schema, teller)).map(String);
    const message = `must be one of: ${words.join(', ')}`;
    faults.push({ path: `${place}/${teller}`, code: 'kind', message });
    return null;
  }
  const fitting = schemas.find((schema) => Value.Check(schema as TSchema, value));
  if (fitting !== undefined) return fitting;
  const others = schemas.filter(({ type, properties }) => type !== 'null' && !properties);
  const [wanted] = others;
  if (wanted !== undefined && others.length === 1) {
    check(wanted, value, place, faults);
    return null;
  }
  faults.push({ path: place, code: 'type', message: 'is none of what can stand here' });
  return null;
}

/** What a member can be by which objects are told apart; empty = it is no such member. */
function wordsOf({ properties }: Node, name: string): readonly unknown[] {
  const member = properties?.[name];
  return member?.enum ?? (member?.const === undefined ? [] : [member.const]);
}

function check(schema: Node, value: unknown, place: string, faults: Fault[]): void {
  for (const error of Value.Errors(schema as TSchema, value)) {
    if (faults.length >= maxFaults) return;
    const allowed =
      'allowedValues' in error.params ? `: ${String(error.params.allowedValues)}` : '';
    faults.push({
      path: place + error.instancePath,
      code: error.keyword,
      message: `${error.message}${allowed}`,
    });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
