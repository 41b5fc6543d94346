import { type KeyboardEvent, useMemo, useState } from 'react';
import { useFormat } from '../../i18n/format.ts';
import { language, locales } from '../../i18n/language.ts';
import { useCalendarWords } from './words.ts';

/** 5 January 1970 was a Monday. */
const mondayMs = Date.UTC(1970, 0, 5);
const dayMs = 86_400_000;

/**
 * One month; weeks begin on Monday. `days` are those on which schedules fire. With `onToggle` they
 * are changed: the month is one stop of the Tab key, the arrows move within it.
 */
export function MonthTable({
  year,
  month,
  days,
  onToggle,
}: {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly days: readonly number[];
  readonly onToggle?: ((day: number) => void) | undefined;
}) {
  const words = useCalendarWords();
  const format = useFormat();
  const locale = locales[language.use()];
  const { title, weekdays } = useMemo(() => {
    const name = new Intl.DateTimeFormat(locale, { month: 'long', timeZone: 'UTC' });
    const short = new Intl.DateTimeFormat(locale, { weekday: 'narrow', timeZone: 'UTC' });
    const long = new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' });
    return {
      title: name.format(Date.UTC(year, month - 1, 1)),
      weekdays: Array.from({ length: 7 }, (_, index) => ({
        short: short.format(mondayMs + index * dayMs),
        long: long.format(mondayMs + index * dayMs),
      })),
    };
  }, [locale, year, month]);
  const fires = new Set(days);
  const [current, setCurrent] = useState(1);
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = event.currentTarget.querySelector<HTMLElement>(`[data-day="${current + step}"]`);
    next?.focus();
  };
  const [now] = useState(() => new Date());
  const isThisMonth = now.getFullYear() === year && now.getMonth() === month - 1;
  return (
    <table className="calendars-month">
      <caption>
        {title}
        <span>{words.days(format.number(days.length))}</span>
      </caption>
      <thead>
        <tr>
          {weekdays.map(({ short, long }) => (
            <th key={long} scope="col" abbr={long}>
              {short}
            </th>
          ))}
        </tr>
      </thead>
      <tbody onKeyDown={onToggle === undefined ? undefined : move}>
        {weeksOf(year, month).map((week) => (
          <tr key={week.find((day) => day !== null)}>
            {week.map((day, index) => (
              <td
                key={day ?? `empty ${index}`}
                className={
                  [
                    day !== null && fires.has(day) ? 'calendars-fires' : '',
                    isThisMonth && day === now.getDate() ? 'calendars-today' : '',
                  ]
                    .filter(Boolean)
                    .join(' ') || undefined
                }
              >
                {day === null || onToggle === undefined ? (
                  day
                ) : (
                  <button
                    type="button"
                    data-day={day}
                    tabIndex={day === current ? 0 : -1}
                    aria-pressed={fires.has(day)}
                    aria-label={`${title} ${day}`}
                    onFocus={() => setCurrent(day)}
                    onClick={() => onToggle(day)}
                  >
                    {day}
                  </button>
                )}
                {day !== null && onToggle === undefined && fires.has(day) ? (
                  <span className="visually-hidden"> {words.fires}</span>
                ) : null}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Weeks of a month from Monday on; null = a day of another month. */
function weeksOf(year: number, month: number): readonly (readonly (number | null)[])[] {
  const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Array.from({ length: Math.ceil((first + length) / 7) }, (_, week) =>
    Array.from({ length: 7 }, (__, weekday) => {
      const day = week * 7 + weekday - first + 1;
      return day >= 1 && day <= length ? day : null;
    }),
  );
}
