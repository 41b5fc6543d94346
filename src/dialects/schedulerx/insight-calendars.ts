import { DomainError } from '../../domain/errors.ts';
import { WireError } from '../aliyun/errors.ts';
import type { CalendarInsight, CalendarYear } from '../kit/insight.ts';
import {
  calendarChanged,
  calendars,
  changeCalendar,
  findCalendar,
  jobsWithCalendar,
  maxCalendarYears,
  systemCalendar,
} from './calendars.ts';
import { calendarName, refuseSystemCalendar } from './operations/calendars/fields.ts';
import type { SchedulerxServices } from './services.ts';
import { type MonthDays, parseMonthDays, weekdaysOf } from './translate/month-days.ts';

/** Most jobs that a refusal names. */
const maxNamedJobs = 20;

/** Calendars as the native API shows and changes them, by the rules of schedulerx.md §4.7. */
export function calendarInsight(services: SchedulerxServices): CalendarInsight {
  return {
    list: () => calendarNames(services),
    async year(name, year) {
      if (name === systemCalendar) return { year, creator: '', months: weekdaysOf(year) };
      const found = await findCalendar(services, name, year);
      return found === null ? null : { year, creator: found.creator, months: found.months };
    },
    put: (name, year, months, by) => inWords(() => putYear(services, name, year, months, by)),
    remove: (name, year, by) => inWords(() => removeYear(services, name, year, by)),
  };
}

async function calendarNames(services: SchedulerxServices) {
  const years = new Map<string, number[]>();
  for (const { name, year } of await calendars(services)) {
    years.set(name, [...(years.get(name) ?? []), year]);
  }
  const made = [...years]
    .map(([name, list]) => ({ name, system: false, years: list.toSorted((a, b) => a - b) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [{ name: systemCalendar, system: true, years: [] }, ...made];
}

async function putYear(
  services: SchedulerxServices,
  given: string,
  year: number,
  months: CalendarYear['months'],
  by: string,
): Promise<void> {
  const { name } = named(given, year);
  refuseSystemCalendar(name, 'modified');
  const days: readonly MonthDays[] = parseMonthDays(JSON.stringify(months), year);
  const known = await calendars(services, name);
  if (known.length >= maxCalendarYears && !known.some((each) => each.year === year)) {
    throw new DomainError(
      'invalid-argument',
      `a calendar has at most ${maxCalendarYears} years: delete one that is over`,
    );
  }
  await changeCalendar(services, name, year, (current) => ({
    name,
    year,
    months: days,
    creator: current?.creator ?? by,
  }));
  await calendarChanged(services, name, by);
}

async function removeYear(
  services: SchedulerxServices,
  given: string,
  year: number,
  by: string,
): Promise<void> {
  const { name } = named(given, year);
  refuseSystemCalendar(name, 'deleted');
  const known = await calendars(services, name);
  if (!known.some((each) => each.year === year)) {
    throw new DomainError('invalid-argument', `the calendar ${name} has no year ${year}`);
  }
  if (known.length === 1) {
    const used = (await jobsWithCalendar(services, name)).flatMap(({ jobs }) => jobs);
    if (used.length > 0) {
      const ids = used.slice(0, maxNamedJobs).map(({ id }) => id);
      throw new DomainError(
        'invalid-argument',
        `${name} is used by the jobs ${ids.join(', ')}: give them another calendar first`,
      );
    }
  }
  await changeCalendar(services, name, year, () => null);
  await calendarChanged(services, name, by);
}

function named(name: string, year: number): { readonly name: string; readonly year: number } {
  return calendarName(
    new Map([
      ['CalendarName', name],
      ['Year', String(year)],
    ]),
  );
}

/** What SchedulerX's client would be told, said to the native API's. */
async function inWords(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new DomainError('invalid-argument', error.message);
  }
}
