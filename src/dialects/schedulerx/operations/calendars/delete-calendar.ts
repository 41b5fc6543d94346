import {
  calendarChanged,
  calendars,
  changeCalendar,
  findCalendar,
  jobsWithCalendar,
} from '../../calendars.ts';
import { businessError, failures } from '../../errors.ts';
import { common, defineOperation } from '../../operation.ts';
import { calendarName, calendarNameParameters, refuseSystemCalendar } from './fields.ts';

/** Most jobs that a refusal names. */
const maxNamedJobs = 20;

/** Deletes one year of a calendar; the last one only while no job has the calendar. */
export const deleteCalendar = defineOperation({
  name: 'DeleteSchedulerxCalendar',
  method: 'POST',
  parameters: [common.regionId, ...calendarNameParameters],
  async handle({ params, caller }, services) {
    const { name, year } = calendarName(params);
    refuseSystemCalendar(name, 'deleted');
    if ((await findCalendar(services, name, year)) === null) {
      throw failures.unknownCalendar(name, year);
    }
    if ((await calendars(services, name)).length === 1) {
      const used = (await jobsWithCalendar(services, name)).flatMap(({ jobs }) => jobs);
      if (used.length > 0) {
        const named = used.slice(0, maxNamedJobs).map(({ id }) => id);
        throw businessError(
          `calendar "${name}" is used by jobs=[${named.join(',')}]; give them another calendar first`,
        );
      }
    }
    await changeCalendar(services, name, year, (current) => {
      if (current === null) throw failures.unknownCalendar(name, year);
      return null;
    });
    await calendarChanged(services, name, caller.user);
    return {};
  },
});
