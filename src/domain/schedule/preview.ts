import type { ScheduleProblem } from './check.ts';
import { scheduleLimits } from './definition.ts';
import { nextFire, nextFiring } from './firings.ts';
import type { Occurrence } from './occurrence.ts';
import { parseSchedule } from './parse.ts';

/** What a schedule would do, for a person to look at. */
export type SchedulePreview =
  | { readonly kind: 'problems'; readonly problems: readonly ScheduleProblem[] }
  | {
      readonly kind: 'preview';
      /** The next times, dropped ones among them, each with its rule. */
      readonly occurrences: readonly Occurrence[];
      /** The first that fires, which may be behind a long row of dropped ones; else null. */
      readonly nextFire: Occurrence | null;
      /** Why nothing follows or nothing fires; empty when there is more. */
      readonly note: string;
    };

/**
 * The next `count` times of a definition after a time, at most `scheduleLimits.maxPreview`. A
 * fixed delay is shown as if the previous run ended at `fromMs` and each run at once.
 */
export function previewSchedule(
  definition: unknown,
  fromMs: number,
  count: number,
): SchedulePreview {
  const parsed = parseSchedule(definition);
  if (parsed.kind === 'problems') return parsed;
  const { schedule } = parsed;
  const occurrences: Occurrence[] = [];
  let note = '';
  let after = fromMs;
  const limit = Math.min(count, scheduleLimits.maxPreview);
  while (occurrences.length < limit) {
    const next = nextFiring(schedule, after);
    if (next.kind === 'none') {
      note = next.reason;
      break;
    }
    occurrences.push(next.occurrence);
    after = next.occurrence.nominalMs;
  }
  const fires = occurrences.find(({ outcome }) => outcome === 'fire');
  if (fires !== undefined) return { kind: 'preview', occurrences, nextFire: fires, note };
  const search = nextFire(schedule, fromMs);
  return search.kind === 'next'
    ? { kind: 'preview', occurrences, nextFire: search.occurrence, note }
    : { kind: 'preview', occurrences, nextFire: null, note: search.reason };
}
