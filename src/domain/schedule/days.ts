import { nextFiring } from './firings.ts';
import type { ParsedSchedule } from './parse.ts';
import { DAY_MS } from './wall-time.ts';
import type { Zone } from './zone.ts';

/** What a schedule does on one day of its zone. */
export interface ScheduleDay {
  /** `YYYY-MM-DD` in the zone. */
  readonly date: string;
  /** When the day begins, and when the next does. Not always 24 hours apart. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly fires: number;
  /** Times that a rule drops. */
  readonly dropped: number;
  /** Times that a change of the clocks moved, doubled or dropped. */
  readonly clockChanged: number;
  /** Whether there are more than were counted. */
  readonly more: boolean;
}

/** Most days that one call looks at. */
export const maxScheduleDays = 92;
/** Most times that one day may cost: every minute is still counted whole. */
const maxTimesPerDay = 1_500;

/**
 * Firings of each of the next days, from the day that holds `fromMs` on; on that one only what
 * comes after `fromMs`. A day that fires very often is counted up to a bound. A fixed delay is shown
 * as if each run ended at once. Each day costs a bounded time: callers can let others in between.
 */
export function* scheduleDays(
  parsed: ParsedSchedule,
  fromMs: number,
  count: number,
): Generator<ScheduleDay, void, undefined> {
  const { zone } = parsed;
  const days = Math.min(count, maxScheduleDays);
  const first = Math.floor((fromMs + zone.segmentAt(fromMs).offsetMs) / DAY_MS);
  // The next time that was looked up and belongs to a later day.
  let next = nextFiring(parsed, fromMs);
  for (let day = first; day < first + days; day++) {
    const untilMs = startOfDay(zone, day + 1);
    const counted = { fires: 0, dropped: 0, clockChanged: 0, more: false };
    for (let n = 0; next.kind === 'next' && next.occurrence.nominalMs < untilMs; n++) {
      const { nominalMs, outcome, rule } = next.occurrence;
      if (n === maxTimesPerDay) {
        counted.more = true;
        next = nextFiring(parsed, untilMs - 1);
        break;
      }
      counted[outcome === 'fire' ? 'fires' : 'dropped'] += 1;
      if (rule.startsWith('dst-')) counted.clockChanged += 1;
      next = nextFiring(parsed, nominalMs);
    }
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    yield { date, fromMs: startOfDay(zone, day), untilMs, ...counted };
  }
}

/** The first moment of a day in a zone; after it where changing clocks leave midnight out. */
function startOfDay(zone: Zone, day: number): number {
  const wall = day * DAY_MS;
  // The stretch a day before midnight by any offset, and those after it until one reaches it.
  let segment = zone.segmentAt(wall - DAY_MS);
  for (let n = 0; n < 8; n++) {
    const ms = wall - segment.offsetMs;
    if (ms < segment.toMs) return Math.max(ms, segment.fromMs);
    segment = zone.segmentAt(segment.toMs);
  }
  return wall - segment.offsetMs;
}
