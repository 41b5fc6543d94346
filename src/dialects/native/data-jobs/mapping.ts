/** Which source column is likely to fill which target column, and what may go wrong with its values. */
import type { Column, ColumnType } from '../../../domain/transfer/columns.ts';

/** What told that two columns belong together. */
export type MappingReason = 'name' | 'case' | 'spelling' | 'similar' | 'none';

/** What may go wrong with values on their way. */
export const mappingWarnings = [
  'shorter-text',
  'smaller-number',
  'digits-lost',
  'zone-lost',
  'must-parse',
  'text-for-bytes',
  'other-kind',
  'null-refused',
] as const;
export type MappingWarning = (typeof mappingWarnings)[number];

/** A source column and what it would fill. */
export interface SuggestedPair {
  readonly source: Column;
  /** Null = nothing of the target fits. */
  readonly target: Column | null;
  readonly reason: MappingReason;
  readonly warnings: readonly MappingWarning[];
}

/** A mapping as a person would begin with. */
export interface SuggestedMapping {
  readonly pairs: readonly SuggestedPair[];
  /** Target columns that nothing fills. */
  readonly unfilled: readonly Column[];
}

/** Beyond so many columns names are only compared as they stand: nearness costs their product. */
const maxCompared = 500;
/** Least share of equal letters of two names that are similar. */
const leastSimilarity = 0.7;

/** Pairs columns by name, then by spelling, then by similarity where the types fit; each once. */
export function suggestMapping(
  source: readonly Column[],
  target: readonly Column[],
): SuggestedMapping {
  const free = new Set(target);
  const found = new Map<Column, { readonly target: Column; readonly reason: MappingReason }>();
  const keyed: readonly (readonly [MappingReason, (name: string) => string])[] = [
    ['name', (name) => name],
    ['case', (name) => name.toLowerCase()],
    ['spelling', plain],
  ];
  for (const [reason, key] of keyed) {
    const byKey = new Map<string, Column>();
    for (const column of free)
      if (!byKey.has(key(column.name))) byKey.set(key(column.name), column);
    for (const column of source) {
      const fitting = found.has(column) ? undefined : byKey.get(key(column.name));
      if (fitting === undefined || !free.delete(fitting)) continue;
      found.set(column, { target: fitting, reason });
    }
  }
  if (source.length <= maxCompared && target.length <= maxCompared) {
    for (const column of source) {
      if (found.has(column)) continue;
      const nearest = mostSimilar(column, free);
      if (nearest === null) continue;
      free.delete(nearest);
      found.set(column, { target: nearest, reason: 'similar' });
    }
  }
  return {
    pairs: source.map((column) => {
      const pair = found.get(column);
      return pair === undefined
        ? { source: column, target: null, reason: 'none', warnings: [] }
        : { source: column, ...pair, warnings: warningsOf(column, pair.target) };
    }),
    unfilled: target.filter((column) => free.has(column)),
  };
}

/** What may go wrong with values of one column in the other. */
export function warningsOf(source: Column, target: Column): readonly MappingWarning[] {
  const warnings = typeWarnings(source.type, target.type);
  return source.nullable && !target.nullable ? [...warnings, 'null-refused'] : warnings;
}

function typeWarnings(from: ColumnType, to: ColumnType): readonly MappingWarning[] {
  if (from.kind === 'other' || to.kind === 'other')
    return from.kind === to.kind ? [] : ['must-parse'];
  const [a, b] = [family(from), family(to)];
  if (b === 'text') {
    if (a === 'bytes') return ['text-for-bytes'];
    return isShorter(from, to) ? ['shorter-text'] : [];
  }
  if (a === 'text') return b === 'bytes' ? ['text-for-bytes'] : ['must-parse'];
  if (a === 'number' && b === 'number') return numberWarnings(from, to);
  if (a === 'time' && b === 'time') return timeWarnings(from, to);
  if (a !== b) {
    return (a === 'bool' && b === 'number') || (a === 'number' && b === 'bool')
      ? ['must-parse']
      : ['other-kind'];
  }
  return a === 'bytes' && isShorter(from, to) ? ['shorter-text'] : [];
}

type Family = 'bool' | 'number' | 'time' | 'text' | 'bytes' | 'uuid';

function family({ kind }: ColumnType): Family {
  switch (kind) {
    case 'bool':
    case 'bytes':
    case 'uuid':
      return kind;
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'time';
    case 'char':
    case 'varchar':
    case 'text':
    case 'json':
    case 'other':
      return 'text';
    default:
      return 'number';
  }
}

/** Digits before the point that a type of numbers holds at least; null = as many as come. */
function wholeDigits(type: ColumnType): number | null {
  switch (type.kind) {
    case 'int16':
      return 5;
    case 'int32':
      return 10;
    case 'int64':
      return 19;
    case 'uint64':
      return 20;
    case 'decimal':
      return type.precision === null ? null : type.precision - (type.scale ?? 0);
    default:
      return null;
  }
}

/** Digits behind the point; null = as many as come. */
function fractionDigits(type: ColumnType): number | null {
  if (type.kind === 'decimal') return type.precision === null ? null : (type.scale ?? 0);
  return type.kind === 'float32' || type.kind === 'float64' ? null : 0;
}

function numberWarnings(from: ColumnType, to: ColumnType): readonly MappingWarning[] {
  if (to.kind === 'float32' || to.kind === 'float64') {
    const holds = to.kind === 'float64' ? 15 : 6;
    const isExact = from.kind !== 'float32' && from.kind !== 'float64';
    if (!isExact) return from.kind === 'float64' && to.kind === 'float32' ? ['digits-lost'] : [];
    const digits = (wholeDigits(from) ?? Infinity) + (fractionDigits(from) ?? Infinity);
    return digits > holds ? ['digits-lost'] : [];
  }
  const warnings: MappingWarning[] = [];
  if ((wholeDigits(from) ?? Infinity) > (wholeDigits(to) ?? Infinity))
    warnings.push('smaller-number');
  if ((fractionDigits(from) ?? Infinity) > (fractionDigits(to) ?? Infinity)) {
    warnings.push('digits-lost');
  }
  return warnings;
}

function timeWarnings(from: ColumnType, to: ColumnType): readonly MappingWarning[] {
  if (from.kind === to.kind) {
    if (!('fraction' in from && 'fraction' in to)) return [];
    return from.fraction > to.fraction ? ['digits-lost'] : [];
  }
  if (from.kind === 'timestamptz' && to.kind === 'timestamp') return ['zone-lost'];
  if (from.kind === 'timestamp' && to.kind === 'timestamptz') return ['zone-lost'];
  if (from.kind === 'date' && to.kind !== 'time') return [];
  return to.kind === 'date' && from.kind !== 'time' ? ['digits-lost'] : ['other-kind'];
}

function isShorter(from: ColumnType, to: ColumnType): boolean {
  const room = 'length' in to ? to.length : null;
  if (room === null) return false;
  if ('length' in from) return from.length === null || from.length > room;
  const needed = { bool: 5, int16: 6, int32: 11, int64: 20, uint64: 20, uuid: 36, date: 10 };
  const least = Object.entries(needed).find(([kind]) => kind === from.kind)?.[1];
  return from.kind === 'text' || from.kind === 'json' || room < (least ?? 32);
}

/** Letters and digits only, whatever their case: `user_name`, `UserName` and `user-name` are one. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function mostSimilar(column: Column, free: ReadonlySet<Column>): Column | null {
  const name = plain(column.name);
  let best: Column | null = null;
  let bestScore = leastSimilarity;
  for (const candidate of free) {
    const fits = typeWarnings(column.type, candidate.type).every((word) => word !== 'other-kind');
    const score = fits ? similarity(name, plain(candidate.name)) : 0;
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

/** Share of pairs of neighbouring letters that two names have in common (Dice), 0 to 1. */
function similarity(a: string, b: string): number {
  const pairs = (text: string): string[] =>
    Array.from({ length: Math.max(text.length - 1, 0) }, (_, at) => text.slice(at, at + 2));
  const left = pairs(a);
  const right = pairs(b);
  if (left.length === 0 || right.length === 0) return 0;
  const rest = [...right];
  let common = 0;
  for (const pair of left) {
    const at = rest.indexOf(pair);
    if (at === -1) continue;
    rest.splice(at, 1);
    common += 1;
  }
  return (2 * common) / (left.length + right.length);
}
