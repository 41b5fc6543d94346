import type { Params } from '../../../aliyun/operation.ts';
import { maxCalendarNameChars, systemCalendar } from '../../calendars.ts';
import { businessError, failures } from '../../errors.ts';
import { parameter } from '../../operation.ts';
import { required, requiredInteger } from '../../parameters.ts';

/** Parameters that name one year of a calendar. */
export const calendarNameParameters = [
  parameter('CalendarName', 'string', `its name, at most ${maxCalendarNameChars} characters`, {
    required: true,
  }),
  parameter('Year', 'integer', 'four digits', { required: true }),
] as const;

export const monthDaysParameter = parameter(
  'MonthDaysContent',
  'json',
  'days on which it fires, [{"month":1,"days":[2,3]}]',
  { required: true },
);

/**
 * Reads them. @throws WireError for a name or year that cannot be.
 */
export function calendarName(params: Params): { readonly name: string; readonly year: number } {
  const name = required(params, 'CalendarName').trim();
  if (name === '') throw failures.cannotBeNull('calendarName');
  // It names a rule of schedules and is part of a key.
  if (name.length > maxCalendarNameChars || /[\0/]/.test(name)) {
    throw failures.invalid('calendarName', name);
  }
  return { name, year: requiredInteger(params, 'Year', { min: 1970, max: 2199 }) };
}

/** @throws WireError for the calendar that is not the caller's to change. */
export function refuseSystemCalendar(name: string, what: 'deleted' | 'modified'): void {
  if (name === systemCalendar) throw businessError(`The system calendar cannot be ${what}`);
}
