import type { NotificationPolicyView } from '../../../../src/dialects/native/views/notifications.ts';
import { language, locales } from '../../i18n/language.ts';
import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

const useWords = defineWords({ en, zh });

type Range = NotificationPolicyView['ranges'][number];

/** 5 January 1970 was a Monday. */
const mondayMs = Date.UTC(1970, 0, 5);
const dayMs = 86_400_000;
const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;

/** When people may be told: a week as bars, and the same as text. */
export function Week({ ranges }: { readonly ranges: readonly Range[] }) {
  const words = useWords();
  const locale = locales[language.use()];
  const short = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  const nameOf = (day: number): string => short.format(mondayMs + (day - 1) * dayMs);
  return (
    <div>
      <div className="notifications-week" aria-hidden="true">
        {weekdays.map((day) => (
          <Day key={day} name={nameOf(day)} bars={barsOf(day, ranges)} />
        ))}
        <span />
        <span className="notifications-hours">
          {[0, 6, 12, 18, 24].map((hour) => (
            <span key={hour}>{hour}</span>
          ))}
        </span>
      </div>
      <ul className="notifications-ranges">
        {ranges.map((range) => (
          <li key={JSON.stringify(range)}>
            <strong>{channelName(range.channel, words.channel)}</strong>
            <span className="number nowrap">{`${range.from} – ${range.to}`}</span>
            <span>{range.days.map(nameOf).join(', ')}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a way is called; the server may know more of them than we do. */
export function channelName(channel: string, names: Readonly<Record<string, string>>): string {
  return names[channel] ?? channel;
}

interface Bar {
  readonly fromHour: number;
  readonly toHour: number;
}

function Day({ name, bars }: { readonly name: string; readonly bars: readonly Bar[] }) {
  return (
    <>
      <span>{name}</span>
      <span className="notifications-day">
        {bars.map(({ fromHour, toHour }) => (
          <span
            key={`${fromHour} ${toHour}`}
            style={{
              left: `${(fromHour / 24) * 100}%`,
              width: `${((toHour - fromHour) / 24) * 100}%`,
            }}
          />
        ))}
      </span>
    </>
  );
}

/** Parts of a day; a range that ends before it begins reaches into the next day. */
function barsOf(day: number, ranges: readonly Range[]): readonly Bar[] {
  const before = day === 1 ? 7 : day - 1;
  return ranges.flatMap(({ from, to, days }) => {
    const fromHour = hourOf(from);
    const toHour = hourOf(to);
    if (toHour > fromHour) return days.includes(day) ? [{ fromHour, toHour }] : [];
    return [
      ...(days.includes(day) ? [{ fromHour, toHour: 24 }] : []),
      ...(days.includes(before) && toHour > 0 ? [{ fromHour: 0, toHour }] : []),
    ];
  });
}

/** `HH:mm` or `HH:mm:ss` as hours since midnight. */
function hourOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return hours + minutes / 60 + seconds / 3_600;
}
