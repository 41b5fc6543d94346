import Plus from 'lucide-react/icons/plus';
import Wand from 'lucide-react/icons/wand-sparkles';
import X from 'lucide-react/icons/x';
import { useState } from 'react';
import type { MappingView } from '../../../../src/dialects/native/views/mapping.ts';
import { api } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { Field, Input, Select } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useFormat } from '../../i18n/format.ts';
import type { FieldPair } from './draft.ts';
import type { Source, Target } from './ends.ts';
import { FreePairs, SuggestedPairs } from './pairs.tsx';
import { definer, type StepProps } from './step.ts';
import { useEditWords } from './words.ts';
import './edit.css';

/** Which column fills which, types side by side, and fields that are added. */
export function FieldsStep(props: StepProps) {
  const words = useEditWords();
  const format = useFormat();
  const { may } = useRights();
  const { draft, change } = props;
  const { from, to } = draft.definition;
  // Of other tables it says nothing.
  const ends = JSON.stringify([from, to].map((end) => [end.link, endName(end)]));
  const mapping = draft.mapping?.ends === ends ? draft.mapping.view : null;
  const suggest = useAction<MappingView>(
    () =>
      api.post('/data-jobs/mapping', {
        namespace: draft.namespace,
        from:
          from.kind === 'tables' ? { link: from.link, schema: from.schema, table: from.table } : {},
        to: {
          link: to.link,
          schema: to.kind === 'table' ? to.schema : '',
          table:
            to.kind === 'table' && to.table !== ''
              ? to.table
              : from.kind === 'tables'
                ? from.table
                : '',
        },
      }),
    [],
    (found) => {
      change({ fields: pairsOf(found), mapping: { ends, view: found } });
    },
  );
  const canSuggest =
    from.kind === 'tables' &&
    !from.wholeDatabase &&
    from.table !== '' &&
    from.link !== '' &&
    to.kind === 'table' &&
    to.link !== '' &&
    may('SuggestMapping');
  const { fields } = draft;
  const setFields = (next: readonly FieldPair[] | null): void => change({ fields: next });
  return (
    <>
      <Section title={words.steps.fields}>
        <p className="muted">{words.fieldsIntro}</p>
        <div className="wizard-inline">
          <Field label={words.mode}>
            <Select
              value={fields === null ? 'name' : 'pairs'}
              onChange={(mode) => setFields(mode === 'name' ? null : (fields ?? []))}
              options={[
                ['name', words.byName],
                ['pairs', words.byPairs],
              ]}
            />
          </Field>
          {canSuggest ? (
            <Button
              label={words.suggest}
              icon={Wand}
              busy={suggest.isPending}
              onClick={() => suggest.mutate()}
            />
          ) : null}
          <span aria-live="polite" className="muted">
            {suggest.isSuccess && fields !== null
              ? words.suggested(format.number(fields.filter(({ on }) => on).length))
              : ''}
          </span>
        </div>
        <ProblemBox error={suggest.error} />
        {fields === null ? null : mapping === null ? (
          <FreePairs fields={fields.filter(({ on }) => on)} onChange={setFields} />
        ) : (
          <SuggestedPairs mapping={mapping} fields={fields} onChange={setFields} />
        )}
      </Section>
      <AddedFields {...props} />
    </>
  );
}

/** Schema and table of an end; empty where it has none. */
function endName(end: Source | Target): string {
  return end.kind === 'tables' || end.kind === 'table' ? `${end.schema}.${end.table}` : '';
}

/** Columns that fit are taken in; of a table that is created all are. */
function pairsOf({ pairs, targetExists }: MappingView): readonly FieldPair[] {
  return pairs.map(({ source, target }) => ({
    source: source.name,
    target: target?.name ?? (targetExists ? '' : source.name),
    on: target !== null || !targetExists,
  }));
}

function AddedFields(props: StepProps) {
  const words = useEditWords();
  const format = useFormat();
  const [added, setAdded] = useState<number | null>(null);
  const define = definer(props);
  const { addedFields } = props.draft.definition;
  const set = (place: number, part: Partial<(typeof addedFields)[number]>): void =>
    define({
      addedFields: addedFields.map((field, at) => (at === place ? { ...field, ...part } : field)),
    });
  return (
    <Section title={words.added}>
      <p className="muted">{words.addedHint}</p>
      {addedFields.map(({ name, value }, place) => {
        const number = format.number(place + 1);
        return (
          <div key={place} className="wizard-inline">
            <Input
              label={words.addedNameOf(number)}
              autoFocus={place === added}
              placeholder={words.addedName}
              value={name}
              onChange={(next) => set(place, { name: next })}
              spellCheck={false}
            />
            <Input
              label={words.addedValueOf(number)}
              placeholder={words.addedValue}
              value={value}
              onChange={(next) => set(place, { value: next })}
              mono
              spellCheck={false}
            />
            <Button
              label={words.removeField(name === '' ? number : name)}
              icon={X}
              iconOnly
              kind="ghost"
              onClick={() => define({ addedFields: addedFields.filter((_, at) => at !== place) })}
            />
          </div>
        );
      })}
      <div>
        <Button
          label={words.addField}
          icon={Plus}
          onClick={() => {
            setAdded(addedFields.length);
            define({ addedFields: [...addedFields, { name: '', value: '' }] });
          }}
        />
      </div>
    </Section>
  );
}
