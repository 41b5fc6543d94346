import { scheduleLimits } from './definition.ts';
import { nextFiring, previousFire, previousFiring } from './firings.ts';
import type { Occurrence } from './occurrence.ts';
import type { ParsedSchedule } from './parse.ts';

/** Where a schedule stands when it is looked at. */
export interface CatchUpFacts {
  /**
   * The latest nominal time that is decided; of a new schedule, the time since which it counts;
   * of a fixed delay, the end of the previous run.
   */
  readonly lastNominalMs: number;
  readonly nowMs: number;
  /** Instead of the definition's own. */
  readonly graceMs?: number;
}

/** What to do about everything that came due. */
export interface CatchUpPlan {
  /** To be started now, oldest first. */
  readonly fire: readonly Occurrence[];
  /** Left out, each with its reason, oldest first: the newest ones of them. */
  readonly skipped: readonly Occurrence[];
  /** Left out before those in `skipped`; null when there are none. */
  readonly skippedRest: SkippedRest | null;
  /** The next nominal time after now; null when there is none, or none known yet. */
  readonly nextNominalMs: number | null;
  /** Why `nextNominalMs` is null; else empty. */
  readonly note: string;
}

/** Skipped firings that are counted, not listed. What was made up for may lie between them. */
export interface SkippedRest {
  readonly count: number;
  /** False: there are more, `count` is the least. */
  readonly isExact: boolean;
  /** The oldest of them. */
  readonly fromMs: number;
  /** The newest of them. */
  readonly toMs: number;
}

/**
 * Decides what fires of all that came due since a schedule was last looked at. What is late by no
 * more than the grace fires under every policy. Of what is later, by the misfire policy:
 * - `skip`: nothing.
 * - `one`: the latest, unless a merely late one fires anyway and stands for all.
 * - `all`: the latest `maxCatchUp` within the window.
 *
 * The work is bounded, whatever the downtime: it goes back from now, counts some 1,000 skips and
 * says "at least" for more.
 */
export function planCatchUp(parsed: ParsedSchedule, facts: CatchUpFacts): CatchUpPlan {
  if (parsed.definition.timing.kind === 'fixed-delay') return planDelayed(parsed, facts);
  const judge = new Judge(parsed, facts);
  const { nowMs } = facts;
  const { isExact, reachedMs } = walkBack(parsed, facts, judge);
  if (!isExact) searchBack(parsed, facts, judge, reachedMs);
  const next = nextFiring(parsed, nowMs);
  return {
    fire: judge.fire.toReversed(),
    skipped: judge.listed.toReversed(),
    skippedRest: judge.rest(isExact),
    ...(next.kind === 'next'
      ? { nextNominalMs: next.occurrence.nominalMs, note: '' }
      : { nextNominalMs: null, note: next.reason }),
  };
}

/** Decides one by one from now on back, until all is decided or enough is counted. */
function walkBack(
  parsed: ParsedSchedule,
  { lastNominalMs, nowMs }: CatchUpFacts,
  judge: Judge,
): { readonly isExact: boolean; readonly reachedMs: number } {
  let before = nowMs + 1;
  for (;;) {
    const occurrence = previousFiring(parsed, before);
    if (occurrence === null || occurrence.nominalMs <= lastNominalMs) {
      return { isExact: true, reachedMs: before };
    }
    if (judge.skips >= scheduleLimits.maxCountedSkips) return { isExact: false, reachedMs: before };
    judge.decide(occurrence);
    before = occurrence.nominalMs;
  }
}

/** Beyond what is counted, decides only what still may fire. */
function searchBack(
  parsed: ParsedSchedule,
  { lastNominalMs }: CatchUpFacts,
  judge: Judge,
  reachedMs: number,
): void {
  let before = reachedMs;
  while (judge.mayFire(before)) {
    const occurrence = previousFire(parsed, before, lastNominalMs);
    if (occurrence === null || !judge.mayFire(occurrence.nominalMs)) return;
    judge.decide(occurrence);
    before = occurrence.nominalMs;
  }
}

/** Applies the misfire policy to occurrences, from the newest to the oldest. */
class Judge {
  readonly fire: Occurrence[] = [];
  readonly listed: Occurrence[] = [];
  skips = 0;
  readonly #parsed: ParsedSchedule;
  readonly #facts: CatchUpFacts;
  readonly #graceMs: number;
  /** Fired although beyond the grace. */
  #caughtUp = 0;
  #newestUnlistedMs = 0;
  #oldestSkippedMs = 0;

  constructor(parsed: ParsedSchedule, facts: CatchUpFacts) {
    this.#parsed = parsed;
    this.#facts = facts;
    this.#graceMs = facts.graceMs ?? parsed.definition.graceMs;
  }

  decide(occurrence: Occurrence): void {
    if (occurrence.outcome === 'dropped') {
      this.#skip(occurrence);
      return;
    }
    const lateMs = this.#facts.nowMs - occurrence.nominalMs;
    const refusal = this.#refusal(lateMs);
    if (refusal !== null) {
      this.#skip({ ...occurrence, outcome: 'dropped', ...refusal });
    } else if (lateMs <= this.#graceMs) {
      this.fire.push(occurrence);
    } else {
      this.#caughtUp++;
      const reason = `${occurrence.reason}; made up for ${seconds(lateMs)} late`;
      this.fire.push({ ...occurrence, reason });
    }
  }

  /** Whether the policy could let anything fire that is due before a time. */
  mayFire(beforeMs: number): boolean {
    return this.#refusal(this.#facts.nowMs - beforeMs) === null;
  }

  rest(isExact: boolean): SkippedRest | null {
    const count = this.skips - this.listed.length;
    if (count === 0 && isExact) return null;
    const oldest = nextFiring(this.#parsed, this.#facts.lastNominalMs);
    const fromMs =
      isExact || oldest.kind === 'none' ? this.#oldestSkippedMs : oldest.occurrence.nominalMs;
    return { count, isExact, fromMs, toMs: this.#newestUnlistedMs };
  }

  /** Why a firing that is so late does not fire, or null when it does. */
  #refusal(lateMs: number): { readonly rule: string; readonly reason: string } | null {
    const { maxCatchUp } = scheduleLimits;
    if (this.fire.length >= maxCatchUp) {
      return limitRefusal(maxCatchUp);
    }
    if (lateMs <= this.#graceMs) return null;
    const { misfire } = this.#parsed.definition;
    const late = `missed by ${seconds(lateMs)}, more than the grace of ${seconds(this.#graceMs)}`;
    switch (misfire.policy) {
      case 'skip':
        return { rule: 'misfire-skip', reason: `${late}; the policy is to skip` };
      case 'one':
        return this.fire.length === 0
          ? null
          : { rule: 'misfire-one', reason: `${late}; a later firing stands for it` };
      case 'all':
        if (lateMs > misfire.windowMs) {
          const window = seconds(misfire.windowMs);
          return { rule: 'misfire-window', reason: `${late}; the window is ${window}` };
        }
        return this.#caughtUp < misfire.maxCatchUp ? null : limitRefusal(misfire.maxCatchUp);
    }
  }

  #skip(occurrence: Occurrence): void {
    this.skips++;
    this.#oldestSkippedMs = occurrence.nominalMs;
    if (this.listed.length < scheduleLimits.maxListedSkips) {
      this.listed.push(occurrence);
    } else if (this.#newestUnlistedMs === 0) {
      this.#newestUnlistedMs = occurrence.nominalMs;
    }
  }
}

/** A fixed delay has at most one firing due, and none further until that run has ended. */
function planDelayed(parsed: ParsedSchedule, facts: CatchUpFacts): CatchUpPlan {
  const { nowMs, lastNominalMs } = facts;
  const nothing = { fire: [], skipped: [], skippedRest: null, nextNominalMs: null, note: '' };
  const next = nextFiring(parsed, lastNominalMs);
  if (next.kind === 'none') return { ...nothing, note: next.reason };
  if (next.occurrence.nominalMs > nowMs) {
    return { ...nothing, nextNominalMs: next.occurrence.nominalMs };
  }
  const judge = new Judge(parsed, facts);
  judge.decide(next.occurrence);
  if (judge.fire.length > 0) {
    return { ...nothing, fire: judge.fire, note: 'waits for the end of its run' };
  }
  const later = nextFiring(parsed, nowMs);
  return {
    ...nothing,
    skipped: judge.listed,
    ...(later.kind === 'next'
      ? { nextNominalMs: later.occurrence.nominalMs }
      : { note: later.reason }),
  };
}

function limitRefusal(most: number): { readonly rule: string; readonly reason: string } {
  return { rule: 'misfire-limit', reason: `at most ${most} firings are made up for at once` };
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
