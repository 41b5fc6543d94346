import type { ScheduleProblem } from '../../domain/schedule/check.ts';
import type { ScheduleDefinition } from '../../domain/schedule/definition.ts';
import { parseSchedule } from '../../domain/schedule/parse.ts';
import { ScheduleFaultError } from './problem.ts';

/** Where the schedule stands in the request. */
const place = 'schedule';

/**
 * The complete schedule that a client sent: a cron expression, or an object that leaves out what
 * has a default. `defaultZone`: its zone when it names none. A fixed rate without anchor counts
 * from 1970, so that every hour means the full hour and sending it again changes nothing.
 * @throws ScheduleFaultError with every fault.
 */
export function readSchedule(sent: unknown, defaultZone: string): ScheduleDefinition {
  const isShort = typeof sent === 'string';
  const wish = isShort ? { timing: { kind: 'cron', expression: sent } } : sent;
  if (!isFields(wish)) {
    throw new ScheduleFaultError([
      { path: place, code: 'syntax', message: 'a cron expression or an object with a "timing"' },
    ]);
  }
  const parsed = parseSchedule({ zone: defaultZone, ...wish, ...withAnchor(wish['timing']) });
  if (parsed.kind === 'parsed') return parsed.schedule.definition;
  throw new ScheduleFaultError(
    parsed.problems.map((problem) => ({ ...problem, path: placeOf(problem, isShort) })),
  );
}

function withAnchor(timing: unknown): { readonly timing?: unknown } {
  return isFields(timing) && timing['kind'] === 'fixed-rate'
    ? { timing: { anchorMs: 0, ...timing } }
    : {};
}

function placeOf({ path }: ScheduleProblem, isShort: boolean): string {
  if (path === '') return place;
  return isShort && path.startsWith('timing') ? place : `${place}.${path}`;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
