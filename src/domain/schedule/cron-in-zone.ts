import { followsElapsedTime, type CronPattern } from './cron-pattern.ts';
import { nextMatch, previousMatch } from './cron-search.ts';
import type { DstPolicy } from './definition.ts';
import type { OccurrenceSource } from './occurrence.ts';
import { wallTimesInZone } from './wall-in-zone.ts';
import type { Zone } from './zone.ts';

/** The occurrences of a pattern in a zone under a policy for changing clocks. */
export function cronInZone(pattern: CronPattern, zone: Zone, dst: DstPolicy): OccurrenceSource {
  const times = {
    next: (afterWall: number) => nextMatch(pattern, afterWall),
    previous: (beforeWall: number) => previousMatch(pattern, beforeWall),
    elapsed: followsElapsedTime(pattern),
    rule: 'cron',
    reason: 'the expression names this time',
  };
  return wallTimesInZone(times, zone, dst);
}
