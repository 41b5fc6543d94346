/** Variables, environment variables and macros in the texts of a data job (cdm.md §6). */
import { findZone } from '../schedule/zone.ts';
import { DatePatternError } from './dates/pattern.ts';
import {
  formattedInstant,
  shiftedInstant,
  truncatedInstant,
  type MacroClock,
} from './macro-dates.ts';
import {
  MacroError,
  macroLimits,
  parseMacros,
  type CustomName,
  type MacroPart,
} from './macro-syntax.ts';

/** What macros of one text may refer to, and what is special in its place. */
export interface MacroScope {
  /** Given for this run; they hide all others (§6.1). */
  readonly variables: Readonly<Record<string, string>>;
  /** Those of the cluster. */
  readonly environment: Readonly<Record<string, string>>;
  /** Start of the run; of a scheduled one its planned time. */
  readonly instantMs: number;
  /** IANA name, `UTC`, or an offset such as `GMT+8`. */
  readonly timezone: string;
  /** Source table; null where there is none. */
  readonly tableName: string | null;
  readonly version: string;
  /** Null where the source has no such thing. */
  readonly custom: Readonly<Record<CustomName, string | null>>;
  /** Unit of `timestamp(…)`: seconds in names of files, else milliseconds (§6.2). */
  readonly timestampUnit: 'ms' | 's';
  /** Whether months and years may be moved by; time filters of files refuse them (§6.2). */
  readonly allowMonths: boolean;
  /** Leaves `${value}` as it is: filters of partitions mean their own (§6.1). */
  readonly keepValue: boolean;
}

/**
 * A text with its macros resolved, from left to right; what a macro gives is not looked at again.
 * A text without `${` is returned unchanged. @throws MacroError for what nothing defines, what is
 * no macro, or has no meaning here.
 */
export function resolveText(text: string, scope: MacroScope): string {
  if (!text.includes('${')) return text;
  const clock = clockOf(scope);
  const pieces: string[] = [];
  let length = 0;
  for (const part of parseMacros(text)) {
    const piece = resolvePart(part, scope, clock);
    length += piece.length;
    if (length > macroLimits.maxResultChars) {
      const message = `resolved, the text has more than ${macroLimits.maxResultChars} characters`;
      throw new MacroError(part.kind === 'text' ? '' : part.source, message);
    }
    pieces.push(piece);
  }
  return pieces.join('');
}

/**
 * The names in a text that nothing defines, each once, in their order.
 * @throws MacroError for `${…}` that is no macro.
 */
export function undefinedNames(text: string, scope: MacroScope): readonly string[] {
  if (!text.includes('${')) return [];
  const names = parseMacros(text).flatMap((part) =>
    part.kind === 'name' && !isKept(part, scope) && valueOf(part.name, scope) === null
      ? [part.name]
      : [],
  );
  return [...new Set(names)];
}

/** Settings of a job: texts, and whatever holds texts. */
export type TextTree =
  | string
  | number
  | boolean
  | null
  | readonly TextTree[]
  | { readonly [name: string]: TextTree };

/** Deepest nesting of a tree of texts. */
const maxTreeDepth = 32;

/**
 * The same tree with every text mapped; names stay as they are. `path`: where a text stands,
 * e.g. `from.paths[2]`. @throws MacroError for a tree deeper than 32, and whatever `map` throws.
 */
export function mapTexts(
  tree: TextTree,
  map: (text: string, path: string) => string,
  path = '',
  depth = 0,
): TextTree {
  if (depth > maxTreeDepth) throw new MacroError('', `${path} is nested too deep`);
  if (typeof tree === 'string') return map(tree, path);
  if (tree === null || typeof tree !== 'object') return tree;
  if (isList(tree)) {
    return tree.map((item, index) => mapTexts(item, map, `${path}[${index}]`, depth + 1));
  }
  const entries = Object.entries(tree).map(([name, item]) => {
    const place = path === '' ? name : `${path}.${name}`;
    return [name, mapTexts(item, map, place, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * A path is refused when a segment of it is `..` once its macros are resolved (§6.1).
 * @throws MacroError naming `what` the path is.
 */
export function refuseParentSegments(path: string, what: string): void {
  if (!path.split(/[/\\]/).includes('..')) return;
  throw new MacroError(what, `${what} is "${path}": ".." is not allowed in paths`);
}

function isList(tree: object): tree is readonly TextTree[] {
  return Array.isArray(tree);
}

function clockOf({ instantMs, timezone }: MacroScope): MacroClock {
  const zone = findZone(timezone);
  if (zone === null) throw new Error(`${timezone} is no time zone; the configuration let it pass`);
  return { instantMs, zone };
}

function resolvePart(part: MacroPart, scope: MacroScope, clock: MacroClock): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'name':
      return isKept(part, scope) ? part.source : resolveName(part.name, scope);
    case 'custom': {
      const value = scope.custom[part.name];
      if (value !== null) return value;
      throw new MacroError(
        part.source,
        `${part.source} has no value: the source has no such thing`,
      );
    }
    case 'dateformat':
    case 'timestamp':
      return resolveDate(part, scope, clock);
  }
}

function resolveDate(
  part: Extract<MacroPart, { readonly kind: 'dateformat' | 'timestamp' }>,
  scope: MacroScope,
  clock: MacroClock,
): string {
  const { pattern, shift, source } = part;
  if (!scope.allowMonths && (shift?.unit === 'MONTH' || shift?.unit === 'YEAR')) {
    throw new MacroError(source, `${source}: ${shift.unit} is not allowed here; use DAY`);
  }
  try {
    if (part.kind === 'dateformat') return formattedInstant(clock, part.pattern, shift);
    const ms =
      pattern === null ? shiftedInstant(clock, shift) : truncatedInstant(clock, pattern, shift);
    return String(scope.timestampUnit === 's' ? Math.floor(ms / 1000) : ms);
  } catch (error) {
    if (!(error instanceof DatePatternError)) throw error;
    throw new MacroError(source, `${source}: ${error.message}`);
  }
}

function resolveName(name: string, scope: MacroScope): string {
  const value = valueOf(name, scope);
  if (value === null) {
    const message = `the variable ${name} has no value; give it when the job is started, or in the environment of the cluster`;
    throw new MacroError(name, message, true);
  }
  if (value.includes('\0')) {
    throw new MacroError(name, `the value of the variable ${name} holds a NUL character`);
  }
  return value;
}

function valueOf(name: string, scope: MacroScope): string | null {
  for (const values of [scope.variables, scope.environment]) {
    // A record from outside has a prototype.
    if (Object.hasOwn(values, name)) return values[name] ?? null;
  }
  if (name === 'tableName') return scope.tableName;
  return name === 'version' ? scope.version : null;
}

function isKept({ name }: { readonly name: string }, { keepValue }: MacroScope): boolean {
  return keepValue && name === 'value';
}
