import { calendarStepTimes } from './calendar-steps.ts';
import { cronInZone } from './cron-in-zone.ts';
import { parseCron } from './cron-parse.ts';
import { scheduleLimits, type DstPolicy, type Timing } from './definition.ts';
import type { Occurrence, OccurrenceSource } from './occurrence.ts';
import { wallText } from './wall-time.ts';
import { wallTimesInZone } from './wall-in-zone.ts';
import type { Zone } from './zone.ts';

/**
 * The occurrences of a timing. A fixed delay takes the time it is asked about for the end of the
 * previous run, and has no past. @throws CronSyntaxError
 */
export function occurrencesOf(timing: Timing, zone: Zone, dst: DstPolicy): OccurrenceSource {
  switch (timing.kind) {
    case 'cron':
      return cronInZone(parseCron(timing.expression, timing.dialect), zone, dst);
    case 'calendar-steps':
      return wallTimesInZone(calendarStepTimes(timing), zone, dst);
    case 'fixed-rate':
      return fixedRate(timing.everyMs, timing.anchorMs, zone);
    case 'fixed-delay': {
      const reason = `${timing.delayMs / 1000} s after the end of the previous run`;
      return {
        next: (afterMs) => plain(afterMs + timing.delayMs, 'fixed-delay', reason, zone),
        previous: () => null,
      };
    }
    case 'one-time': {
      const once = plain(timing.atMs, 'one-time', 'the one time of the schedule', zone);
      return {
        next: (afterMs) => (timing.atMs > afterMs ? once : null),
        previous: (beforeMs) => (timing.atMs < beforeMs ? once : null),
      };
    }
    case 'none':
      return { next: () => null, previous: () => null };
  }
}

function fixedRate(everyMs: number, anchorMs: number, zone: Zone): OccurrenceSource {
  const nth = (n: number): Occurrence | null =>
    n < 0 ? null : plain(anchorMs + n * everyMs, 'fixed-rate', `every ${everyMs / 1000} s`, zone);
  return {
    next: (afterMs) => nth(Math.max(0, Math.floor((afterMs - anchorMs) / everyMs) + 1)),
    previous: (beforeMs) => nth(Math.ceil((beforeMs - anchorMs) / everyMs) - 1),
  };
}

function plain(nominalMs: number, rule: string, reason: string, zone: Zone): Occurrence | null {
  if (nominalMs >= scheduleLimits.horizonMs) return null;
  const localText = wallText(nominalMs + zone.segmentAt(nominalMs).offsetMs);
  return { nominalMs, localText, outcome: 'fire', rule, reason };
}
