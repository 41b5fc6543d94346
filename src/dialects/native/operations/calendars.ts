import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import { offsetPageOf, offsetPaging, searchText, slicePage } from '../offset-cursor.ts';
import { defineOperation, json } from '../operation.ts';
import { CalendarPage, CalendarView } from '../views/calendars.ts';

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

const show = defineOperation({
  name: 'GetCalendar',
  method: 'GET',
  path: '/calendars/{calendar}/{year}',
  group,
  summary: 'The days of one year of a calendar.',
  params: Type.Object({
    calendar: Type.String({ minLength: 1, maxLength: 256 }),
    year: Type.Integer({ minimum: 1970, maximum: 2199 }),
  }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: CalendarView,
    description: 'The days on which schedules with this calendar fire.',
  },
  async handle({ params: { calendar: name, year } }, { insights }) {
    for (const { dialect, calendars } of insights) {
      const found = await calendars?.year(name, year);
      if (calendars === undefined || found === null || found === undefined) continue;
      const known = (await calendars.list()).find((each) => each.name === name);
      const { creator, months } = found;
      return json({ dialect, name, system: known?.system ?? false, year, creator, months });
    }
    throw new DomainError(
      'invalid-argument',
      `no calendar is called ${name}, or it has no year ${year}: see GET /calendars`,
      { calendar: name },
    );
  },
});

export const calendarOperations = [list, show] as const;
