import { type KeyboardEvent, useState } from 'react';
import type {
  ScheduleDaysView,
  ScheduleDayView,
} from '../../../../src/dialects/native/views/schedule.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useTemplateWords } from './words.ts';
import './heat-map.css';

const shownDays = '30';
const levels = 4;
const dayHours = 24;
const hourMs = 3_600_000;

/** Steps among the days; weeks stand below each other. */
const steps: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowRight: (at, last) => Math.min(at + 1, last),
  ArrowLeft: (at) => Math.max(at - 1, 0),
  ArrowDown: (at, last) => (at + 7 > last ? at : at + 7),
  ArrowUp: (at) => (at < 7 ? at : at - 7),
  Home: () => 0,
  End: (_at, last) => last,
};

/**
 * Firings of each of the next 30 days, as weeks. The map is one stop of the Tab key, the arrows
 * move among its days; all that is known of the day stands below.
 */
export function HeatMap({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { data, error } = useRead<ScheduleDaysView>(path`/templates/${template.id}/schedule/days`, {
    query: { days: shownDays },
  });
  const days = data?.days ?? [];
  const most = Math.max(1, ...days.map(({ fires }) => fires));
  const [current, setCurrent] = useState('');
  const [isIn, setIn] = useState(false);
  const at = Math.max(
    0,
    days.findIndex(({ date }) => date === current),
  );
  const chosen = days[at];
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = days[step(at, days.length - 1)]?.date ?? '';
    event.currentTarget.querySelector<HTMLElement>(`[data-date="${next}"]`)?.focus();
  };
  return (
    <Section title={words.heat}>
      <ProblemBox error={error} />
      {data === undefined && error === null ? <Skeleton rows={5} /> : null}
      {days.length === 0 ? null : (
        <>
          <p className="muted">{words.heatHint(data?.zone ?? '')}</p>
          <table className="heat">
            <caption className="visually-hidden">{words.heat}</caption>
            <thead>
              <tr>
                {words.weekdays.split(' ').map((day) => (
                  <th key={day} scope="col">
                    {day}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody onKeyDown={move} onFocus={() => setIn(true)} onBlur={() => setIn(false)}>
              {weeksOf(days).map((week) => (
                <tr key={week.find((day) => day !== null)?.date ?? ''}>
                  {week.map((day, weekday) =>
                    day === null ? (
                      // oxlint-disable-next-line react/no-array-index-key -- an empty place of the week
                      <td key={weekday} />
                    ) : (
                      <Day
                        key={day.date}
                        day={day}
                        most={most}
                        isStop={day === chosen}
                        onFocus={() => setCurrent(day.date)}
                      />
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
          <p className="heat-legend muted" aria-hidden="true">
            {words.less}
            {Array.from({ length: levels + 1 }, (_, level) => (
              <span key={level} className={`heat-key heat-${level}`} />
            ))}
            {words.moreFirings}
            <span className="heat-told">
              <Told day={isIn ? chosen : undefined} />
            </span>
          </p>
        </>
      )}
    </Section>
  );
}

/** What is known of a day, in words. */
function useTold(): (day: ScheduleDayView) => string {
  const words = useTemplateWords();
  const format = useFormat();
  return ({ date, fires, dropped, clockChanged, more, fromMs, untilMs }) => {
    const count = `${format.number(fires)}${more ? '+' : ''}`;
    const hours = (untilMs - fromMs) / hourMs;
    return [
      words.heatCell(date, count),
      more ? words.heatMore : '',
      dropped === 0 ? '' : words.heatDropped(format.number(dropped)),
      isOdd(hours) ? words.heatLonger(format.number(hours)) : '',
      clockChanged === 0 ? '' : words.heatClock,
    ]
      .filter((part) => part !== '')
      .join(', ');
  };
}

function isOdd(hours: number): boolean {
  return Math.abs(hours - dayHours) > 0.01;
}

function Told({ day }: { readonly day: ScheduleDayView | undefined }) {
  const words = useTemplateWords();
  const told = useTold();
  return day === undefined ? words.heatKeys : told(day);
}

function Day({
  day,
  most,
  isStop,
  onFocus,
}: {
  readonly day: ScheduleDayView;
  readonly most: number;
  /** Whether the Tab key stops here. */
  readonly isStop: boolean;
  readonly onFocus: () => void;
}) {
  const format = useFormat();
  const told = useTold()(day);
  const { date, fires, more, fromMs, untilMs } = day;
  const count = `${format.number(fires)}${more ? '+' : ''}`;
  const short = fires < 1_000 ? count : `${Math.floor(fires / 100) / 10}k${more ? '+' : ''}`;
  const level = fires === 0 ? 0 : Math.max(1, Math.ceil((fires / most) * levels));
  return (
    <td
      className={`heat-day heat-${level}`}
      title={told}
      data-date={date}
      tabIndex={isStop ? 0 : -1}
      onFocus={onFocus}
    >
      <span className="heat-date" aria-hidden="true">
        {Number(date.slice(8))}
        {isOdd((untilMs - fromMs) / hourMs) ? ' ⏲' : ''}
      </span>
      <span className="heat-count" aria-hidden="true">
        {fires === 0 ? '·' : short}
      </span>
      <span className="visually-hidden">{told}</span>
    </td>
  );
}

/** Weeks from Monday on; null where no day is shown. */
function weeksOf(
  days: readonly ScheduleDayView[],
): readonly (readonly (ScheduleDayView | null)[])[] {
  const first = days[0];
  if (first === undefined) return [];
  // A date of the calendar has its weekday in every zone.
  const lead = (new Date(`${first.date}T00:00:00Z`).getUTCDay() + 6) % 7;
  const places: (ScheduleDayView | null)[] = [...Array.from({ length: lead }, () => null), ...days];
  while (places.length % 7 !== 0) places.push(null);
  return Array.from({ length: places.length / 7 }, (_, week) =>
    places.slice(week * 7, week * 7 + 7),
  );
}
