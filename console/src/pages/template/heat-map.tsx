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

/** Firings of each of the next 30 days, as weeks. */
export function HeatMap({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { data, error } = useRead<ScheduleDaysView>(path`/templates/${template.id}/schedule/days`, {
    query: { days: shownDays },
  });
  const days = data?.days ?? [];
  const most = Math.max(1, ...days.map(({ fires }) => fires));
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
            <tbody>
              {weeksOf(days).map((week) => (
                <tr key={week.find((day) => day !== null)?.date ?? ''}>
                  {week.map((day, weekday) =>
                    day === null ? (
                      // oxlint-disable-next-line react/no-array-index-key -- an empty place of the week
                      <td key={weekday} />
                    ) : (
                      <Day key={day.date} day={day} most={most} />
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
          </p>
        </>
      )}
    </Section>
  );
}

function Day({ day, most }: { readonly day: ScheduleDayView; readonly most: number }) {
  const words = useTemplateWords();
  const format = useFormat();
  const { date, fires, dropped, clockChanged, more, fromMs, untilMs } = day;
  const hours = (untilMs - fromMs) / hourMs;
  const isOdd = Math.abs(hours - dayHours) > 0.01;
  const count = `${format.number(fires)}${more ? '+' : ''}`;
  const short = fires < 1_000 ? count : `${Math.floor(fires / 100) / 10}k${more ? '+' : ''}`;
  const told = [
    words.heatCell(date, count),
    more ? words.heatMore : '',
    dropped === 0 ? '' : words.heatDropped(format.number(dropped)),
    isOdd ? words.heatLonger(format.number(hours)) : '',
    clockChanged === 0 ? '' : words.heatClock,
  ].filter((part) => part !== '');
  const level = fires === 0 ? 0 : Math.max(1, Math.ceil((fires / most) * levels));
  return (
    <td className={`heat-day heat-${level}`} title={told.join(', ')}>
      <span className="heat-date" aria-hidden="true">
        {Number(date.slice(8))}
        {isOdd ? ' ⏲' : ''}
      </span>
      <span className="heat-count" aria-hidden="true">
        {fires === 0 ? '·' : short}
      </span>
      <span className="visually-hidden">{told.join(', ')}</span>
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
