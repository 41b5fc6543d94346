import { calendars, currentYear, type Calendar, systemCalendar } from '../../calendars.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, optionalInteger } from '../../parameters.ts';
import { tokenPageOf } from '../../page-token.ts';
import { weekdaysOf } from '../../translate/month-days.ts';

/** Calendars, a row for each year, system calendars first (schedulerx.md §4.7). */
export const readCalendar = defineOperation({
  name: 'ReadSchedulerxCalendar',
  method: 'POST',
  parameters: [
    common.regionId,
    parameter('CalendarName', 'string', 'the whole name'),
    parameter('Year', 'integer', 'four digits'),
    parameter('FetchCalendarDetail', 'boolean', 'whether the days are told; default false'),
    parameter('FetchSystemCalendar', 'boolean', `whether ${systemCalendar} is told; default false`),
    parameter('MaxResults', 'integer', 'page length, at most 100; default 20'),
    parameter('NextToken', 'string', 'of the page before'),
  ],
  async handle({ params }, services) {
    const page = tokenPageOf(params);
    const name = params.get('CalendarName') ?? '';
    const year = optionalInteger(params, 'Year');
    const withDays = optionalBoolean(params, 'FetchCalendarDetail') ?? false;
    const withSystem = optionalBoolean(params, 'FetchSystemCalendar') ?? false;
    const system: readonly Calendar[] = withSystem
      ? [systemYear(year ?? currentYear(services))]
      : [];
    const found = [...system, ...(await calendars(services))].filter(
      (each) => (name === '' || each.name === name) && (year === undefined || each.year === year),
    );
    return {
      data: {
        ...page.paging(found.length),
        Records: found.slice(page.offset, page.offset + page.maxResults).map((each) => ({
          CalendarName: each.name,
          Year: each.year,
          Creator: each.creator,
          SystemCalendar: each.name === systemCalendar,
          ...(withDays ? { MonthDaysContent: JSON.stringify(each.months) } : {}),
        })),
      },
    };
  },
});

function systemYear(year: number): Calendar {
  return { name: systemCalendar, year, months: weekdaysOf(year), creator: 'system' };
}
