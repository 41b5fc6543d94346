import type { CalendarView } from '../../../../src/dialects/native/views/calendars.ts';

export type Months = CalendarView['months'];

const monthNumbers = Array.from({ length: 12 }, (_, index) => index + 1);

/** Days of a month on which schedules fire. */
export function daysOf(months: Months, month: number): readonly number[] {
  return months.find((each) => each.month === month)?.days ?? [];
}

/** The same months with one day taken in or out. */
export function toggled(months: Months, month: number, day: number): Months {
  return monthNumbers.flatMap((number) => {
    const before = daysOf(months, number);
    const days =
      number !== month
        ? [...before]
        : before.includes(day)
          ? before.filter((each) => each !== day)
          : [...before, day].toSorted((a, b) => a - b);
    return days.length === 0 ? [] : [{ month: number, days }];
  });
}

/** Monday to Friday of a year. */
export function weekdaysOf(year: number): Months {
  return monthNumbers.map((month) => ({
    month,
    days: Array.from(
      { length: new Date(Date.UTC(year, month, 0)).getUTCDate() },
      (_, i) => i + 1,
    ).filter((day) => ![0, 6].includes(new Date(Date.UTC(year, month - 1, day)).getUTCDay())),
  }));
}
