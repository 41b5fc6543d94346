/**
 * An independent account of time zones: the IANA data inside moment-timezone, read as a table of
 * offsets. It shares neither code nor data with the runtime's own.
 */
import moment from 'moment-timezone';

const MINUTE_MS = 60_000;

/** One change of the clocks. */
export interface ZoneChange {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** A zone by the oracle's data. */
export interface OracleZone {
  readonly offsetAt: (ms: number) => number;
  readonly changes: readonly ZoneChange[];
}

/** The version of the IANA data inside the oracle, e.g. `2025b`. */
export const oracleVersion: string = moment.tz.dataVersion;

/** A zone's offsets, or null when the oracle does not know the name. */
export function oracleZone(name: string): OracleZone | null {
  const zone = moment.tz.zone(name);
  if (zone === null) return null;
  const untils = zone.untils.map((until) => until ?? Infinity);
  // The data counts minutes west of Greenwich.
  const offsets = zone.offsets.map((offset) => -offset * MINUTE_MS);
  const offsetOf = (index: number): number => offsets[Math.min(index, offsets.length - 1)] ?? NaN;
  const changes = untils.flatMap((atMs, index) =>
    Number.isFinite(atMs) && offsetOf(index) !== offsetOf(index + 1)
      ? [{ atMs, beforeMs: offsetOf(index), afterMs: offsetOf(index + 1) }]
      : [],
  );
  return {
    changes,
    offsetAt(ms) {
      const index = untils.findIndex((until) => ms < until);
      return offsetOf(index === -1 ? offsets.length - 1 : index);
    },
  };
}

/** What a schedule says about minute after minute, worked out without any search. */
export interface ExpectedOccurrence {
  readonly nominalMs: number;
  readonly outcome: 'fire' | 'dropped';
  readonly rule: string;
}

/** A pattern in the oracle's own words. */
export interface MinutePattern {
  readonly expression: string;
  /** Whether it allows every hour, and so goes by elapsed time. */
  readonly elapsed: boolean;
  readonly matches: (wall: {
    readonly minute: number;
    readonly hour: number;
    readonly day: number;
    readonly weekday: number;
  }) => boolean;
}

/**
 * Walks minute by minute over a window with a change in its middle. A wall minute that was seen
 * before in the window is doubled; one that lies between two neighbours and is not seen is
 * skipped, and belongs where it would be if the clocks had not changed.
 */
export function scanMinutes(
  zone: OracleZone,
  fromMs: number,
  toMs: number,
  pattern: MinutePattern,
  dst: { readonly skipped: 'skip' | 'shift'; readonly doubled: 'first' | 'both' },
): readonly ExpectedOccurrence[] {
  const found = new Map<number, ExpectedOccurrence>();
  const seen = new Set<number>();
  let previousOffsetMs = zone.offsetAt(fromMs);
  for (let ms = fromMs; ms < toMs; ms += MINUTE_MS) {
    const offsetMs = zone.offsetAt(ms);
    if (!pattern.elapsed && offsetMs > previousOffsetMs) {
      for (let wall = ms + previousOffsetMs; wall < ms + offsetMs; wall += MINUTE_MS) {
        const nominalMs = wall - previousOffsetMs;
        if (!matches(pattern, wall) || nominalMs >= toMs) continue;
        found.set(
          nominalMs,
          dst.skipped === 'skip'
            ? { nominalMs, outcome: 'dropped', rule: 'dst-skipped' }
            : { nominalMs, outcome: 'fire', rule: 'dst-shifted' },
        );
      }
    }
    previousOffsetMs = offsetMs;
    const wall = ms + offsetMs;
    if (matches(pattern, wall)) {
      const doubled = !pattern.elapsed && seen.has(wall);
      const dropped = doubled && dst.doubled === 'first';
      found.set(ms, {
        nominalMs: ms,
        outcome: dropped ? 'dropped' : 'fire',
        rule: doubled ? 'dst-doubled-second' : 'cron',
      });
    }
    seen.add(wall);
  }
  return [...found.values()].sort((a, b) => a.nominalMs - b.nominalMs);
}

function matches(pattern: MinutePattern, wallMs: number): boolean {
  const wall = new Date(wallMs);
  return pattern.matches({
    minute: wall.getUTCMinutes(),
    hour: wall.getUTCHours(),
    day: wall.getUTCDate(),
    weekday: wall.getUTCDay(),
  });
}
