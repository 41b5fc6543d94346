import type { Firing } from '../firing.ts';
import { type CatchUpPlan, planCatchUp, type SkippedRest } from './catch-up.ts';
import type { ScheduleDefinition } from './definition.ts';
import { nextFiring } from './firings.ts';
import type { Occurrence } from './occurrence.ts';
import { openSchedule } from './parse.ts';

/** A firing that makes a run. */
export interface PlannedFiring {
  readonly nominalMs: number;
  readonly rule: string;
  readonly reason: string;
}

/** Firings that make none: one, or a stretch that shares its fate. */
export type LeftOut = Pick<
  Firing,
  'nominalMs' | 'untilMs' | 'count' | 'outcome' | 'rule' | 'reason'
>;

/** What to do about a schedule that has come due, and where it stands then. */
export interface FiringPlan {
  /** Oldest first. */
  readonly fire: readonly PlannedFiring[];
  readonly left: readonly LeftOut[];
  /** Latest nominal time that is decided by this; null = none. */
  readonly lastMs: number | null;
  /** Next nominal time when one of `fire` made a run; null = none, `note` says why. */
  readonly nextMs: number | null;
  /** Next nominal time when none of `fire` made a run: a fixed delay then waits for no end. */
  readonly nextIfRefusedMs: number | null;
  readonly note: string;
}

/** Where a schedule stands when it is decided. */
export interface DueFacts {
  /** Nominal time that came due. */
  readonly dueMs: number;
  /** Since when the definition counts; what came due before fires by the one that counted then. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * First firing of a definition that counts from now on.
 * `delayMs`: the pause after the end of a run, of fixed-delay schedules only.
 */
export function startSchedule(
  definition: ScheduleDefinition,
  nowMs: number,
): { readonly nextMs: number | null; readonly delayMs: number | null; readonly note: string } {
  const next = nextFiring(openSchedule(definition), nowMs);
  const { timing } = definition;
  return {
    nextMs: next.kind === 'next' ? next.occurrence.nominalMs : null,
    delayMs: timing.kind === 'fixed-delay' ? timing.delayMs : null,
    note: next.kind === 'next' ? '' : next.reason,
  };
}

/**
 * Where a schedule stands once its template has this definition. `old`: how it stood before, if it
 * had one; `lastMs`: the latest nominal time that is decided, which is not decided again whatever
 * the new definition says.
 */
export function replaceSchedule(
  definition: ScheduleDefinition,
  old: { readonly paused: boolean; readonly nextMs: number | null } | null,
  lastMs: number | null,
  nowMs: number,
): ReturnType<typeof startSchedule> {
  const start = startSchedule(definition, Math.max(nowMs, lastMs ?? nowMs));
  // What came due under the old definition still fires.
  const isDue = old !== null && !old.paused && old.nextMs !== null && old.nextMs <= nowMs;
  return isDue ? { ...start, nextMs: old.nextMs } : start;
}

/** Decides a schedule that has come due. */
export function decideFirings(definition: ScheduleDefinition, due: DueFacts): FiringPlan {
  const { timing } = definition;
  const carried: PlannedFiring[] =
    due.dueMs < due.sinceMs
      ? [{ nominalMs: due.dueMs, rule: 'carried', reason: 'due before the schedule was changed' }]
      : [];
  const plan = planCatchUp(openSchedule(definition), {
    lastNominalMs: decidedUpTo(definition, due),
    nowMs: due.nowMs,
  });
  const fire = [...carried, ...plan.fire.map(planned)];
  const left = [...rest(plan.skippedRest), ...stretches(plan.skipped)];
  const retryMs = timing.kind === 'fixed-delay' ? due.nowMs + timing.delayMs : null;
  return {
    fire,
    left,
    lastMs: latest(fire, left),
    nextMs: plan.nextNominalMs,
    nextIfRefusedMs: fire.length > 0 && retryMs !== null ? retryMs : plan.nextNominalMs,
    note: plan.note,
  };
}

/** Leaves out everything that has come due, as one line for the ledger. */
export function skipFirings(
  definition: ScheduleDefinition,
  due: DueFacts,
  why: { readonly rule: string; readonly reason: string },
): FiringPlan {
  const plan: CatchUpPlan = planCatchUp(
    openSchedule({ ...definition, misfire: { policy: 'skip' } }),
    // Nothing is merely late.
    { lastNominalMs: decidedUpTo(definition, due), nowMs: due.nowMs, graceMs: -1 },
  );
  const all = [...rest(plan.skippedRest), ...stretches(plan.skipped)];
  const untilMs = latest([], all) ?? due.dueMs;
  const count = all.reduce((sum, line) => sum + line.count, 0);
  return {
    fire: [],
    left: [
      { nominalMs: due.dueMs, untilMs, count: Math.max(count, 1), outcome: 'skipped', ...why },
    ],
    lastMs: untilMs,
    nextMs: plan.nextNominalMs,
    nextIfRefusedMs: plan.nextNominalMs,
    note: plan.note,
  };
}

/** The time up to which everything is decided, as `planCatchUp` wants it. */
function decidedUpTo({ timing }: ScheduleDefinition, { dueMs, sinceMs }: DueFacts): number {
  if (timing.kind === 'fixed-delay') return dueMs - timing.delayMs;
  return dueMs < sinceMs ? sinceMs : dueMs - 1;
}

function planned({ nominalMs, rule, reason }: Occurrence): PlannedFiring {
  return { nominalMs, rule, reason };
}

function rest(skipped: SkippedRest | null): LeftOut[] {
  if (skipped === null) return [];
  const { count, isExact, fromMs, toMs } = skipped;
  const many = `${isExact ? '' : 'at least '}${count} firings`;
  const reason = `${many} passed unattended; the misfire policy leaves them out`;
  return [{ nominalMs: fromMs, untilMs: toMs, count, outcome: 'skipped', rule: 'misfire', reason }];
}

/** Neighbours that one rule leaves out become one line. */
function stretches(occurrences: readonly Occurrence[]): LeftOut[] {
  const lines: LeftOut[] = [];
  for (const { nominalMs, rule, reason } of occurrences) {
    const last = lines.at(-1);
    if (last?.rule === rule) {
      lines[lines.length - 1] = { ...last, untilMs: nominalMs, count: last.count + 1 };
    } else {
      const outcome = rule.startsWith('misfire') ? 'skipped' : 'dropped';
      lines.push({ nominalMs, untilMs: nominalMs, count: 1, outcome, rule, reason });
    }
  }
  return lines;
}

function latest(fire: readonly PlannedFiring[], left: readonly LeftOut[]): number | null {
  const times = [...fire.map(({ nominalMs }) => nominalMs), ...left.map(({ untilMs }) => untilMs)];
  return times.length === 0 ? null : Math.max(...times);
}
