/** Times that programs write at the beginning of their lines, for the time range of GetLog. */
import type { Zone } from '../../domain/schedule/zone.ts';

/** When a line was written, as it says itself. */
export interface LineTime {
  readonly atMs: number;
  /** Up to where it may have been: lines without milliseconds name a whole second. */
  readonly lastMs: number;
}

/** `2026-01-31 12:00:00`, with `T`, fraction and offset where there are some, maybe in brackets. */
const stamp =
  /^\[?(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:(Z)|([+-])(\d\d):?(\d\d))?(?!\d)/;

/**
 * The time that a line begins with; null when it begins with none.
 * @param zone of times that name no offset.
 */
export function lineTimeOf(line: string, zone: Zone): LineTime | null {
  const match = stamp.exec(line);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes] = match;
  const wallMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3)),
  );
  const atMs = wallMs - offsetMs(wallMs);
  return { atMs, lastMs: fraction === undefined ? atMs + 999 : atMs };

  function offsetMs(atWallMs: number): number {
    if (utc !== undefined) return 0;
    if (sign !== undefined) {
      return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
    }
    // The offset of the wall time itself: twice, for the first guess may lie across a change.
    const guessMs = atWallMs - zone.segmentAt(atWallMs).offsetMs;
    return zone.segmentAt(guessMs).offsetMs;
  }
}
