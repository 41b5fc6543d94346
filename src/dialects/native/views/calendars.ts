import { Type, type Static } from 'typebox';
import { textOrNull } from './common.ts';

/** A calendar with the years that it has. */
export const CalendarRow = Type.Object(
  {
    dialect: Type.String(),
    name: Type.String(),
    system: Type.Boolean({ description: 'Nobody made it, nobody can change it; has every year.' }),
    years: Type.Array(Type.Integer()),
  },
  { title: 'CalendarRow' },
);
export type CalendarRow = Static<typeof CalendarRow>;

export const CalendarPage = Type.Object(
  { rows: Type.Array(CalendarRow), nextCursor: textOrNull },
  { title: 'CalendarPage' },
);
export type CalendarPage = Static<typeof CalendarPage>;

/** The days of one year on which schedules with this calendar fire. */
export const CalendarView = Type.Object(
  {
    dialect: Type.String(),
    name: Type.String(),
    system: Type.Boolean(),
    year: Type.Integer(),
    creator: Type.String(),
    months: Type.Array(Type.Object({ month: Type.Integer(), days: Type.Array(Type.Integer()) }), {
      description: 'Months 1 to 12 with their days; a month that is absent has none.',
    }),
  },
  { title: 'Calendar' },
);
export type CalendarView = Static<typeof CalendarView>;
