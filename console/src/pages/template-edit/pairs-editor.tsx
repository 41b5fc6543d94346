import Plus from 'lucide-react/icons/plus';
import X from 'lucide-react/icons/x';
import { useRef } from 'react';
import type { FormField } from '../../../../src/dialects/native/views/operations-forms.ts';
import { Button } from '../../design/button.tsx';
import { Input } from '../../design/field.tsx';
import { language } from '../../i18n/language.ts';
import { useFormWords } from './words.ts';

/** Names with values, a row for each. */
export function Pairs({
  name,
  field,
  pairs,
  title,
  onPairs,
}: {
  readonly name: string;
  readonly field: FormField;
  readonly onPairs: (pairs: readonly (readonly [string, string])[]) => void;
  readonly pairs: readonly (readonly [string, string])[];
  readonly title: string;
}) {
  const words = useFormWords();
  const isZh = language.use() === 'zh';
  const note = isZh ? field['x-zh'].description : field.description;
  const frame = useRef<HTMLFieldSetElement>(null);
  const add = (): void => {
    onPairs([...pairs, ['', '']]);
    // After it is drawn, one goes on typing in the new row.
    requestAnimationFrame(() => {
      const rows = frame.current?.querySelectorAll('.form-pair');
      [...(rows ?? [])].at(-1)?.querySelector('input')?.focus();
    });
  };
  const remove = (index: number): void => {
    frame.current?.querySelector<HTMLElement>('.form-pair-foot button')?.focus();
    onPairs(pairs.filter((_, at) => at !== index));
  };
  const set = (index: number, pair: readonly [string, string]): void =>
    onPairs(pairs.map((old, at) => (at === index ? pair : old)));
  return (
    <fieldset className="form-pairs" ref={frame}>
      <legend className="field-label">{title}</legend>
      {pairs.map(([key, value], index) => (
        // Rows have no other identity than their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div className="form-pair" key={index}>
          <Input
            label={`${title}: ${words.pairName} ${index + 1}`}
            value={key}
            onChange={(next) => set(index, [next, value])}
            placeholder={words.pairName}
            mono
            spellCheck={false}
          />
          <Input
            label={`${title}: ${words.pairValue} ${index + 1}`}
            value={value}
            onChange={(next) => set(index, [key, next])}
            placeholder={words.pairValue}
            mono
            spellCheck={false}
          />
          <Button
            label={words.removePair(key === '' ? String(index + 1) : key)}
            icon={X}
            iconOnly
            kind="ghost"
            onClick={() => remove(index)}
          />
        </div>
      ))}
      <div className="form-pair-foot">
        <Button label={words.addPair} icon={Plus} onClick={add} />
        <span className="field-hint form-hint">
          <code>{name}</code>
          {note === undefined ? null : <span>{note}</span>}
        </span>
      </div>
    </fieldset>
  );
}
