import type { ReactNode } from 'react';
import type { FormField } from '../../../../src/dialects/native/views/operations-forms.ts';
import { useFormat } from '../../i18n/format.ts';
import type { Draft } from './drafts.ts';
import { useFormWords } from './words.ts';

/** Fields beside each other; those that have no effect and hold nothing are folded away behind. */
export function FieldGrid({
  entries,
  draftOf,
  children,
}: {
  readonly entries: readonly (readonly [name: string, field: FormField])[];
  readonly draftOf: (name: string) => Draft | undefined;
  readonly children: (name: string, field: FormField) => ReactNode;
}) {
  const words = useFormWords();
  const format = useFormat();
  const isIdle = ([name, field]: readonly [string, FormField]): boolean =>
    field['x-stored'] === true && (draftOf(name) ?? '') === '';
  const acting = entries.filter((entry) => !isIdle(entry));
  const idle = entries.filter(isIdle);
  return (
    <>
      {acting.length === 0 ? null : (
        <div className="form-fields">{acting.map(([name, field]) => children(name, field))}</div>
      )}
      {idle.length === 0 ? null : (
        <details className="form-stored">
          <summary>{words.storedFields(format.number(idle.length))}</summary>
          <div className="form-fields">{idle.map(([name, field]) => children(name, field))}</div>
        </details>
      )}
    </>
  );
}
