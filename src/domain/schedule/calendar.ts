import type { CalendarRule } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, startOfDay, weekdayOf } from './wall-time.ts';
import type { Zone } from './zone.ts';

/** Calendar rules, read once. Rules must have passed `calendarProblems`. */
export interface Calendar {
  /** Why a moment is kept free, or null when the schedule may fire. */
  blockAt(ms: number): { readonly rule: string; readonly reason: string } | null;
  /** A moment after another up to which {@link blockAt} answers the same. */
  sameUntil(ms: number): number;
  /** A moment not after another since which {@link blockAt} answers the same. */
  sameSince(ms: number): number;
}

interface Window {
  readonly fromMs: number;
  /** Beyond a day where the window crosses midnight. */
  readonly toMs: number;
}

interface ParsedRule {
  readonly kind: 'exclude' | 'include';
  readonly name: string;
  /** Bit n is weekday n; null = any. */
  readonly weekdays: number | null;
  readonly dates: ReadonlySet<string> | null;
  readonly windows: readonly Window[] | null;
  readonly intervals: readonly Window[] | null;
}

/** The rules of a schedule in its zone; null when there are none. */
export function readCalendar(rules: readonly CalendarRule[], zone: Zone): Calendar | null {
  if (rules.length === 0) return null;
  const parsed = rules.map(parseRule);
  const excludes = parsed.filter((rule) => rule.kind === 'exclude');
  const includes = parsed.filter((rule) => rule.kind === 'include');
  const dayEdges = edgesWithinDay(parsed);
  const absoluteEdges = sorted(
    parsed.flatMap((rule) => (rule.intervals ?? []).flatMap(({ fromMs, toMs }) => [fromMs, toMs])),
  );
  return {
    blockAt(ms) {
      const wallMs = ms + zone.segmentAt(ms).offsetMs;
      for (const rule of excludes) {
        if (!matches(rule, ms, wallMs)) continue;
        return { rule: `calendar:${rule.name}`, reason: `calendar "${rule.name}" excludes it` };
      }
      if (includes.length === 0 || includes.some((rule) => matches(rule, ms, wallMs))) return null;
      const [only, ...others] = includes;
      return only !== undefined && others.length === 0
        ? { rule: `calendar:${only.name}`, reason: `calendar "${only.name}" does not include it` }
        : { rule: 'calendar:not-included', reason: 'no calendar includes it' };
    },
    sameUntil(ms) {
      const { toMs, offsetMs } = zone.segmentAt(ms);
      const wallMs = ms + offsetMs;
      const dayMs = startOfDay(wallMs);
      const edge = dayEdges.find((each) => dayMs + each > wallMs) ?? DAY_MS;
      const absolute = absoluteEdges.find((each) => each > ms) ?? Infinity;
      return Math.min(toMs, dayMs + edge - offsetMs, absolute);
    },
    sameSince(ms) {
      const { fromMs, offsetMs } = zone.segmentAt(ms);
      const wallMs = ms + offsetMs;
      const dayMs = startOfDay(wallMs);
      const edge = dayEdges.findLast((each) => dayMs + each <= wallMs) ?? 0;
      const absolute = absoluteEdges.findLast((each) => each <= ms) ?? -Infinity;
      return Math.max(fromMs, dayMs + edge - offsetMs, absolute);
    },
  };
}

/** `HH:MM-HH:MM` as milliseconds since midnight, or null when it is none. */
export function parseWindow(text: string): Window | null {
  const match = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text);
  if (match === null) return null;
  const [, fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = match.map(Number);
  if (fromHour > 23 || fromMinute > 59 || toMinute > 59) return null;
  const fromMs = fromHour * HOUR_MS + fromMinute * MINUTE_MS;
  const toMs = toHour * HOUR_MS + toMinute * MINUTE_MS;
  if (toMs > DAY_MS || fromMs === toMs) return null;
  return { fromMs, toMs: toMs > fromMs ? toMs : toMs + DAY_MS };
}

function parseRule(rule: CalendarRule): ParsedRule {
  return {
    kind: rule.kind,
    name: rule.name,
    weekdays: rule.daysOfWeek?.reduce((bits, day) => bits | (1 << day), 0) ?? null,
    dates: rule.dates === undefined ? null : new Set(rule.dates),
    windows:
      rule.timesOfDay?.flatMap((text) => {
        const window = parseWindow(text);
        return window === null ? [] : [window];
      }) ?? null,
    intervals: rule.intervals ?? null,
  };
}

function matches(rule: ParsedRule, ms: number, wallMs: number): boolean {
  if (
    rule.intervals !== null &&
    !rule.intervals.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs)
  ) {
    return false;
  }
  const dayMs = startOfDay(wallMs);
  if (rule.windows === null) return matchesDay(rule, dayMs);
  const timeMs = wallMs - dayMs;
  return rule.windows.some(
    ({ fromMs, toMs }) =>
      (timeMs >= fromMs && timeMs < toMs && matchesDay(rule, dayMs)) ||
      (timeMs + DAY_MS < toMs && matchesDay(rule, dayMs - DAY_MS)),
  );
}

function matchesDay(rule: ParsedRule, dayMs: number): boolean {
  if (rule.weekdays !== null && ((rule.weekdays >>> weekdayOf(dayMs)) & 1) === 0) return false;
  if (rule.dates === null) return true;
  const date = new Date(dayMs).toISOString().slice(0, 10);
  return rule.dates.has(date) || rule.dates.has(date.slice(5));
}

/** Times of day at which a window begins or ends, and midnight. */
function edgesWithinDay(rules: readonly ParsedRule[]): readonly number[] {
  const edges = rules.flatMap((rule) =>
    (rule.windows ?? []).flatMap(({ fromMs, toMs }) => [fromMs, toMs % DAY_MS]),
  );
  return sorted([0, ...edges]);
}

function sorted(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
