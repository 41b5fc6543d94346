import { type FormEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type {
  FormAnswerView,
  FormField,
  FormView,
} from '../../../../src/dialects/native/views/operations-forms.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { language } from '../../i18n/language.ts';
import { type Draft, type Drafts, firstDrafts, sentValues, withDraft } from './drafts.ts';
import { FieldEditor, useFieldTitle } from './field-editor.tsx';
import { FieldGrid } from './field-grid.tsx';
import { SameRequest } from './same-request.tsx';
import { useFormWords } from './words.ts';
import './form.css';

/** A form of an operation with the same as requests of clients beside it. */
export function OperationForm({
  form,
  onDone,
  onCancel,
  before,
}: {
  readonly form: FormView;
  readonly onDone: (answer: FormAnswerView) => void;
  readonly onCancel: () => void;
  /** Above the fields. */
  readonly before?: ReactNode;
}) {
  const words = useFormWords();
  const { schema, dialect, operation, kind, sends } = form;
  const first = useMemo(() => firstDrafts(schema, form.values), [schema, form.values]);
  const [drafts, setDrafts] = useState<Drafts>(first);
  const box = useRef<HTMLFormElement>(null);
  const refusal = useRef<HTMLDivElement>(null);
  const values = sentValues(schema, sends, drafts, first);
  const send = useAction(
    () => api.post<FormAnswerView>(path`/operations/${dialect}/${operation}/invoke`, { values }),
    ['/templates', '/runs', '/overview'],
    onDone,
  );
  useEffect(() => {
    // It may have been sent from a field far above.
    if (send.error !== null) refusal.current?.scrollIntoView({ block: 'nearest' });
  }, [send.error]);
  const changed = kind !== 'update' || JSON.stringify(drafts) !== JSON.stringify(first);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!send.isPending) send.mutate();
  };
  return (
    <div className="form-columns">
      <form
        className="form"
        ref={box}
        onSubmit={submit}
        onInvalidCapture={(event) => {
          // What is missing may stand in a part that is folded away.
          const part = (event.target as Element).closest('details');
          if (part !== null) part.open = true;
        }}
        aria-label={words.form}
      >
        {before}
        <FormSections
          form={form}
          first={first}
          drafts={drafts}
          onChange={(name, draft) => setDrafts(withDraft(schema, drafts, name, draft))}
        />
        <div className="form-refusal" ref={refusal}>
          <ProblemBox error={send.error} />
        </div>
        <div className="form-foot">
          <Button
            label={words.send[kind]}
            type="submit"
            kind="primary"
            busy={send.isPending}
            disabled={!changed}
          />
          <Button label={words.cancel} onClick={onCancel} />
          {changed ? null : <span className="muted">{words.nothingChanged}</span>}
        </div>
      </form>
      <div className="form-same">
        <SameRequest dialect={dialect} operation={operation} values={values} />
      </div>
    </div>
  );
}

/** Fields by section; those with nothing in them are folded away at first. */
function FormSections({
  form,
  first,
  drafts,
  onChange,
}: {
  readonly form: FormView;
  readonly first: Drafts;
  readonly drafts: Drafts;
  readonly onChange: (name: string, draft: Draft) => void;
}) {
  const isZh = language.use() === 'zh';
  const titleOf = useFieldTitle();
  const { schema, sections, kind } = form;
  const shown = Object.entries(schema.properties).filter(
    ([, field]) => kind === 'create' || field['x-fixed'] !== true,
  );
  const [opened] = useState(
    () =>
      new Set(
        sections
          .map(({ key }) => key)
          .filter((key) => shown.some((entry) => isOpening(entry, key, form, first))),
      ),
  );
  return sections.map(({ key, title }, place) => {
    const fields = shown.filter(([, field]) => field['x-section'] === key);
    if (fields.length === 0) return null;
    return (
      <details className="form-section" key={key} open={opened.has(key) || place === 0}>
        <summary>{isZh ? title.zh : title.en}</summary>
        <FieldGrid entries={fields} draftOf={(name) => first[name]}>
          {(name, field) => (
            <FieldEditor
              key={name}
              name={name}
              field={field}
              draft={drafts[name] ?? ''}
              required={schema.required.includes(name)}
              siblings={drafts}
              siblingTitle={(other) => {
                const meant = schema.properties[other];
                return meant === undefined ? other : titleOf(meant);
              }}
              onChange={(draft) => onChange(name, draft)}
            />
          )}
        </FieldGrid>
      </details>
    );
  });
}

function isOpening(
  [name, field]: readonly [string, FormField],
  section: string,
  { schema, kind }: FormView,
  first: Drafts,
): boolean {
  if (field['x-section'] !== section) return false;
  if (kind === 'execute' || schema.required.includes(name)) return true;
  return JSON.stringify(first[name]).replaceAll(/[^\w]/g, '') !== '';
}
