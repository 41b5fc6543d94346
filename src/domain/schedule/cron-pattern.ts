import { dayOfWeek, daysInMonth } from './wall-time.ts';

/** A rule about days that is not a plain list of them. */
export type DayRule =
  /** `L`, `L-3`: so many days before the last of the month. */
  | { readonly kind: 'before-last'; readonly days: number }
  /** `15W`: the Monday to Friday nearest to that day, within the month. */
  | { readonly kind: 'nearest-weekday'; readonly day: number }
  /** `LW`, `L-3W`: the same, counted from the last day. */
  | { readonly kind: 'nearest-weekday-before-last'; readonly days: number }
  /** `6#3`: the third such weekday of the month; weekday 0 is Sunday. */
  | { readonly kind: 'nth-weekday'; readonly weekday: number; readonly nth: number }
  /** `6L`: the last such weekday of the month. */
  | { readonly kind: 'last-weekday'; readonly weekday: number };

/** A parsed cron expression: sorted lists of what each field allows. */
export interface CronPattern {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Bit n is day n; all of 1 to 31 where the field restricts nothing. */
  readonly daysOfMonth: number;
  /** Bit n is weekday n, 0 for Sunday. */
  readonly daysOfWeek: number;
  readonly monthRules: readonly DayRule[];
  readonly weekRules: readonly DayRule[];
  /** Whether the two day fields leave out any day. If both do, either match is enough. */
  readonly restrictsDayOfMonth: boolean;
  readonly restrictsDayOfWeek: boolean;
  readonly months: readonly number[];
  /** Sorted; null for every year. */
  readonly years: readonly number[] | null;
}

/**
 * Whether the pattern allows every hour of the day. Such a pattern is meant as an interval:
 * it goes by elapsed time when clocks change.
 */
export function followsElapsedTime(pattern: CronPattern): boolean {
  return pattern.hours.length === 24;
}

/** The days of one month that the pattern allows, bit n for day n. The month itself counts too. */
export function matchingDays(pattern: CronPattern, year: number, month: number): number {
  const length = daysInMonth(year, month);
  const all = dayBits(1, length);
  if (!pattern.restrictsDayOfMonth && !pattern.restrictsDayOfWeek) return all;
  let days = 0;
  if (pattern.restrictsDayOfMonth) {
    days |= pattern.daysOfMonth;
    for (const rule of pattern.monthRules) days |= ruleBit(rule, year, month, length);
  }
  if (pattern.restrictsDayOfWeek) {
    const first = dayOfWeek(year, month, 1);
    for (let day = 1; day <= length; day++) {
      if ((pattern.daysOfWeek >>> ((first + day - 1) % 7)) & 1) days |= 1 << day;
    }
    for (const rule of pattern.weekRules) days |= ruleBit(rule, year, month, length);
  }
  return days & all;
}

/** Bits `from` to `to`. */
export function dayBits(from: number, to: number): number {
  let bits = 0;
  for (let day = from; day <= to; day++) bits |= 1 << day;
  return bits;
}

function ruleBit(rule: DayRule, year: number, month: number, length: number): number {
  const day = ruleDay(rule, year, month, length);
  return day === null ? 0 : 1 << day;
}

/** The day a rule means in a month, or null where the month has none. */
function ruleDay(rule: DayRule, year: number, month: number, length: number): number | null {
  switch (rule.kind) {
    case 'before-last':
      return within(length - rule.days, length);
    case 'nearest-weekday':
      return nearestWeekday(rule.day, year, month, length);
    case 'nearest-weekday-before-last':
      return nearestWeekday(length - rule.days, year, month, length);
    case 'nth-weekday': {
      const first = dayOfWeek(year, month, 1);
      return within(1 + ((rule.weekday - first + 7) % 7) + (rule.nth - 1) * 7, length);
    }
    case 'last-weekday': {
      const last = dayOfWeek(year, month, length);
      return length - ((last - rule.weekday + 7) % 7);
    }
  }
}

function within(day: number, length: number): number | null {
  return day >= 1 && day <= length ? day : null;
}

/** As Quartz does it: never into another month, and no day for 31W in a month of 30. */
function nearestWeekday(day: number, year: number, month: number, length: number): number | null {
  if (day < 1 || day > length) return null;
  const weekday = dayOfWeek(year, month, day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? day - 2 : day + 1;
  return day;
}
