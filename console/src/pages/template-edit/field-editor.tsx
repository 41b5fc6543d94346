import { useState } from 'react';
import type { FormField } from '../../../../src/dialects/native/views/operations-forms.ts';
import { Field, Input, Select, Textarea } from '../../design/field.tsx';
import { language } from '../../i18n/language.ts';
import { type Draft, type Drafts, isPairs, membersOf } from './drafts.ts';
import { variablesOf, variablesText } from './variables.ts';
import { FieldGrid } from './field-grid.tsx';
import { Pairs } from './pairs-editor.tsx';
import { SchedulePreview } from './schedule-preview.tsx';
import { useFormWords } from './words.ts';

interface EditorProps {
  readonly name: string;
  readonly field: FormField;
  readonly draft: Draft;
  readonly required: boolean;
  /** The other fields, and what they are: some fields depend on one of them. */
  readonly siblings: Drafts;
  readonly siblingTitle: (name: string) => string;
  readonly onChange: (draft: Draft) => void;
}

/** A field's title in the language of the page. */
export function useFieldTitle(): (field: FormField) => string {
  const isZh = language.use() === 'zh';
  return (field) => (isZh ? field['x-zh'].title : field.title);
}

/** One field with its label, its name in the API, and what it is for. */
export function FieldEditor(props: EditorProps) {
  const { name, field, draft, required, siblings } = props;
  const words = useFormWords();
  const isZh = language.use() === 'zh';
  const title = useFieldTitle()(field);
  const members = membersOf(field, siblings);
  if (members !== null) return <Members {...props} members={members} title={title} />;
  if (isPairs(draft)) {
    return <Pairs {...props} title={title} pairs={draft} onPairs={props.onChange} />;
  }
  const variables = field['x-widget'] === 'variables' ? variablesOf(draft) : null;
  if (variables !== null) {
    return (
      <Pairs
        {...props}
        title={title}
        pairs={variables}
        onPairs={(pairs) => props.onChange(variablesText(pairs))}
      />
    );
  }
  const note = isZh ? field['x-zh'].description : field.description;
  const hint = (
    <>
      {title === name ? null : <code>{name}</code>}
      {note === undefined ? null : <span>{note}</span>}
      {field['x-stored'] === true ? <em>{words.withoutEffect}</em> : null}
      {field['x-widget'] === 'secret' && draft !== '' ? <span>{words.secretKept}</span> : null}
    </>
  );
  const text = typeof draft === 'string' ? draft : '';
  return (
    <Field
      label={required ? `${title} *` : title}
      hint={<span className="form-hint">{hint}</span>}
      error={faultOf(field, text, words)}
    >
      <Control {...props} text={text} />
      {field['x-widget'] === 'schedule' ? (
        <SchedulePreview text={text} siblings={siblings} />
      ) : null}
    </Field>
  );
}

/** What can be told before it is sent; the server tells the rest. */
function faultOf(
  field: FormField,
  text: string,
  words: ReturnType<typeof useFormWords>,
): string | null {
  if (text.trim() === '') return null;
  if (field.type === 'integer' && !/^\s*[+-]?\d{1,15}\s*$/.test(text)) return words.badNumber;
  const isJson =
    field['x-widget'] === 'json' ||
    field['x-widget'] === 'variables' ||
    (field['x-widget'] === 'schedule' && text.trim().startsWith('{'));
  if (!isJson) return null;
  try {
    JSON.parse(text);
    return null;
  } catch {
    return words.badJson;
  }
}

const codeRows = 10;
const jsonRows = 3;

function Control({ field, text, required, onChange }: EditorProps & { readonly text: string }) {
  const words = useFormWords();
  const unset = [['', words.notSet] as const];
  if (field.type === 'boolean') {
    const options = [...unset, ['true', words.yes] as const, ['false', words.no] as const];
    return <Select value={text} onChange={onChange} options={options} />;
  }
  if (field.enum !== undefined) {
    const known = field.enum.map((word) => [word, word] as const);
    const stranger = text !== '' && !field.enum.includes(text) ? [[text, text] as const] : [];
    const options = [...(required && text !== '' ? [] : unset), ...known, ...stranger];
    return <Select value={text} onChange={onChange} options={options} required={required} />;
  }
  const length = field.maxLength === undefined ? {} : { maxLength: field.maxLength };
  const [example] = field.examples ?? [];
  const hint = example === undefined ? {} : { placeholder: example };
  switch (field['x-widget']) {
    case 'code':
    case 'lines':
      return (
        <Textarea
          value={text}
          onChange={onChange}
          mono
          rows={field['x-widget'] === 'code' ? codeRows : jsonRows}
          spellCheck={false}
          required={required}
        />
      );
    case 'json':
    case 'variables':
    case 'schedule':
      return (
        <Textarea
          value={text}
          onChange={onChange}
          mono
          rows={text.includes('\n') ? codeRows : jsonRows - 1}
          spellCheck={false}
          {...hint}
        />
      );
    case 'secret':
      return <Input value={text} onChange={onChange} type="password" autoComplete="new-password" />;
    default:
      return (
        <Input
          value={text}
          onChange={onChange}
          required={required}
          autoComplete="off"
          spellCheck={false}
          {...hint}
          {...length}
          {...(field.type === 'integer' ? { inputMode: 'numeric' as const } : {})}
        />
      );
  }
}

/** Fields within a field. */
function Members({
  field,
  draft,
  siblingTitle,
  onChange,
  members,
  title,
}: EditorProps & {
  readonly members: Readonly<Record<string, FormField>>;
  readonly title: string;
}) {
  const words = useFormWords();
  const drafts: Drafts = typeof draft === 'string' || isPairs(draft) ? {} : draft;
  // Where a field stands does not change while it is filled in.
  const [first] = useState(drafts);
  const by = field['x-variants']?.by;
  if (Object.keys(members).length === 0 && by !== undefined) {
    return <p className="muted">{words.chooseFirst(siblingTitle(by))}</p>;
  }
  return (
    <fieldset className="form-members">
      <legend className="visually-hidden">{title}</legend>
      <FieldGrid entries={Object.entries(members)} draftOf={(name) => first[name]}>
        {(name, member) => (
          <FieldEditor
            key={name}
            name={name}
            field={member}
            draft={drafts[name] ?? (member['x-widget'] === 'pairs' ? [] : '')}
            required={false}
            siblings={drafts}
            siblingTitle={(other) => members[other]?.title ?? other}
            onChange={(next) => onChange({ ...drafts, [name]: next })}
          />
        )}
      </FieldGrid>
    </fieldset>
  );
}
