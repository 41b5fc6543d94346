import { setImmediate } from 'node:timers/promises';
import { Type } from 'typebox';
import { maxScheduleDays, type ScheduleDay, scheduleDays } from '../../../domain/schedule/days.ts';
import { openSchedule } from '../../../domain/schedule/parse.ts';
import { previewSchedule, type SchedulePreview } from '../../../domain/schedule/preview.ts';
import { findTemplate } from '../find-template.ts';
import { defineOperation, json } from '../operation.ts';
import { readSchedule } from '../read-schedule.ts';
import { nextFiringOf, searchFromMs } from '../schedule-state.ts';
import { closed, pageOf, paging } from '../views/common.ts';
import {
  defaultPreviewCount,
  FiringPage,
  firingView,
  occurrenceView,
  previewCount,
  PreviewInput,
  type ScheduleDaysView as ScheduleDays,
  ScheduleDaysView,
  SchedulePreviewView,
  type TemplateScheduleView,
  TemplateScheduleView as TemplateScheduleSchema,
} from '../views/schedule.ts';
import { templateParams } from './templates.ts';

/** Zone of a previewed schedule that names none. */
const defaultZone = 'UTC';
/** Days shown when no number is asked. */
const defaultDays = 30;

const show = defineOperation({
  name: 'GetTemplateSchedule',
  method: 'GET',
  path: '/templates/{template}/schedule',
  group: 'templates',
  summary:
    'Where the schedule stands and its next times, each with the rule that moved or dropped it. Without a next firing they are shown as if it were resumed, or as if its run ended now.',
  params: templateParams,
  query: Type.Object({ count: previewCount }, closed),
  reply: {
    status: 200,
    type: 'application/json',
    schema: TemplateScheduleSchema,
    description: 'The schedule; null when the template has none.',
  },
  async handle({ params, query }, { engine, nowMs }) {
    const { id, suspended, schedule } = await findTemplate(engine, params.template);
    const state = await engine.templates.schedule(id);
    const head = { templateId: id, suspended };
    if (schedule === null) {
      const view: TemplateScheduleView = {
        ...head,
        schedule: null,
        nextFiringAtMs: null,
        lastNominalAtMs: null,
        occurrences: [],
        nextFire: null,
        note: 'the template has no schedule',
      };
      return json(view);
    }
    const fromMs = searchFromMs(schedule, state, nowMs());
    const preview = previewMembers(
      previewSchedule(schedule, fromMs, query.count ?? defaultPreviewCount),
    );
    const { nextFiringAtMs, note } = nextFiringOf(schedule, state);
    const view: TemplateScheduleView = {
      ...head,
      schedule,
      nextFiringAtMs,
      lastNominalAtMs: state?.lastAtMs ?? null,
      ...preview,
      note: note === '' ? preview.note : note,
    };
    return json(view);
  },
});

const showDays = defineOperation({
  name: 'GetTemplateScheduleDays',
  method: 'GET',
  path: '/templates/{template}/schedule/days',
  group: 'templates',
  summary:
    'Firings of each of the next days, in the schedule’s zone. Shown as if it were not suspended; a fixed delay as if each run ended at once.',
  params: templateParams,
  query: Type.Object(
    {
      days: Type.Optional(
        Type.Integer({ minimum: 1, maximum: maxScheduleDays, default: defaultDays }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: ScheduleDaysView,
    description: 'The days.',
  },
  async handle({ params, query }, { engine, nowMs }) {
    const { id, schedule } = await findTemplate(engine, params.template);
    const days: ScheduleDay[] = [];
    if (schedule !== null) {
      const wanted = query.days ?? defaultDays;
      for (const day of scheduleDays(openSchedule(schedule), nowMs(), wanted)) {
        days.push(day);
        // What fires every second takes milliseconds a day: others are served in between.
        await setImmediate();
      }
    }
    const view: ScheduleDays = { templateId: id, zone: schedule?.zone ?? null, days };
    return json(view);
  },
});

const firings = defineOperation({
  name: 'ListTemplateFirings',
  method: 'GET',
  path: '/templates/{template}/firings',
  group: 'templates',
  summary: 'The fire ledger: what became of each firing and why, newest nominal time first.',
  params: templateParams,
  query: Type.Object(paging, closed),
  reply: {
    status: 200,
    type: 'application/json',
    schema: FiringPage,
    description: 'A page of firings.',
  },
  async handle({ params, query }, { engine }) {
    const { id } = await findTemplate(engine, params.template);
    const { offset, limit } = pageOf(query);
    const { rows, total } = await engine.templates.firings(id, offset, limit);
    return json({ rows: rows.map(firingView), total });
  },
});

const preview = defineOperation({
  name: 'PreviewSchedule',
  audited: 'denials',
  method: 'POST',
  path: '/schedules/preview',
  group: 'schedules',
  summary:
    'What a schedule would do: its next times, each with the rule that moved or dropped it. Stores nothing.',
  body: PreviewInput,
  reply: {
    status: 200,
    type: 'application/json',
    schema: SchedulePreviewView,
    description: 'The complete schedule and its next times.',
  },
  handle: async ({ body }, { nowMs }) => {
    const schedule = readSchedule(body.schedule, defaultZone);
    const fromMs = body.fromMs ?? nowMs();
    const found = previewSchedule(schedule, fromMs, body.count ?? defaultPreviewCount);
    return json({ schedule, ...previewMembers(found) });
  },
});

function previewMembers(found: SchedulePreview) {
  // A stored or just read definition has none.
  if (found.kind === 'problems') throw new Error('a valid schedule has problems');
  return {
    occurrences: found.occurrences.map(occurrenceView),
    nextFire: found.nextFire === null ? null : occurrenceView(found.nextFire),
    note: found.note,
  };
}

export const scheduleOperations = [show, showDays, firings, preview] as const;
