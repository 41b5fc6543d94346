import { Type, type Static } from 'typebox';
import type { Firing } from '../../../domain/firing.ts';
import { type ScheduleDefinition, scheduleLimits } from '../../../domain/schedule/definition.ts';
import type { Occurrence } from '../../../domain/schedule/occurrence.ts';
import { closed, pageSchema, textOrNull, timeMs, timeMsOrNull } from './common.ts';
import { ScheduleInputAsSent, ScheduleView } from './schedule-definition.ts';

/** Most times of one preview: a person looks at them. */
export const maxPreviewCount = 100;
export const defaultPreviewCount = 10;

/** Members that tell of one template how its schedule goes on. */
export const nextFiringMembers = {
  nextFiringAtMs: Type.Optional(timeMsOrNull),
  scheduleNote: Type.Optional(
    Type.String({ description: 'Why there is no next firing; else empty.' }),
  ),
};

/** One nominal time with the rule that lets it fire, moved it or drops it. */
export const OccurrenceView = Type.Object(
  {
    nominalAtMs: timeMs,
    localTime: Type.String({ description: 'The wall time that the schedule names, in its zone.' }),
    fires: Type.Boolean(),
    rule: Type.String(),
    reason: Type.String(),
  },
  { title: 'Occurrence' },
);
export type OccurrenceView = Static<typeof OccurrenceView>;

const previewMembers = {
  occurrences: Type.Array(OccurrenceView),
  nextFire: Type.Union([OccurrenceView, Type.Null()], {
    description: 'The first that fires, which may lie behind all that are listed.',
  }),
  note: Type.String({ description: 'Why nothing follows or nothing fires; else empty.' }),
};

/** What a schedule would do. */
export const SchedulePreviewView = Type.Object(
  { schedule: ScheduleView, ...previewMembers },
  { title: 'SchedulePreview' },
);
export type SchedulePreviewView = Omit<Static<typeof SchedulePreviewView>, 'schedule'> & {
  readonly schedule: ScheduleDefinition;
};

/** How many times a preview shows. */
export const previewCount = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: maxPreviewCount,
    default: defaultPreviewCount,
    description: 'Times to show, dropped ones among them.',
  }),
);

/** Body of a preview. */
export const PreviewInput = Type.Object(
  {
    schedule: ScheduleInputAsSent,
    fromMs: Type.Optional(
      Type.Integer({
        minimum: scheduleLimits.earliestMs,
        maximum: scheduleLimits.horizonMs - 1,
        description: 'Shows what comes after this time; default now.',
      }),
    ),
    count: previewCount,
  },
  { ...closed, title: 'PreviewInput' },
);

/** Where a template's schedule stands and what comes next. */
export const TemplateScheduleView = Type.Object(
  {
    templateId: Type.String(),
    suspended: Type.Boolean(),
    schedule: Type.Union([ScheduleView, Type.Null()]),
    nextFiringAtMs: timeMsOrNull,
    lastNominalAtMs: timeMsOrNull,
    ...previewMembers,
  },
  { title: 'TemplateSchedule' },
);
export type TemplateScheduleView = Omit<Static<typeof TemplateScheduleView>, 'schedule'> & {
  readonly schedule: ScheduleDefinition | null;
};

/** What a schedule does on one day of its zone. */
export const ScheduleDayView = Type.Object(
  {
    date: Type.String({ description: '`YYYY-MM-DD` in the zone.' }),
    fromMs: timeMs,
    untilMs: Type.Integer({ description: 'Where the next day begins; not always 24 hours later.' }),
    fires: Type.Integer(),
    dropped: Type.Integer({ description: 'Times that a rule drops.' }),
    clockChanged: Type.Integer({
      description: 'Times that a change of the clocks moved, doubled or dropped.',
    }),
    more: Type.Boolean({ description: 'Whether there are more than were counted.' }),
  },
  { title: 'ScheduleDay' },
);
export type ScheduleDayView = Static<typeof ScheduleDayView>;

/** The next days of a schedule. */
export const ScheduleDaysView = Type.Object(
  {
    templateId: Type.String(),
    zone: textOrNull,
    days: Type.Array(ScheduleDayView, { description: 'Empty when the template has no schedule.' }),
  },
  { title: 'ScheduleDays' },
);
export type ScheduleDaysView = Static<typeof ScheduleDaysView>;

/** A line of the fire ledger. */
export const FiringView = Type.Object(
  {
    nominalAtMs: timeMs,
    untilAtMs: Type.Integer({
      description: 'Last nominal time of a stretch; `nominalAtMs` of a single firing.',
    }),
    count: Type.Integer({
      description: 'Firings this line stands for; of a long stretch at least so many.',
    }),
    outcome: Type.Enum(['fired', 'refused', 'skipped', 'dropped']),
    runId: textOrNull,
    decidedAtMs: timeMs,
    lateMs: Type.Integer({ description: 'From the nominal time to the decision.' }),
    rule: Type.String(),
    reason: Type.String(),
  },
  { title: 'Firing' },
);
export type FiringView = Static<typeof FiringView>;

export const FiringPage = pageSchema('FiringPage', FiringView);

export function occurrenceView({
  nominalMs,
  localText,
  outcome,
  rule,
  reason,
}: Occurrence): OccurrenceView {
  return {
    nominalAtMs: nominalMs,
    localTime: localText,
    fires: outcome === 'fire',
    rule,
    reason,
  };
}

export function firingView(firing: Firing): FiringView {
  const { nominalMs, untilMs, count, outcome, runId, decidedAtMs, rule, reason } = firing;
  return {
    nominalAtMs: nominalMs,
    untilAtMs: untilMs,
    count,
    outcome,
    runId,
    decidedAtMs,
    lateMs: decidedAtMs - nominalMs,
    rule,
    reason,
  };
}
