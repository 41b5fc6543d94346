import type { Calendar } from './calendar.ts';
import { scheduleLimits } from './definition.ts';
import type { Occurrence } from './occurrence.ts';
import type { ParsedSchedule } from './parse.ts';
import { wallText } from './wall-time.ts';

/** The next occurrence, or why there is none. */
export type NextFiring =
  | { readonly kind: 'next'; readonly occurrence: Occurrence }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * The first occurrence after a time, whether it fires or is dropped by a rule: both belong in
 * the ledger. A fixed delay takes `afterMs` for the end of the previous run.
 */
export function nextFiring(parsed: ParsedSchedule, afterMs: number): NextFiring {
  const { definition, source } = parsed;
  const { startAtMs, endAtMs, timing } = definition;
  let occurrence =
    timing.kind === 'fixed-delay'
      ? notBefore(parsed, source.next(afterMs), startAtMs)
      : source.next(startAtMs === null ? afterMs : Math.max(afterMs, startAtMs - 1));
  if (occurrence === null) return { kind: 'none', reason: whyNone(parsed) };
  if (endAtMs !== null && occurrence.nominalMs > endAtMs) {
    const reason = `no further firing: the schedule ends at ${localTime(parsed, endAtMs)}, its next time would be ${occurrence.localText}`;
    return { kind: 'none', reason };
  }
  occurrence = underCalendar(parsed.calendar, occurrence);
  return { kind: 'next', occurrence };
}

/** At most `limit` occurrences after a time, in order, as {@link nextFiring} gives them. */
export function* nextFirings(
  parsed: ParsedSchedule,
  afterMs: number,
  { limit }: { readonly limit: number },
): Generator<Occurrence, void, undefined> {
  let after = afterMs;
  for (let n = 0; n < limit; n++) {
    const next = nextFiring(parsed, after);
    if (next.kind === 'none') return;
    yield next.occurrence;
    after = next.occurrence.nominalMs;
  }
}

/**
 * The first occurrence after a time that fires, over all that are dropped: what a user calls the
 * next firing. Gives up, with that reason, when calendars drop too many in a row.
 */
export function nextFire(parsed: ParsedSchedule, afterMs: number): NextFiring {
  let after = afterMs;
  // One for the whole search: many short leaps cost as much as a few long ones.
  const steps = { left: scheduleLimits.maxCalendarSteps };
  for (let n = 0; n < scheduleLimits.maxDroppedInARow && steps.left > 0; n++) {
    const next = nextFiring(parsed, after);
    if (next.kind === 'none' || next.occurrence.outcome === 'fire') return next;
    const { nominalMs } = next.occurrence;
    // A fixed delay counts on from its dropped firing; leaping would change its rhythm.
    const leaps = parsed.calendar !== null && parsed.definition.timing.kind !== 'fixed-delay';
    after = leaps
      ? Math.max(nominalMs, freeFrom(parsed.calendar, nominalMs, steps) - 1)
      : nominalMs;
  }
  return {
    kind: 'none',
    reason: `no further firing found: calendars drop everything until ${localTime(parsed, after)}`,
  };
}

/** The last occurrence before a time, fired or dropped; null when there is none. */
export function previousFiring(parsed: ParsedSchedule, beforeMs: number): Occurrence | null {
  const { startAtMs, endAtMs } = parsed.definition;
  const before = endAtMs === null ? beforeMs : Math.min(beforeMs, endAtMs + 1);
  const occurrence = parsed.source.previous(before);
  if (occurrence === null || occurrence.nominalMs < (startAtMs ?? -Infinity)) return null;
  return underCalendar(parsed.calendar, occurrence);
}

/** The last occurrence before a time, and after another, that fires; null when none is found. */
export function previousFire(
  parsed: ParsedSchedule,
  beforeMs: number,
  afterMs: number,
): Occurrence | null {
  let before = beforeMs;
  const steps = { left: scheduleLimits.maxCalendarSteps };
  for (let n = 0; n < scheduleLimits.maxDroppedInARow && steps.left > 0; n++) {
    const occurrence = previousFiring(parsed, before);
    if (occurrence === null || occurrence.nominalMs <= afterMs) return null;
    if (occurrence.outcome === 'fire') return occurrence;
    before = Math.min(
      occurrence.nominalMs,
      freeUntil(parsed.calendar, occurrence.nominalMs, afterMs, steps),
    );
  }
  return null;
}

/** A time in the schedule's zone, for messages. */
export function localTime(parsed: ParsedSchedule, ms: number): string {
  return `${wallText(ms + parsed.zone.segmentAt(ms).offsetMs)} (${parsed.zone.name})`;
}

function underCalendar(calendar: Calendar | null, occurrence: Occurrence): Occurrence {
  if (calendar === null || occurrence.outcome === 'dropped') return occurrence;
  const block = calendar.blockAt(occurrence.nominalMs);
  return block === null ? occurrence : { ...occurrence, outcome: 'dropped', ...block };
}

/** The first moment from a time on that no calendar keeps free; a later blocked one at worst. */
function freeFrom(calendar: Calendar | null, fromMs: number, steps: { left: number }): number {
  let ms = fromMs;
  if (calendar === null) return ms;
  for (; steps.left > 0; steps.left--) {
    if (ms >= scheduleLimits.horizonMs || calendar.blockAt(ms) === null) return ms;
    ms = calendar.sameUntil(ms);
  }
  return ms;
}

/** The moment before which a stretch that calendars keep free begins, not before another. */
function freeUntil(
  calendar: Calendar | null,
  fromMs: number,
  leastMs: number,
  steps: { left: number },
): number {
  let ms = fromMs;
  if (calendar === null) return ms;
  for (; steps.left > 0 && ms > leastMs; steps.left--) {
    if (calendar.blockAt(ms) === null) return ms + 1;
    ms = calendar.sameSince(ms) - 1;
  }
  return ms + 1;
}

function notBefore(
  parsed: ParsedSchedule,
  occurrence: Occurrence | null,
  startAtMs: number | null,
): Occurrence | null {
  if (occurrence === null || startAtMs === null || occurrence.nominalMs >= startAtMs) {
    return occurrence;
  }
  const localText = wallText(startAtMs + parsed.zone.segmentAt(startAtMs).offsetMs);
  return { ...occurrence, nominalMs: startAtMs, localText, reason: 'the start of the schedule' };
}

function whyNone(parsed: ParsedSchedule): string {
  const { timing } = parsed.definition;
  switch (timing.kind) {
    case 'none':
      return 'no firing: the schedule does not fire by time';
    case 'one-time':
      return `no further firing: its one time, ${localTime(parsed, timing.atMs)}, is over`;
    default: {
      const last = parsed.source.previous(scheduleLimits.horizonMs);
      return last === null
        ? 'no further firing before the year 2200'
        : `no further firing: the last time it names is ${last.localText}`;
    }
  }
}
