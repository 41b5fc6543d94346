import { calendarChanged, changeCalendar } from '../../calendars.ts';
import { failures } from '../../errors.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, required } from '../../parameters.ts';
import { mergeMonthDays, parseMonthDays } from '../../translate/month-days.ts';
import {
  calendarName,
  calendarNameParameters,
  monthDaysParameter,
  refuseSystemCalendar,
} from './fields.ts';

/** Changes one year of a calendar; jobs fire by the new days at once (schedulerx.md §4.7). */
export const manageCalendar = defineOperation({
  name: 'ManageSchedulerxCalendar',
  method: 'POST',
  parameters: [
    common.regionId,
    ...calendarNameParameters,
    monthDaysParameter,
    parameter('Incremental', 'boolean', 'whether months that are not listed stay; default false'),
  ],
  async handle({ params, caller }, services) {
    const { name, year } = calendarName(params);
    const months = parseMonthDays(required(params, 'MonthDaysContent'), year);
    const incremental = optionalBoolean(params, 'Incremental') ?? false;
    refuseSystemCalendar(name, 'modified');
    await changeCalendar(services, name, year, (current) => {
      if (current === null) throw failures.unknownCalendar(name, year);
      return {
        ...current,
        months: incremental ? mergeMonthDays(current.months, months) : months,
      };
    });
    await calendarChanged(services, name, caller.user);
    return {};
  },
});
