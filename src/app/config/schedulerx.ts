import { Type } from 'typebox';
import { closed } from './shapes.ts';

/** What an operator decides about the SchedulerX surface (schedulerx.md §6). */
export const schedulerx = Type.Object(
  {
    sameSecond: Type.Enum(['refuse', 'next-free'], {
      default: 'refuse',
      description:
        'What a second ExecuteJob of one job in one second gets: `refuse` = the documented failure, `next-free` = the next second without an instance.',
    }),
    timezone: Type.String({
      minLength: 1,
      maxLength: 64,
      default: 'GMT+8',
      description: 'Zone of jobs that name none, or none that is known.',
    }),
  },
  closed,
);
