import ChevronLeft from 'lucide-react/icons/chevron-left';
import ChevronRight from 'lucide-react/icons/chevron-right';
import { useState } from 'react';
import type {
  CalendarPage,
  CalendarView,
} from '../../../../src/dialects/native/views/calendars.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Select } from '../../design/field.tsx';
import { Page, Section, Toolbar } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineWords } from '../../i18n/words.ts';
import { MonthTable } from './month-table.tsx';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';
import './calendars.css';

const useWords = defineWords({ en, zh });

/** Years that calendars can have. */
const firstYear = 1970;
const lastYear = 2199;

export default function CalendarsPage() {
  const words = useWords();
  const list = useRead<CalendarPage>('/calendars', { query: { limit: 500 } });
  const [name, setName] = useSearchSetting('calendar');
  const [thisYear] = useState(() => new Date().getFullYear());
  const [yearText, setYear] = useSearchSetting('year', String(thisYear));
  const year = Math.min(lastYear, Math.max(firstYear, Math.trunc(Number(yearText)) || thisYear));
  const rows = list.data?.rows ?? [];
  const chosen = rows.find((row) => row.name === name) ?? rows[0];
  const step = (to: number): void => setYear(String(to));
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      {list.error === null ? null : (
        <ProblemBox error={list.error} retry={() => void list.refetch()} />
      )}
      {list.isLoading ? <Skeleton rows={8} /> : null}
      {list.data !== undefined && rows.length === 0 ? (
        <EmptyState title={words.emptyTitle} />
      ) : null}
      {chosen === undefined ? null : (
        <>
          <Toolbar label={words.choose}>
            <Select
              label={words.calendar}
              value={chosen.name}
              onChange={setName}
              options={rows.map((row) => [
                row.name,
                row.system ? `${row.name} (${words.system})` : row.name,
              ])}
            />
            <Button
              label={words.yearBefore}
              icon={ChevronLeft}
              iconOnly
              disabled={year <= firstYear}
              onClick={() => step(year - 1)}
            />
            <span className="calendars-shown-year number" aria-live="polite">
              {year}
            </span>
            <Button
              label={words.yearAfter}
              icon={ChevronRight}
              iconOnly
              disabled={year >= lastYear}
              onClick={() => step(year + 1)}
            />
          </Toolbar>
          {chosen.system || chosen.years.includes(year) ? (
            <Year name={chosen.name} year={year} />
          ) : (
            <EmptyState
              title={words.notMade(chosen.name, String(year))}
              hint={`${words.notMadeHint} ${words.years(chosen.years.join(', '))}`}
            />
          )}
        </>
      )}
    </Page>
  );
}

function Year({ name, year }: { readonly name: string; readonly year: number }) {
  const words = useWords();
  const format = useFormat();
  const { data, error, refetch } = useRead<CalendarView>(path`/calendars/${name}/${year}`);
  if (error !== null) return <ProblemBox error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton rows={8} />;
  const daysOf = (month: number): readonly number[] =>
    data.months.find((each) => each.month === month)?.days ?? [];
  const total = data.months.reduce((sum, { days }) => sum + days.length, 0);
  return (
    <Section
      title={`${name} ${year}`}
      aside={
        <span className="calendars-legend">
          <span>{words.days(format.number(total))}</span>
          {data.creator === '' ? null : <span>{words.madeBy(data.creator)}</span>}
          <span>{words.legend}</span>
        </span>
      }
    >
      <div className="calendars-year">
        {Array.from({ length: 12 }, (_, index) => (
          <MonthTable key={index} year={year} month={index + 1} days={daysOf(index + 1)} />
        ))}
      </div>
    </Section>
  );
}
