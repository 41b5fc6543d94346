import { Type, type TSchema } from 'typebox';
import { scheduleDefaults, scheduleLimits } from '../../../domain/schedule/definition.ts';
import { closed, timeMsOrNull } from './common.ts';

const limits = scheduleLimits;

const boundedTime = Type.Integer({ minimum: limits.earliestMs, maximum: limits.horizonMs - 1 });
const interval = Type.Integer({
  minimum: limits.minIntervalMs,
  maximum: limits.maxIntervalMs,
  description: 'Milliseconds.',
});
const entries = <T extends TSchema>(entry: T, description: string) =>
  Type.Optional(
    Type.Array(entry, { minItems: 1, maxItems: limits.maxCalendarEntries, description }),
  );

const Timing = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('cron'),
        expression: Type.String({ maxLength: limits.maxExpressionChars }),
        dialect: Type.Optional(
          Type.Enum(['unix', 'quartz'], {
            default: 'unix',
            description:
              'unix: five fields or six with seconds first, 0 and 7 are Sunday. quartz: six fields, or seven with a year, 1 is Sunday.',
          }),
        ),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('calendar-steps'),
        unit: Type.Enum(['hour', 'day', 'week', 'month']),
        every: Type.Integer({ minimum: 1, maximum: limits.maxEvery }),
        fromLocal: Type.String({
          description: '`YYYY-MM-DDTHH:MM:SS` in the zone of the schedule: the count begins there.',
        }),
        at: Type.Array(Type.Integer({ minimum: 0, maximum: 59 }), {
          maxItems: limits.maxCalendarEntries,
          description:
            'Minutes of the hour, days of the week (0 is Sunday) or of the month; empty: as in `fromLocal`.',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('fixed-rate'),
        everyMs: interval,
        anchorMs: Type.Optional(
          Type.Integer({
            minimum: limits.earliestMs,
            maximum: limits.horizonMs - 1,
            default: 0,
            description: 'It fires at this time and every `everyMs` after it.',
          }),
        ),
      },
      closed,
    ),
    Type.Object({ kind: Type.Literal('fixed-delay'), delayMs: interval }, closed),
    Type.Object({ kind: Type.Literal('one-time'), atMs: boundedTime }, closed),
    Type.Object({ kind: Type.Literal('none') }, closed),
  ],
  { title: 'Timing' },
);

const CalendarRule = Type.Object(
  {
    kind: Type.Enum(['exclude', 'include']),
    name: Type.String({ minLength: 1, maxLength: limits.maxNameChars }),
    daysOfWeek: entries(Type.Integer({ minimum: 0, maximum: 6 }), '0 is Sunday.'),
    dates: entries(Type.String(), '`YYYY-MM-DD`, or `MM-DD` for every year.'),
    timesOfDay: entries(Type.String(), '`HH:MM-HH:MM`, the end not included.'),
    intervals: entries(
      Type.Object({ fromMs: boundedTime, toMs: boundedTime }, closed),
      'Absolute times, the end not included.',
    ),
  },
  {
    ...closed,
    title: 'CalendarRule',
    description: 'Matches when all of its conditions do; a condition when one of its entries does.',
  },
);

const parts = {
  timing: Timing,
  zone: Type.String({
    maxLength: limits.maxZoneChars,
    description:
      'IANA name, `UTC`, or an offset such as `GMT+8`. Default: the template’s timezone.',
  }),
  dst: Type.Object(
    { skipped: Type.Enum(['skip', 'shift']), doubled: Type.Enum(['first', 'both']) },
    {
      ...closed,
      default: scheduleDefaults.dst,
      description: 'Local times that a change of the clocks leaves out or makes twice.',
    },
  ),
  misfire: Type.Union(
    [
      Type.Object({ policy: Type.Enum(['skip', 'one']) }, closed),
      Type.Object(
        {
          policy: Type.Literal('all'),
          windowMs: Type.Integer({ minimum: 1, maximum: limits.maxCatchUpWindowMs }),
          maxCatchUp: Type.Integer({ minimum: 1, maximum: limits.maxCatchUp }),
        },
        closed,
      ),
    ],
    { default: scheduleDefaults.misfire, description: 'What happens to firings that were missed.' },
  ),
  graceMs: Type.Integer({
    minimum: 0,
    maximum: limits.maxGraceMs,
    default: scheduleDefaults.graceMs,
    description: 'A firing that is this late or less is not missed.',
  }),
  calendars: Type.Array(CalendarRule, { maxItems: limits.maxCalendars, default: [] }),
  startAtMs: timeMsOrNull,
  endAtMs: timeMsOrNull,
};

/** A stored schedule, complete. */
export const ScheduleView = Type.Object(parts, { title: 'Schedule' });

/** What a client may send: the short form, or an object that leaves out what has a default. */
const ScheduleInput = Type.Union(
  [
    Type.String({ maxLength: limits.maxExpressionChars, description: 'A cron expression.' }),
    Type.Object(
      { ...Type.Partial(Type.Object(parts)).properties, timing: Timing },
      { ...closed, title: 'ScheduleObject' },
    ),
  ],
  { title: 'ScheduleInput', description: 'When a template runs by itself.' },
);

/**
 * Documented as `ScheduleInput`, but let through as it is: `readSchedule` checks it, and tells all
 * faults at once in better words than a JSON schema can.
 */
export const ScheduleInputAsSent = Type.Unsafe<unknown>({ documentedAs: ScheduleInput });

/** The same of a template, which may have none. */
export const OptionalScheduleAsSent = Type.Unsafe<unknown>({
  documentedAs: Type.Union([ScheduleInput, Type.Null()], {
    description: 'Null or absent: it runs only when somebody asks.',
  }),
});
