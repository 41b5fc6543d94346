import { useSyncExternalStore } from 'react';
import { useFormat } from '../i18n/format.ts';

const tickMs = 1_000;
/** What lies ahead by less is told as now: clocks differ a little, and ours ticks once a second. */
const slackMs = 2_000;

/** One timer for all that shows a distance to now. */
const clock = (() => {
  let nowMs = Date.now();
  let timer: number | undefined;
  const listeners = new Set<() => void>();
  return {
    now: () => nowMs,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      nowMs = Date.now();
      timer ??= window.setInterval(() => {
        nowMs = Date.now();
        for (const each of listeners) each();
      }, tickMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        window.clearInterval(timer);
        timer = undefined;
      };
    },
  };
})();

/** Milliseconds since the epoch, anew every second. */
export function useNow(): number {
  return useSyncExternalStore(clock.subscribe, clock.now);
}

/**
 * A time: the distance to now, with date, time and zone in its title; or written out with
 * `absolute`. `zone` is an IANA name; absent = the browser's.
 */
export function Time({
  atMs,
  zone,
  absolute = false,
}: {
  readonly atMs: number | null | undefined;
  readonly zone?: string;
  readonly absolute?: boolean;
}) {
  const format = useFormat();
  const nowMs = useNow();
  if (atMs === null || atMs === undefined) return <span className="muted">–</span>;
  const full = format.dateTime(atMs, zone);
  const aheadMs = atMs - nowMs;
  const distance = format.relative(aheadMs > 0 && aheadMs <= slackMs ? nowMs : atMs, nowMs);
  const zoneName = zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const other = absolute ? distance : full;
  return (
    <time
      className="nowrap number"
      dateTime={new Date(atMs).toISOString()}
      title={`${other} (${zoneName})`}
    >
      {absolute ? full : distance}
    </time>
  );
}

/** A length of time; without an end it grows until now. */
export function Duration({
  ms,
  sinceMs,
  untilMs,
}: {
  readonly ms?: number | null;
  readonly sinceMs?: number | null;
  readonly untilMs?: number | null;
}) {
  const format = useFormat();
  const nowMs = useNow();
  const length = ms ?? (typeof sinceMs === 'number' ? (untilMs ?? nowMs) - sinceMs : null);
  if (length === null) return <span className="muted">–</span>;
  return <span className="nowrap number">{format.duration(length)}</span>;
}

/** A size. */
export function Bytes({ count }: { readonly count: number | null | undefined }) {
  const format = useFormat();
  if (count === null || count === undefined) return <span className="muted">–</span>;
  return <span className="nowrap number">{format.bytes(count)}</span>;
}
