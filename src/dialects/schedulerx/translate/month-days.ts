import { failures } from '../errors.ts';

/** Days of one year's calendar, by month. */
export interface MonthDays {
  /** 1 to 12, ascending. */
  readonly month: number;
  /** From 1, ascending, each once. */
  readonly days: readonly number[];
}

/**
 * Reads MonthDaysContent, `[{"month":1,"days":[2,3]}]` (schedulerx.md §4.7); months that are named
 * twice are joined. @throws WireError business failure for days that the year does not have.
 */
export function parseMonthDays(text: string, year: number): readonly MonthDays[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list)) throw unfit('it must be a JSON array, e.g. [{"month":1,"days":[2,3]}]');
  const months = new Map<number, Set<number>>();
  for (const [index, entry] of list.entries()) {
    const { month, days } = (typeof entry === 'object' && entry !== null ? entry : {}) as Readonly<
      Record<string, unknown>
    >;
    if (typeof month !== 'number' || !Number.isInteger(month) || month < 1 || month > 12) {
      throw unfit(`[${index}].month must be a number from 1 to 12`);
    }
    if (!Array.isArray(days)) throw unfit(`[${index}].days must be a list of days`);
    const known = months.get(month) ?? new Set<number>();
    for (const day of days as readonly unknown[]) {
      if (typeof day !== 'number' || !isDay(year, month, day)) {
        throw unfit(`[${index}].days: ${year}-${month} has no day ${JSON.stringify(day)}`);
      }
      known.add(day);
    }
    months.set(month, known);
  }
  return ordered(months);
}

/** The months of `changed` in the place of those of `before`. */
export function mergeMonthDays(
  before: readonly MonthDays[],
  changed: readonly MonthDays[],
): readonly MonthDays[] {
  const months = new Map(
    [...before, ...changed].map(({ month, days }) => [month, new Set(days)] as const),
  );
  return ordered(months);
}

/** `YYYY-MM-DD` of each day. */
export function datesOf(year: number, months: readonly MonthDays[]): readonly string[] {
  return months.flatMap(({ month, days }) =>
    days.map((day) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`),
  );
}

/** Monday to Friday of a year. */
export function weekdaysOf(year: number): readonly MonthDays[] {
  return Array.from({ length: 12 }, (_, index) => ({
    month: index + 1,
    days: Array.from({ length: 31 }, (__, day) => day + 1).filter(
      (day) =>
        isDay(year, index + 1, day) &&
        ![0, 6].includes(new Date(Date.UTC(year, index, day)).getUTCDay()),
    ),
  }));
}

function isDay(year: number, month: number, day: number): boolean {
  if (!Number.isInteger(day) || day < 1 || day > 31) return false;
  return new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
}

function ordered(months: ReadonlyMap<number, ReadonlySet<number>>): readonly MonthDays[] {
  return [...months]
    .toSorted(([a], [b]) => a - b)
    .map(([month, days]) => ({ month, days: [...days].toSorted((a, b) => a - b) }));
}

function unfit(reason: string): Error {
  return failures.unfit('monthDaysContent', reason);
}
