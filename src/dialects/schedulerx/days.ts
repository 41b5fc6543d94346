import type { Zone } from '../../domain/schedule/zone.ts';

const dayMs = 86_400_000;

/**
 * A time of day on each day from the one that holds `startMs` to the one that holds `endMs`, in
 * the zone; epoch milliseconds, at most `limit` of them.
 * @param timeOfDay `HH:mm:ss`.
 */
export function timesOnDays(
  startMs: number,
  endMs: number,
  timeOfDay: string,
  zone: Zone,
  limit: number,
): readonly number[] {
  const firstDay = dayOf(startMs, zone);
  const lastDay = dayOf(endMs, zone);
  const [hours = 0, minutes = 0, seconds = 0] = timeOfDay.split(':').map(Number);
  const times: number[] = [];
  for (let day = firstDay; day <= lastDay && times.length < limit; day++) {
    const wallMs = day * dayMs + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    // The offset of the wall time itself: twice, for the first guess may lie across a change.
    const guessMs = wallMs - zone.segmentAt(wallMs).offsetMs;
    times.push(wallMs - zone.segmentAt(guessMs).offsetMs);
  }
  return times;
}

function dayOf(ms: number, zone: Zone): number {
  return Math.floor((ms + zone.segmentAt(ms).offsetMs) / dayMs);
}
