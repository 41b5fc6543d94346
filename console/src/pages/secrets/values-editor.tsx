import Pencil from 'lucide-react/icons/pencil';
import Plus from 'lucide-react/icons/plus';
import Trash from 'lucide-react/icons/trash-2';
import Undo from 'lucide-react/icons/undo-2';
import { useEffect, useRef } from 'react';
import { Button } from '../../design/button.tsx';
import { Input, Textarea } from '../../design/field.tsx';
import { useSecretWords } from './words.ts';
import './secrets.css';

/** A value while it is edited. */
export interface Value {
  readonly id: number;
  readonly key: string;
  /** What becomes of it; values that are kept are never known here. */
  readonly fate: 'kept' | 'set' | 'goes';
  readonly value: string;
  /** Whether the server has it already. */
  readonly isStored: boolean;
}

/** Values that the server has, to be edited. */
export function storedValues(keys: readonly string[]): readonly Value[] {
  return keys.map((key, id) => ({ id, key, fate: 'kept', value: '', isStored: true }));
}

/** Values of a Secret that is yet to be made. */
export function newValues(keys: readonly string[]): readonly Value[] {
  return keys.map((key, id) => ({ id, key, fate: 'set', value: '', isStored: false }));
}

/** The change that the values mean. */
export function changeOf(values: readonly Value[]): {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: string[];
} {
  return {
    set: Object.fromEntries(
      values.filter(({ fate }) => fate === 'set').map(({ key, value }) => [key, value]),
    ),
    remove: values.filter(({ fate }) => fate === 'goes').map(({ key }) => key),
  };
}

/** A key that is empty (''), or there twice; null = none. */
export function wrongKey(values: readonly Value[]): string | null {
  const keys = values.filter(({ fate }) => fate !== 'goes').map(({ key }) => key);
  return keys.find((key, index) => key === '' || keys.indexOf(key) !== index) ?? null;
}

/** Rows of keys; values are typed in and never shown again. */
export function ValuesEditor({
  values,
  onChange,
  readOnly,
}: {
  readonly values: readonly Value[];
  readonly onChange: (values: readonly Value[]) => void;
  readonly readOnly: boolean;
}) {
  const words = useSecretWords();
  const frame = useRef<HTMLDivElement>(null);
  const adding = useRef<HTMLDivElement>(null);
  const wrong = wrongKey(values);
  const change = (id: number, part: Partial<Value>): void =>
    onChange(values.map((value) => (value.id === id ? { ...value, ...part } : value)));
  const add = (): void => {
    const id = Math.max(-1, ...values.map((value) => value.id)) + 1;
    onChange([...values, { id, key: '', fate: 'set', value: '', isStored: false }]);
    // After it is drawn, one goes on typing in the new row.
    requestAnimationFrame(() => {
      const rows = frame.current?.querySelectorAll<HTMLInputElement>('.secret-row > input');
      [...(rows ?? [])].at(-1)?.focus();
    });
  };
  return (
    <div className="secret-values" ref={frame} role="group" aria-label={words.values}>
      {values.map((value, index) => (
        <Row
          key={value.id}
          value={value}
          position={index + 1}
          readOnly={readOnly}
          change={(part) => change(value.id, part)}
          drop={() => {
            adding.current?.querySelector('button')?.focus();
            onChange(values.filter(({ id }) => id !== value.id));
          }}
        />
      ))}
      {wrong === null ? null : (
        <p className="secret-error" role="status">
          {wrong === '' ? words.noKey : words.twice(wrong)}
        </p>
      )}
      {readOnly ? null : (
        <div ref={adding}>
          <Button label={words.add} icon={Plus} onClick={add} />
        </div>
      )}
    </div>
  );
}

function Row({
  value: { key, fate, value, isStored },
  position,
  readOnly,
  change,
  drop,
}: {
  readonly value: Value;
  readonly position: number;
  readonly readOnly: boolean;
  readonly change: (part: Partial<Value>) => void;
  readonly drop: () => void;
}) {
  const words = useSecretWords();
  const name = key === '' ? String(position) : key;
  const row = useRef<HTMLDivElement>(null);
  const lastFate = useRef(fate);
  useEffect(() => {
    if (lastFate.current === fate) return;
    lastFate.current = fate;
    // The button that was pressed has gone: on to the new value, or to what takes the choice back.
    row.current?.querySelector<HTMLElement>('textarea, button')?.focus();
  }, [fate]);
  return (
    <div className={fate === 'goes' ? 'secret-row secret-row-goes' : 'secret-row'} ref={row}>
      {isStored ? (
        <code className="secret-key">{key}</code>
      ) : (
        <Input
          mono
          value={key}
          label={words.keyOf(String(position))}
          placeholder={words.key}
          autoComplete="off"
          spellCheck={false}
          onChange={(text) => change({ key: text })}
        />
      )}
      {fate === 'set' ? (
        <Textarea
          mono
          rows={Math.min(8, value.split('\n').length)}
          value={value}
          label={words.valueOf(name)}
          placeholder={isStored ? words.newValue : words.value}
          autoComplete="off"
          spellCheck={false}
          onChange={(text) => change({ value: text })}
        />
      ) : (
        <span className="muted">{fate === 'kept' ? words.kept : words.goes}</span>
      )}
      {readOnly ? null : (
        <span className="secret-buttons">
          {isStored && fate === 'kept' ? (
            <Button
              label={words.setAnew(key)}
              icon={Pencil}
              iconOnly
              kind="ghost"
              onClick={() => change({ fate: 'set' })}
            />
          ) : null}
          {isStored && fate !== 'kept' ? (
            <Button
              label={words.keep(key)}
              icon={Undo}
              iconOnly
              kind="ghost"
              onClick={() => change({ fate: 'kept', value: '' })}
            />
          ) : null}
          {fate === 'goes' ? null : (
            <Button
              label={words.removeKey(name)}
              icon={Trash}
              iconOnly
              kind="ghost"
              onClick={() => (isStored ? change({ fate: 'goes', value: '' }) : drop())}
            />
          )}
        </span>
      )}
    </div>
  );
}
