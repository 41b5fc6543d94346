import type { ScheduleDefinition, Timing } from '../../../domain/schedule/definition.ts';
import { defaultDstPolicy } from '../../../domain/schedule/definition.ts';
import { describeProblems, parseSchedule } from '../../../domain/schedule/parse.ts';
import { failures } from '../errors.ts';
import type { JobDocument } from '../job-document.ts';
import { integerOf } from '../parameters.ts';
import type { JobSurroundings, SchedulerxSettings } from '../services.ts';
import { oneTimeMs, zoneOf } from './one-time.ts';

/** A firing this late or less is merely late. */
const graceMs = 10_000;
/** Of what is later, the latest within this time is made up for (schedulerx.md §6 #31). */
const misfireWindowMs = 60_000;

/** Longest interval of fixed_rate: 10 years. */
const maxRateSeconds = 10 * 366 * 86_400;

/**
 * When a job runs by itself (schedulerx.md §5.1): null when it is disabled, part of a workflow, or
 * of a time type that never fires.
 * @throws WireError business failure for a time that cannot be read.
 */
export function scheduleOf(
  document: JobDocument,
  surroundings: JobSurroundings,
  settings: SchedulerxSettings,
): ScheduleDefinition | null {
  const { given } = document;
  const startMs = integerOf(given['StartTime'] ?? '0', 'StartTime', 0, 4e12);
  const endMs = integerOf(given['EndTime'] ?? '-1', 'EndTime', -1, 4e12);
  if (endMs !== -1 && endMs <= startMs)
    throw failures.unfit('EndTime', 'it must be after StartTime');
  const timing = timingOf(document, startMs, settings);
  if (timing.kind === 'none') return null;
  const definition: ScheduleDefinition = {
    timing,
    zone: zoneOf(given['Timezone'] ?? '', settings.timezone).name,
    dst: defaultDstPolicy,
    misfire: { policy: 'all', windowMs: misfireWindowMs, maxCatchUp: 1 },
    graceMs,
    calendars: timing.kind === 'cron' ? surroundings.calendars : [],
    startAtMs: startMs === 0 ? null : startMs,
    endAtMs: endMs === -1 ? null : endMs,
  };
  const parsed = parseSchedule(definition);
  if (parsed.kind === 'problems') {
    throw failures.unfit('TimeExpression', describeProblems(parsed.problems.slice(0, 3)));
  }
  return document.enabled && !surroundings.inWorkflow ? definition : null;
}

function timingOf(
  { given, anchorMs }: JobDocument,
  startMs: number,
  settings: SchedulerxSettings,
): Timing {
  const expression = given['TimeExpression'] ?? '';
  switch (given['TimeType']) {
    case '-1':
    case '100':
      return { kind: 'none' };
    case '1':
      return { kind: 'cron', expression: expression.trim(), dialect: 'quartz' };
    case '3':
      return {
        kind: 'fixed-rate',
        everyMs: integerOf(expression, 'TimeExpression', 1, maxRateSeconds) * 1000,
        // Counted from where the job says it begins, else from when it was made.
        anchorMs: startMs === 0 ? anchorMs : startMs,
      };
    case '4':
      return {
        kind: 'fixed-delay',
        delayMs: integerOf(expression, 'TimeExpression', 1, 60) * 1000,
      };
    case '5': {
      const atMs = oneTimeMs(expression, given['Timezone'] ?? settings.timezone);
      if (atMs === null) throw failures.invalid('TimeExpression', expression);
      return { kind: 'one-time', atMs };
    }
    default:
      throw failures.timeType();
  }
}
