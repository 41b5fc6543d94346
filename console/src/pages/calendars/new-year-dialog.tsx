import { type FormEvent, useState } from 'react';
import type {
  CalendarInput,
  CalendarView,
} from '../../../../src/dialects/native/views/calendars.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Field, Input, Select } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { toast } from '../../design/toast.tsx';
import { useDesignWords } from '../../design/words.ts';
import { weekdaysOf } from './days.ts';
import { useCalendarWords } from './words.ts';

const beginnings = ['workdays', 'none'] as const;

/** Makes a year of a calendar; a name of null is asked for: then it is a new calendar. */
export function NewYearDialog({
  name: given,
  year,
  onMade,
  onClose,
}: {
  readonly name: string | null;
  readonly year: number;
  readonly onMade: (name: string) => void;
  readonly onClose: () => void;
}) {
  const words = useCalendarWords();
  const shared = useDesignWords();
  const [name, setName] = useState(given ?? '');
  const [begins, setBegins] = useState<string>('workdays');
  const make = useAction(
    () => {
      const input: CalendarInput = { months: begins === 'workdays' ? weekdaysOf(year) : [] };
      return api.put<CalendarView>(path`/calendars/${name}/${year}`, input);
    },
    ['/calendars'],
    (made) => {
      toast(words.saved(made.name, String(year)));
      onMade(made.name);
    },
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!make.isPending) make.mutate();
  };
  const title = given === null ? words.create : `${given}: ${words.makeYear(String(year))}`;
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {given === null ? (
          <Field label={words.name} hint={words.nameHint}>
            <Input value={name} onChange={setName} required maxLength={64} autoComplete="off" />
          </Field>
        ) : null}
        <Field label={words.begins}>
          <Select
            value={begins}
            onChange={setBegins}
            options={beginnings.map((each) => [each, words.beginnings[each]])}
          />
        </Field>
        <ProblemBox error={make.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            label={words.makeYear(String(year))}
            type="submit"
            kind="primary"
            busy={make.isPending}
            disabled={name.trim() === ''}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}
