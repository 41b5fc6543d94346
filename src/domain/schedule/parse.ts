import { calendarStepTimes } from './calendar-steps.ts';
import { readCalendar, type Calendar } from './calendar.ts';
import { Checker, isFields, type ScheduleProblem } from './check.ts';
import { CronSyntaxError } from './cron-field.ts';
import { scheduleDefaults, type ScheduleDefinition, type ScheduleInput } from './definition.ts';
import type { OccurrenceSource } from './occurrence.ts';
import { occurrencesOf } from './sources.ts';
import { nearestZone } from './zone-names.ts';
import { findZone, type Zone } from './zone.ts';

/** A checked schedule, ready to compute with. Cheap to make: parse per use, keep none. */
export interface ParsedSchedule {
  /** With all defaults filled in: what to store. */
  readonly definition: ScheduleDefinition;
  readonly zone: Zone;
  readonly source: OccurrenceSource;
  /** Null when there are no rules. */
  readonly calendar: Calendar | null;
}

/** What became of a definition. */
export type ScheduleParse =
  | { readonly kind: 'parsed'; readonly schedule: ParsedSchedule }
  | { readonly kind: 'problems'; readonly problems: readonly ScheduleProblem[] };

/**
 * Checks a definition from outside and makes it computable. All problems are told at once; an
 * expression without any possible day is one of them. Whether anything fires after a certain
 * time, say in a year that is over, is for `nextFiring`: it depends on the time that it is now.
 */
export function parseSchedule(input: unknown): ScheduleParse {
  const checker = new Checker();
  if (!isFields(input)) {
    checker.add('', 'syntax', 'a schedule is an object with a "timing"');
    return { kind: 'problems', problems: checker.problems };
  }
  checker.definition(input);
  if (checker.problems.length > 0) return { kind: 'problems', problems: checker.problems };
  // The checker has just established the type.
  const definition = {
    ...scheduleDefaults,
    ...withoutUndefined(input as unknown as ScheduleInput),
  };
  const zone = findZone(definition.zone);
  if (zone === null) checker.add('zone', 'unknown-zone', unknownZone(definition.zone));
  const source = readTiming(definition, zone, checker);
  if (zone === null || source === null) return { kind: 'problems', problems: checker.problems };
  const calendar = readCalendar(definition.calendars, zone);
  return { kind: 'parsed', schedule: { definition, zone, source, calendar } };
}

/**
 * Makes a stored definition computable. @throws Error when it does not pass the checks: it was
 * stored by something else than {@link parseSchedule} let through.
 */
export function openSchedule(definition: ScheduleDefinition): ParsedSchedule {
  const parsed = parseSchedule(definition);
  if (parsed.kind === 'parsed') return parsed.schedule;
  throw new Error(`a stored schedule is not valid: ${describeProblems(parsed.problems)}`);
}

/** All problems in one line. */
export function describeProblems(problems: readonly ScheduleProblem[]): string {
  return problems
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
}

function readTiming(
  definition: ScheduleDefinition,
  zone: Zone | null,
  checker: Checker,
): OccurrenceSource | null {
  const utc = findZone('UTC');
  const known = zone ?? utc;
  if (known === null) throw new Error('UTC is no zone');
  try {
    // With an unknown zone the expression is still checked.
    const source = occurrencesOf(definition.timing, known, definition.dst);
    const isNever =
      definition.timing.kind === 'calendar-steps' &&
      calendarStepTimes(definition.timing).next(-Infinity) === null;
    if (!isNever) return source;
    checker.add('timing', 'never-fires', 'no further firing: no such month has any of the days');
    return null;
  } catch (error) {
    if (!(error instanceof CronSyntaxError)) throw error;
    const never = error.message.startsWith('no further firing');
    checker.add('timing.expression', never ? 'never-fires' : 'syntax', error.message);
    return null;
  }
}

function unknownZone(name: string): string {
  const nearest = nearestZone(name);
  const hint = nearest === null || findZone(nearest) === null ? '' : `; did you mean ${nearest}?`;
  return `"${name}" is no time zone${hint} Known are IANA names (Asia/Shanghai), UTC and offsets (GMT+8, +08:00)`;
}

function withoutUndefined(input: ScheduleInput): ScheduleInput {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), timing: input.timing };
}
