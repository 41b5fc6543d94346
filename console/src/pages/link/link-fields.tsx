import { Checkbox, Field, Input, Select, Textarea } from '../../design/field.tsx';
import type { FieldName, FieldValue, LinkField } from './fields.ts';
import { useLinkWords } from './words.ts';

/** Fields of a kind of links. */
export function LinkFields({
  fields,
  values,
  kept,
  isNew,
  onChange,
}: {
  readonly fields: readonly LinkField[];
  readonly values: Readonly<Partial<Record<FieldName, FieldValue>>>;
  /** Secrets that are stored. */
  readonly kept: readonly string[];
  readonly isNew: boolean;
  readonly onChange: (name: FieldName, value: FieldValue) => void;
}) {
  const words = useLinkWords();
  return (
    <div className="link-fields">
      {fields.map((field) => {
        const { name, kind, required = false, choices = [] } = field;
        const value = values[name] ?? field.fallback;
        const label = words.fields[name];
        const set = (next: FieldValue): void => onChange(name, next);
        if (typeof value === 'boolean') {
          return <Checkbox key={name} label={label} checked={value} onChange={set} />;
        }
        const isSecret = kind === 'secret' || kind === 'secret-lines';
        const stored = kept.includes(name);
        const hint = isSecret
          ? stored
            ? words.secretHint
            : words.secretHintNew
          : words.hints[name];
        return (
          <div key={name} className={kind === 'secret-lines' ? 'wide' : undefined}>
            <Field label={label} hint={hint} optional={!required && kind === 'text'}>
              {kind === 'choice' || kind === 'quote' ? (
                <Select
                  value={value}
                  onChange={set}
                  options={choices.map(
                    (choice) =>
                      [choice, words.choices[choice as keyof typeof words.choices]] as const,
                  )}
                />
              ) : kind === 'secret-lines' ? (
                <Textarea
                  value={value}
                  onChange={set}
                  mono
                  autoComplete="off"
                  spellCheck={false}
                  placeholder={stored ? words.secretKept : undefined}
                />
              ) : (
                <Input
                  value={value}
                  onChange={set}
                  required={required}
                  maxLength={65_536}
                  {...(kind === 'integer' ? { type: 'number', min: 0, inputMode: 'numeric' } : {})}
                  {...(kind === 'secret'
                    ? {
                        type: 'password',
                        autoComplete: isNew ? 'new-password' : 'off',
                        ...(stored ? { placeholder: words.secretKept } : {}),
                      }
                    : { spellCheck: false, autoComplete: 'off' })}
                />
              )}
            </Field>
          </div>
        );
      })}
    </div>
  );
}
