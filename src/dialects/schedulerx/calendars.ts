/** Calendars: documents `calendar`, one for each name and year (schedulerx.md §4.7, §5.2). */
import type { CalendarRule } from '../../domain/schedule/definition.ts';
import type { Document } from '../../engine/index.ts';
import { failures } from './errors.ts';
import { jobsWhere, retranslateJobs } from './retranslate.ts';
import type { SchedulerxServices } from './services.ts';
import { zoneOf } from './translate/one-time.ts';
import { datesOf, type MonthDays } from './translate/month-days.ts';

const kind = 'calendar';
/** Years of one calendar that a schedule can hold. */
export const maxCalendarYears = 50;
export const maxCalendarNameChars = 64;

/** The calendar that nobody made and nobody can change: Monday to Friday, holidays unknown. */
export const systemCalendar = 'workday';

/** One year of a calendar. */
export interface Calendar {
  readonly name: string;
  readonly year: number;
  readonly months: readonly MonthDays[];
  /** User of the key that made it. */
  readonly creator: string;
}

/** A calendar that is there. */
export interface StoredCalendar extends Calendar {
  readonly number: number;
}

/** Null when there is none. */
export async function findCalendar(
  { context }: SchedulerxServices,
  name: string,
  year: number,
): Promise<StoredCalendar | null> {
  const document = await context.engine.documents.document(nameOf(name, year));
  return document === null ? null : calendarOf(document);
}

/** All years of all calendars, or of one, by number. */
export async function calendars(
  { context }: SchedulerxServices,
  name?: string,
): Promise<readonly StoredCalendar[]> {
  const found: StoredCalendar[] = [];
  for (;;) {
    const { rows, total } = await context.engine.documents.documents({
      dialect: 'schedulerx',
      kind,
      ...(name === undefined ? {} : { parent: name }),
      offset: found.length,
      limit: 200,
    });
    found.push(...rows.map(calendarOf));
    if (rows.length === 0 || found.length >= total) return found;
  }
}

/** Creates, changes or deletes a year in one transaction. @param revise pure. */
export async function changeCalendar(
  { context }: SchedulerxServices,
  name: string,
  year: number,
  revise: (current: Calendar | null) => Calendar | null,
): Promise<void> {
  await context.engine.documents.changeDocument(nameOf(name, year), context.nowMs(), (document) => {
    const next = revise(document === null ? null : calendarOf(document));
    if (next === null) return null;
    const { months, creator } = next;
    return { parent: name, value: { name, year, months, creator } };
  });
}

/**
 * The days on which a cron with this calendar fires: a calendar as the engine's schedules know it.
 * Years that the calendar does not have, have no days.
 * @throws WireError when it has no year at all.
 */
export async function calendarRules(
  services: SchedulerxServices,
  name: string,
): Promise<readonly CalendarRule[]> {
  if (name === systemCalendar) {
    return [{ kind: 'include', name, daysOfWeek: [1, 2, 3, 4, 5] }];
  }
  const years = await calendars(services, name);
  if (years.length === 0) throw failures.unknownCalendar(name, currentYear(services));
  const rules = years.flatMap(({ year, months }): CalendarRule[] => {
    const dates = datesOf(year, months);
    return dates.length === 0 ? [] : [{ kind: 'include', name, dates }];
  });
  if (rules.length > 0) return rules;
  // An empty list of dates would be no rule: a moment long past says "never".
  return [{ kind: 'include', name, intervals: [{ fromMs: 0, toMs: 1 }] }];
}

/** Jobs with this calendar fire by it as it is now. */
export async function calendarChanged(
  services: SchedulerxServices,
  name: string,
  by: string,
): Promise<void> {
  for (const { group, jobs } of await jobsWithCalendar(services, name)) {
    await retranslateJobs(services, group, jobs, by);
  }
}

/** Jobs that name it, by application. */
export function jobsWithCalendar(services: SchedulerxServices, name: string) {
  return jobsWhere(services, ({ document }) => document.given['Calendar'] === name);
}

/** The year that it is in the service's zone. */
export function currentYear({ context, settings }: SchedulerxServices): number {
  const nowMs = context.nowMs();
  const { offsetMs } = zoneOf(settings.timezone).segmentAt(nowMs);
  return new Date(nowMs + offsetMs).getUTCFullYear();
}

function nameOf(name: string, year: number) {
  return { dialect: 'schedulerx', kind, key: `${year}/${name}` } as const;
}

function calendarOf({ number, value }: Document): StoredCalendar {
  return { ...(value as unknown as Calendar), number };
}
