import type { Timing } from './limits.ts';
import { words } from './outcome.ts';

/**
 * What asking about a dispatch gave: the executor has a run of this job, has none, cannot be
 * reached, or answers without telling.
 */
export type Seen = 'busy' | 'idle' | 'silent' | 'unclear';

/** What is remembered of a dispatch whose end is awaited. */
export interface Watched {
  readonly askAtMs: number;
  readonly idleSinceMs: number | null;
  readonly silentSinceMs: number | null;
  readonly unclearSinceMs: number | null;
}

/** What else counts. */
export interface Facts {
  /** Whether the executor is known to have it. */
  readonly accepted: boolean;
  readonly nowMs: number;
  /** When the executor registered last; null = it did not, or took itself off. */
  readonly beatAtMs: number | null;
}

/** A dispatch that was just made. */
export function watched(askAtMs: number): Watched {
  return { askAtMs, idleSinceMs: null, silentSinceMs: null, unclearSinceMs: null };
}

/**
 * What follows from one look: when to ask again, and why the dispatch counts as lost, if it does.
 * Pure. An executor that works, or that registers, is never given up.
 */
export function judge(
  before: Watched,
  seen: Seen,
  { accepted, nowMs, beatAtMs }: Facts,
  timing: Timing,
): { readonly next: Watched; readonly lost: string | null } {
  const since = (kind: Seen, from: number | null): number | null =>
    seen === kind ? (from ?? nowMs) : null;
  const idleSinceMs = since('idle', before.idleSinceMs);
  const silentSinceMs = since('silent', before.silentSinceMs);
  const unclearSinceMs = since('unclear', before.unclearSinceMs);
  // Trouble is looked at more often, so that its end is seen.
  const calm = accepted && seen !== 'silent';
  const askAtMs = nowMs + (calm ? timing.askMs : timing.unsureAskMs);
  const next = { askAtMs, idleSinceMs, silentSinceMs, unclearSinceMs };
  const lasted = (from: number | null, ms: number): boolean => from !== null && nowMs - from >= ms;
  return { next, lost: reason() };

  function reason(): string | null {
    if (lasted(idleSinceMs, accepted ? timing.idleLostMs : timing.unsureLostMs)) {
      return accepted
        ? `${words.lost}: the executor does not run it any more and told no end`
        : `${words.noAnswer}: the dispatch was not answered and the executor has no trace of it`;
    }
    const beatIsOld = beatAtMs === null || nowMs - beatAtMs >= timing.missedBeatMs;
    if (lasted(silentSinceMs, timing.silentLostMs) && beatIsOld) {
      return `${words.lost}: the executor cannot be reached and does not register any more`;
    }
    if (!accepted && lasted(unclearSinceMs, timing.blindLostMs)) {
      return `${words.noAnswer}: the dispatch was not answered and the executor refuses to tell about it`;
    }
    return null;
  }
}
