import { BoundedCache } from './bounded-cache.ts';
import { scheduleLimits } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './wall-time.ts';
import { formatterOffset } from './zone-offset.ts';

/** A stretch of time in which the clocks of a zone differ from UTC by the same amount. */
export interface ZoneSegment {
  readonly fromMs: number;
  readonly toMs: number;
  /** Wall time minus UTC. */
  readonly offsetMs: number;
  /** The same just before `fromMs`; equal where nothing changed. */
  readonly previousOffsetMs: number;
}

/** A time zone, as changes of its offset. */
export interface Zone {
  readonly name: string;
  /** The stretch that holds a time; the known part of it, which may begin later or end earlier. */
  segmentAt(ms: number): ZoneSegment;
}

/** Offsets are at most 18 h; wall times of one moment differ by less than this between zones. */
export const MAX_OFFSET_MS = 18 * HOUR_MS;

/** Zones kept with their changes; there are about 600 names. A century of changes is 20 kB. */
const CACHED_ZONES = 700;
/**
 * Distance of the look-ups that find changes. Two changes that undo each other within it would
 * be missed; the shortest such pair since 1970 are four weeks (Ramadan in Morocco and Egypt).
 */
const PROBE_MS = 7 * DAY_MS;
/** A gap is shorter than this, so that a year knows the gaps that reach into it. */
const LOOK_BACK_MS = 2 * DAY_MS;

const zones = new BoundedCache<Zone>(CACHED_ZONES);

/**
 * A zone by IANA name (in any case, aliases too), `UTC`, `GMT`, `Z`, or an offset such as
 * `GMT+8`, `GMT-05:30`, `UTC+0800`, `+08:00`. Null when there is no such zone.
 * A plain `+8` is east of Greenwich; only IANA's own `Etc/GMT+8` counts west.
 */
export function findZone(name: string): Zone | null {
  if (name.length > scheduleLimits.maxZoneChars) return null;
  const offsetMs = parseOffset(name);
  if (offsetMs !== null) return fixedZone(name, offsetMs);
  // Offsets in other notations are ours to read, not the runtime's.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return zones.get(name, () => new IanaZone(name));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Milliseconds east of Greenwich, or null when the text is no offset or beyond 18 h. */
function parseOffset(text: string): number | null {
  if (/^(?:UTC|GMT|Z|Etc\/UTC)$/i.test(text)) return 0;
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(text);
  if (match === null) return null;
  const minutes = Number(match[3] ?? 0);
  const size = Number(match[2]) * HOUR_MS + minutes * MINUTE_MS;
  if (minutes > 59 || size > MAX_OFFSET_MS) return null;
  return match[1] === '-' ? -size : size;
}

function fixedZone(name: string, offsetMs: number): Zone {
  const segment: ZoneSegment = {
    fromMs: -Infinity,
    toMs: Infinity,
    offsetMs,
    previousOffsetMs: offsetMs,
  };
  return { name, segmentAt: () => segment };
}

/** Finds changes year by year, when they are asked for, and keeps them. */
class IanaZone implements Zone {
  readonly name: string;
  readonly #offsetAt: (ms: number) => number;
  readonly #years = new Map<number, readonly ZoneSegment[]>();

  constructor(name: string) {
    this.name = name;
    this.#offsetAt = formatterOffset(name);
  }

  segmentAt(ms: number): ZoneSegment {
    const clamped = Math.min(Math.max(ms, 0), scheduleLimits.horizonMs);
    const year = new Date(clamped).getUTCFullYear();
    let segments = this.#years.get(year);
    if (segments === undefined) {
      segments = this.#segmentsOf(year);
      this.#years.set(year, segments);
    }
    const found = segments.find((segment) => clamped < segment.toMs);
    if (found === undefined) throw new Error(`${this.name} has no offset in ${year}`);
    return found;
  }

  #segmentsOf(year: number): readonly ZoneSegment[] {
    const fromMs = Date.UTC(year, 0, 1) - LOOK_BACK_MS;
    const endMs = Date.UTC(year + 1, 0, 1);
    const segments: ZoneSegment[] = [];
    let offsetMs = this.#offsetAt(fromMs);
    let segment = { fromMs, offsetMs, previousOffsetMs: offsetMs };
    // At `low` the offset is always known: it is `offsetMs`.
    for (let low = fromMs; low < endMs - 1;) {
      const high = Math.min(low + PROBE_MS, endMs - 1);
      if (this.#offsetAt(high) === offsetMs) {
        low = high;
        continue;
      }
      const changeMs = this.#changeBetween(low, high, offsetMs);
      segments.push({ ...segment, toMs: changeMs });
      const nextOffsetMs = this.#offsetAt(changeMs);
      segment = { fromMs: changeMs, offsetMs: nextOffsetMs, previousOffsetMs: offsetMs };
      offsetMs = nextOffsetMs;
      low = changeMs;
    }
    segments.push({ ...segment, toMs: endMs });
    return segments;
  }

  /** The first millisecond with another offset; `low` has the given one, `high` does not. */
  #changeBetween(low: number, high: number, offsetMs: number): number {
    let before = low;
    let after = high;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle) === offsetMs) before = middle;
      else after = middle;
    }
    return after;
  }
}
