/**
 * Puts the wall times of a timing on the time line of a zone. All daylight saving is here: the
 * wall times know only the wall, the zone only stretches of equal offset.
 *
 * In a stretch, wall times and moments differ by its offset. Where a stretch begins with a gap,
 * the wall times in it are put as far behind the change as they are behind the gap's start, as
 * RFC 5545 reads them: they keep their order and their distances. Where it begins with an
 * overlap, its first wall times have been before.
 */
import { scheduleLimits, type DstPolicy } from './definition.ts';
import type { Occurrence, OccurrenceSource } from './occurrence.ts';
import { MINUTE_MS, wallText } from './wall-time.ts';
import { MAX_OFFSET_MS, type Zone, type ZoneSegment } from './zone.ts';

/** The wall times that a timing names, without a zone; see `wall-time.ts` for the numbers. */
export interface WallTimes {
  /** The first after a wall time, or null when there is none. */
  next(afterWall: number): number | null;
  /** The last before a wall time, or null when there is none. */
  previous(beforeWall: number): number | null;
  /** Whether they are meant as an interval: then changing clocks neither drop nor double one. */
  readonly elapsed: boolean;
  /** Of a regular firing: for machines, and in words. */
  readonly rule: string;
  readonly reason: string;
}

/** Beyond this distance from a wall time, no offset can bring a moment to it. */
const MARGIN_MS = 3 * MAX_OFFSET_MS;
/**
 * Stretches that one search crosses. A stretch is at most a year, a search goes on by leaps
 * where the wall times are sparse, and 230 years have no more than this many changes in any zone.
 */
const MAX_STRETCHES = 2_000;

/** The occurrences of wall times in a zone under a policy for changing clocks. */
export function wallTimesInZone(times: WallTimes, zone: Zone, dst: DstPolicy): OccurrenceSource {
  const { elapsed } = times;
  return {
    next(afterMs) {
      let after = Math.max(afterMs, scheduleLimits.earliestMs - 1);
      for (let n = 0; n < MAX_STRETCHES && after + 1 < scheduleLimits.horizonMs; n++) {
        const segment = zone.segmentAt(after + 1);
        const wall = times.next(after + segment.offsetMs);
        const regular = wall === null ? Infinity : wall - segment.offsetMs;
        const skipped = elapsed ? Infinity : nextInGap(times, segment, after);
        const found = Math.min(regular, skipped);
        if (found < segment.toMs) return at(found, regular === found, segment);
        // Nothing matches between here and the wall time found, seen from any offset.
        const canLeap = segment.toMs > after + MARGIN_MS;
        const leap = canLeap ? (wall ?? Infinity) - MARGIN_MS : segment.toMs;
        after = Math.max(segment.toMs, leap) - 1;
      }
      return null;
    },
    previous(beforeMs) {
      let before = Math.min(beforeMs, scheduleLimits.horizonMs);
      for (let n = 0; n < MAX_STRETCHES && before > scheduleLimits.earliestMs; n++) {
        const segment = zone.segmentAt(before - 1);
        const wall = times.previous(before + segment.offsetMs);
        const regular = wall === null ? -Infinity : wall - segment.offsetMs;
        const skipped = elapsed ? -Infinity : previousInGap(times, segment, before);
        const found = Math.max(regular, skipped);
        if (found >= segment.fromMs) {
          return found < scheduleLimits.earliestMs ? null : at(found, regular === found, segment);
        }
        const canLeap = segment.fromMs < before - MARGIN_MS;
        const leap = canLeap ? (wall ?? -Infinity) + MARGIN_MS : segment.fromMs;
        before = Math.min(segment.fromMs, leap);
      }
      return null;
    },
  };

  /** What the policy makes of a match at a moment. */
  function at(ms: number, regular: boolean, segment: ZoneSegment): Occurrence {
    const changeMs = segment.offsetMs - segment.previousOffsetMs;
    const sinceMs = ms - segment.fromMs;
    if (!regular) return inGap(ms, segment, dst);
    const wall = wallText(ms + segment.offsetMs);
    const occurrence = { nominalMs: ms, localText: wall } as const;
    if (!elapsed && sinceMs < -changeMs) {
      const first = dst.doubled === 'first';
      return {
        ...occurrence,
        outcome: first ? 'dropped' : 'fire',
        rule: 'dst-doubled-second',
        reason: `the clocks went back by ${minutes(-changeMs)}, so ${wall} comes a second time${
          first ? '; only the first fires' : ', and both fire'
        }`,
      };
    }
    // A regular firing may stand where a skipped one would go: one moment, one firing.
    const also = !elapsed && sinceMs < changeMs && matchesWall(ms + segment.previousOffsetMs);
    return {
      ...occurrence,
      outcome: 'fire',
      rule: times.rule,
      reason: also
        ? `${times.reason}; the skipped ${wallText(ms + segment.previousOffsetMs)} falls on it too`
        : times.reason,
    };
  }

  function matchesWall(wallMs: number): boolean {
    return times.next(wallMs - 1) === wallMs;
  }
}

function inGap(ms: number, segment: ZoneSegment, dst: DstPolicy): Occurrence {
  const changeMs = segment.offsetMs - segment.previousOffsetMs;
  const wall = wallText(ms + segment.previousOffsetMs);
  const cause = `${wall} does not exist: the clocks went forward by ${minutes(changeMs)}`;
  return dst.skipped === 'skip'
    ? {
        nominalMs: ms,
        localText: wall,
        outcome: 'dropped',
        rule: 'dst-skipped',
        reason: cause,
      }
    : {
        nominalMs: ms,
        localText: wall,
        outcome: 'fire',
        rule: 'dst-shifted',
        reason: `${cause}; it fires at ${wallText(ms + segment.offsetMs)}`,
      };
}

/** The first moment after another that stands for a wall time in the gap before the stretch. */
function nextInGap(times: WallTimes, segment: ZoneSegment, afterMs: number): number {
  const gapEndMs = segment.fromMs + segment.offsetMs - segment.previousOffsetMs;
  const fromMs = Math.max(afterMs, segment.fromMs - 1);
  if (fromMs + 1 >= gapEndMs) return Infinity;
  const wall = times.next(fromMs + segment.previousOffsetMs);
  const ms = (wall ?? Infinity) - segment.previousOffsetMs;
  return ms < gapEndMs ? ms : Infinity;
}

/** The last such moment before another. */
function previousInGap(times: WallTimes, segment: ZoneSegment, beforeMs: number): number {
  const gapEndMs = segment.fromMs + segment.offsetMs - segment.previousOffsetMs;
  const toMs = Math.min(beforeMs, gapEndMs);
  if (toMs <= segment.fromMs) return -Infinity;
  const wall = times.previous(toMs + segment.previousOffsetMs);
  const ms = (wall ?? -Infinity) - segment.previousOffsetMs;
  return ms >= segment.fromMs ? ms : -Infinity;
}

function minutes(ms: number): string {
  const count = ms / MINUTE_MS;
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`;
}
