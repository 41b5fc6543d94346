import type { SchedulerxOperation } from '../../operation.ts';
import { createCalendar } from './create-calendar.ts';
import { deleteCalendar } from './delete-calendar.ts';
import { manageCalendar } from './manage-calendar.ts';
import { readCalendar } from './read-calendar.ts';

/** Calendars (schedulerx.md §4.7). */
export const calendarOperations: readonly SchedulerxOperation[] = [
  createCalendar,
  readCalendar,
  manageCalendar,
  deleteCalendar,
];
