import { Type, type Static } from 'typebox';
import { closed, textOrNull } from './common.ts';

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

const months = Type.Array(
  Type.Object({
    month: Type.Integer({ minimum: 1, maximum: 12 }),
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 31 }), { maxItems: 31 }),
  }),
  {
    maxItems: 12,
    description: 'Months 1 to 12 with their days; a month that is absent has none.',
  },
);

/** The days that a year of a calendar is to have. */
export const CalendarInput = Type.Object({ months }, { ...closed, title: 'CalendarInput' });
export type CalendarInput = Static<typeof CalendarInput>;

/** The days of one year on which schedules with this calendar fire. */
export const CalendarView = Type.Object(
  {
    dialect: Type.String(),
    name: Type.String(),
    system: Type.Boolean(),
    year: Type.Integer(),
    creator: Type.String(),
    months,
  },
  { title: 'Calendar' },
);
export type CalendarView = Static<typeof CalendarView>;
