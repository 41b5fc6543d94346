import {
  calendarChanged,
  calendars,
  changeCalendar,
  maxCalendarYears,
  systemCalendar,
} from '../../calendars.ts';
import { failures } from '../../errors.ts';
import { common, defineOperation } from '../../operation.ts';
import { required } from '../../parameters.ts';
import { parseMonthDays } from '../../translate/month-days.ts';
import { calendarName, calendarNameParameters, monthDaysParameter } from './fields.ts';

/** Makes one year of a calendar; (name, year) is unique (schedulerx.md §4.7). */
export const createCalendar = defineOperation({
  name: 'CreateSchedulerxCalendar',
  method: 'POST',
  parameters: [common.regionId, ...calendarNameParameters, monthDaysParameter],
  async handle({ params, caller }, services) {
    const { name, year } = calendarName(params);
    const months = parseMonthDays(required(params, 'MonthDaysContent'), year);
    if (name === systemCalendar) throw failures.calendarExists(name, year);
    if ((await calendars(services, name)).length >= maxCalendarYears) {
      throw failures.unfit('year', `a calendar has at most ${maxCalendarYears} years`);
    }
    await changeCalendar(services, name, year, (current) => {
      if (current !== null) throw failures.calendarExists(name, year);
      return { name, year, months, creator: caller.user };
    });
    // A further year of a calendar that jobs have already.
    await calendarChanged(services, name, caller.user);
    return {};
  },
});
