import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { Insight } from '../../kit/insight.ts';
import { offsetPageOf, offsetPaging, searchText, slicePage, withoutNul } from '../offset-cursor.ts';
import { defineOperation, json, type NativeServices, nothing } from '../operation.ts';
import { CalendarInput, CalendarPage, CalendarView } from '../views/calendars.ts';

const group = 'calendars';

const list = defineOperation({
  name: 'ListCalendars',
  method: 'GET',
  path: '/calendars',
  group,
  summary: 'Calendars with the years that they have.',
  query: Type.Object({ ...offsetPaging, search: searchText }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: CalendarPage,
    description: 'Calendars by name, those that nobody made first.',
  },
  async handle({ query }, { insights }) {
    const search = (query.search ?? '').toLowerCase();
    const all = await Promise.all(
      insights.flatMap(({ dialect, calendars }) =>
        calendars === undefined
          ? []
          : [calendars.list().then((rows) => rows.map((row) => ({ dialect, ...row })))],
      ),
    );
    const found = all.flat().filter(({ name }) => name.toLowerCase().includes(search));
    return json(slicePage(found, offsetPageOf(query)));
  },
});

const params = Type.Object({
  calendar: Type.String({ minLength: 1, maxLength: 256, ...withoutNul }),
  year: Type.String({ minLength: 1, maxLength: 16, description: '1970 to 2199.' }),
});

/** The year that a path names; null when it cannot be one. */
function yearOf(text: string): number | null {
  const year = /^\d{4}$/.test(text) ? Number(text) : 0;
  return year >= 1970 && year <= 2199 ? year : null;
}

function unknown(name: string, year: string): DomainError {
  return new DomainError(
    'invalid-argument',
    `no calendar is called ${name}, or it has no year ${year}: see GET /calendars`,
    { calendar: name },
  );
}

/**
 * The dialect whose calendars are made and changed here, and the year.
 * @throws DomainError `unavailable` when there is none, `invalid-argument` for what is no year.
 */
function changeable({ insights }: Pick<NativeServices, 'insights'>, given: string) {
  const found = insights.find(({ calendars }) => calendars !== undefined);
  if (found?.calendars === undefined) {
    throw new DomainError('unavailable', 'no API of this server has calendars');
  }
  const year = yearOf(given);
  if (year === null) {
    throw new DomainError('invalid-argument', 'the year must be one from 1970 to 2199');
  }
  return { dialect: found.dialect, calendars: found.calendars, year };
}

async function view(
  dialect: Insight['dialect'],
  calendars: NonNullable<Insight['calendars']>,
  name: string,
  year: number,
): Promise<CalendarView | null> {
  const found = await calendars.year(name, year);
  if (found === null) return null;
  const known = (await calendars.list()).find((each) => each.name === name);
  const months = found.months.map(({ month, days }) => ({ month, days: [...days] }));
  return { dialect, name, system: known?.system ?? false, year, creator: found.creator, months };
}

const show = defineOperation({
  name: 'GetCalendar',
  method: 'GET',
  path: '/calendars/{calendar}/{year}',
  group,
  summary: 'The days of one year of a calendar.',
  params,
  reply: {
    status: 200,
    type: 'application/json',
    schema: CalendarView,
    description: 'The days on which schedules with this calendar fire.',
  },
  async handle({ params: { calendar: name, year: given } }, { insights }) {
    const year = yearOf(given);
    for (const { dialect, calendars } of insights) {
      if (calendars === undefined || year === null) continue;
      const found = await view(dialect, calendars, name, year);
      if (found !== null) return json(found);
    }
    throw unknown(name, given);
  },
});

const put = defineOperation({
  name: 'PutCalendar',
  method: 'PUT',
  path: '/calendars/{calendar}/{year}',
  group,
  summary: 'Makes a year of a calendar or replaces its days; schedules fire by them at once.',
  params,
  body: CalendarInput,
  reply: {
    status: 200,
    type: 'application/json',
    schema: CalendarView,
    description: 'The year as it is now.',
  },
  async handle({ params: { calendar: name, year: given }, body, caller }, services) {
    const { dialect, calendars, year } = changeable(services, given);
    await calendars.put(name, year, body.months, caller.user.name);
    const now = await view(dialect, calendars, name.trim(), year);
    if (now === null) throw unknown(name, given);
    return json(now);
  },
});

const remove = defineOperation({
  name: 'DeleteCalendar',
  method: 'DELETE',
  path: '/calendars/{calendar}/{year}',
  group,
  summary: 'Deletes a year of a calendar; the last one only while no job has the calendar.',
  params,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params: { calendar: name, year: given }, caller }, services) {
    const { calendars, year } = changeable(services, given);
    await calendars.remove(name, year, caller.user.name);
    return nothing;
  },
});

export const calendarOperations = [list, show, put, remove] as const;
