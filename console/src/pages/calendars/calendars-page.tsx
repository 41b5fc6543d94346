import ChevronLeft from 'lucide-react/icons/chevron-left';
import ChevronRight from 'lucide-react/icons/chevron-right';
import Plus from 'lucide-react/icons/plus';
import { useState } from 'react';
import type { CalendarPage } from '../../../../src/dialects/native/views/calendars.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Select } from '../../design/field.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { NewYearDialog } from './new-year-dialog.tsx';
import { useCalendarWords } from './words.ts';
import { Year } from './year.tsx';
import './calendars.css';

/** Years that calendars can have. */
const firstYear = 1970;
const lastYear = 2199;

export default function CalendarsPage() {
  const words = useCalendarWords();
  const { may } = useRights();
  const list = useRead<CalendarPage>('/calendars', { query: { limit: 500 } });
  const [name, setName] = useSearchSetting('calendar');
  const [thisYear] = useState(() => new Date().getFullYear());
  const [yearText, setYear] = useSearchSetting('year', String(thisYear));
  const [making, setMaking] = useState<{ readonly name: string | null } | null>(null);
  const year = Math.min(lastYear, Math.max(firstYear, Math.trunc(Number(yearText)) || thisYear));
  const rows = list.data?.rows ?? [];
  const chosen = rows.find((row) => row.name === name) ?? rows[0];
  const step = (to: number): void => setYear(String(to));
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      actions={
        may('PutCalendar') ? (
          <Button
            label={words.create}
            icon={Plus}
            kind="primary"
            onClick={() => setMaking({ name: null })}
          />
        ) : undefined
      }
    >
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
              action={
                may('PutCalendar') ? (
                  <Button
                    label={words.makeYear(String(year))}
                    onClick={() => setMaking({ name: chosen.name })}
                  />
                ) : undefined
              }
            />
          )}
        </>
      )}
      {making === null ? null : (
        <NewYearDialog
          name={making.name}
          year={year}
          onClose={() => setMaking(null)}
          onMade={(made) => {
            setMaking(null);
            setName(made);
          }}
        />
      )}
    </Page>
  );
}
