import { findZone, type Zone } from '../../../domain/schedule/zone.ts';

/** Zone of times that name none (schedulerx.md §5.2). */
const serviceZone = 'GMT+8';

/** The zone that a job names, or the service's for a text that names none (§5.2). */
export function zoneOf(timezone: string, fallback: string = serviceZone): Zone {
  const zone = findZone(timezone.trim()) ?? findZone(fallback) ?? findZone('UTC');
  if (zone === null) throw new Error('UTC is no zone');
  return zone;
}

/**
 * When a one_time job runs: `yyyy-MM-dd HH:mm:ss` in the job's zone, or epoch milliseconds (§5.1).
 * Null when the text is neither.
 */
export function oneTimeMs(text: string, timezone: string): number | null {
  const trimmed = text.trim();
  if (/^\d{12,14}$/.test(trimmed)) return Number(trimmed);
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(trimmed);
  if (match === null) return null;
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.map(Number);
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const isReal = new Date(wallMs).toISOString().slice(0, 19) === trimmed.replace(' ', 'T');
  if (!isReal) return null;
  const zone = zoneOf(timezone);
  // The offset of the wall time itself: twice, for the first guess may lie across a change.
  const guessMs = wallMs - zone.segmentAt(wallMs).offsetMs;
  return wallMs - zone.segmentAt(guessMs).offsetMs;
}

/** `yyyy-MM-dd HH:mm:ss` in a zone, as responses write times (§5.2). */
export function localTimeText(ms: number, zone: Zone): string {
  return new Date(ms + zone.segmentAt(ms).offsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** The zone as `TZ` of a process says it: offsets count the other way there. */
export function processTimezone(zone: Zone): string {
  if (/^[A-Za-z]+\/|^UTC$/.test(zone.name)) return zone.name;
  const minutes = Math.round(zone.segmentAt(0).offsetMs / 60_000);
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  if (size === 0) return 'UTC';
  const pad = (value: number): string => String(value).padStart(2, '0');
  const hours = pad(Math.floor(size / 60));
  if (size % 60 === 0 && minutes <= 14 * 60 && minutes >= -12 * 60) {
    return `Etc/GMT${sign === '+' ? '-' : '+'}${Math.floor(size / 60)}`;
  }
  return `<${sign}${hours}${pad(size % 60)}>${sign === '+' ? '-' : '+'}${hours}:${pad(size % 60)}`;
}
