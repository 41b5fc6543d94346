import Pencil from 'lucide-react/icons/pencil';
import { useEffect, useRef, useState } from 'react';
import type {
  CalendarInput,
  CalendarView,
} from '../../../../src/dialects/native/views/calendars.ts';
import { api, path } from '../../api/client.ts';
import { useAction, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { toast } from '../../design/toast.tsx';
import { useDesignWords } from '../../design/words.ts';
import { useFormat } from '../../i18n/format.ts';
import { daysOf, type Months, toggled } from './days.ts';
import { MonthTable } from './month-table.tsx';
import { useCalendarWords } from './words.ts';

/** One year of a calendar: twelve months, changed and deleted here by who may. */
export function Year({ name, year }: { readonly name: string; readonly year: number }) {
  const { data, error, refetch } = useRead<CalendarView>(path`/calendars/${name}/${year}`);
  if (data !== undefined) return <ShownYear key={`${name} ${year}`} calendar={data} />;
  if (error === null) return <Skeleton rows={8} />;
  return <ProblemBox error={error} retry={() => void refetch()} />;
}

function ShownYear({ calendar }: { readonly calendar: CalendarView }) {
  const words = useCalendarWords();
  const format = useFormat();
  const { name, year, creator } = calendar;
  const text = String(year);
  const [draft, setDraft] = useState<Months | null>(null);
  const save = useAction(
    (months: Months) => {
      const input: CalendarInput = { months };
      return api.put<CalendarView>(path`/calendars/${name}/${year}`, input);
    },
    ['/calendars'],
    () => {
      toast(words.saved(name, text));
      setDraft(null);
    },
  );
  const months = draft ?? calendar.months;
  const total = months.reduce((sum, { days }) => sum + days.length, 0);
  return (
    <Section
      title={`${name} ${text}`}
      aside={
        <span className="calendars-legend">
          <span aria-live="polite">{words.days(format.number(total))}</span>
          {creator === '' ? null : <span>{words.madeBy(creator)}</span>}
          <span>{draft === null ? words.legend : words.editHint}</span>
        </span>
      }
    >
      {calendar.system ? null : (
        <YearActions
          calendar={calendar}
          draft={draft}
          isSaving={save.isPending}
          onDraft={setDraft}
          onSave={() => save.mutate(months)}
        />
      )}
      <ProblemBox error={save.error} />
      <div className="calendars-year">
        {Array.from({ length: 12 }, (_, index) => index + 1).map((month) => (
          <MonthTable
            key={month}
            year={year}
            month={month}
            days={daysOf(months, month)}
            onToggle={draft === null ? undefined : (day) => setDraft(toggled(draft, month, day))}
          />
        ))}
      </div>
    </Section>
  );
}

function YearActions({
  calendar,
  draft,
  isSaving,
  onDraft,
  onSave,
}: {
  readonly calendar: CalendarView;
  readonly draft: Months | null;
  readonly isSaving: boolean;
  readonly onDraft: (draft: Months | null) => void;
  readonly onSave: () => void;
}) {
  const words = useCalendarWords();
  const shared = useDesignWords();
  const { may } = useRights();
  const [isAsking, setAsking] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const isEditing = draft !== null;
  const wasEditing = useRef(isEditing);
  useEffect(() => {
    if (wasEditing.current === isEditing) return;
    wasEditing.current = isEditing;
    // The button that was pressed has gone; the keyboard goes on at the one in its place.
    box.current?.querySelector('button')?.focus();
  }, [isEditing]);
  const { name, year, months } = calendar;
  const text = String(year);
  const remove = useAction(
    () => api.delete(path`/calendars/${name}/${year}`),
    ['/calendars'],
    () => toast(words.removed(name, text)),
  );
  return (
    <div className="calendars-actions" ref={box}>
      {draft === null && may('PutCalendar') ? (
        <Button label={words.edit} icon={Pencil} onClick={() => onDraft(months)} />
      ) : null}
      {draft === null ? null : (
        <>
          <Button label={words.save} kind="primary" busy={isSaving} onClick={onSave} />
          <Button label={shared.cancel} onClick={() => onDraft(null)} />
        </>
      )}
      {draft === null && may('DeleteCalendar') ? (
        <Button label={words.remove} kind="danger" onClick={() => setAsking(true)} />
      ) : null}
      {isAsking ? (
        <ConfirmDialog
          title={words.removeTitle(name, text)}
          confirm={words.remove}
          danger
          act={() => remove.mutateAsync()}
          onClose={() => setAsking(false)}
        >
          <p>{words.removeHint}</p>
        </ConfirmDialog>
      ) : null}
    </div>
  );
}
