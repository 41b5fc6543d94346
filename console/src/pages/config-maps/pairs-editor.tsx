import Plus from 'lucide-react/icons/plus';
import Trash from 'lucide-react/icons/trash-2';
import { useRef } from 'react';
import { Button } from '../../design/button.tsx';
import { Input, Textarea } from '../../design/field.tsx';
import { useConfigMapWords } from './words.ts';
import './config-maps.css';

/** A pair while it is edited; `id` tells it from others of the same key. */
export interface Pair {
  readonly id: number;
  readonly key: string;
  readonly value: string;
}

/** Pairs of an object, to be edited. */
export function pairsOf(data: Readonly<Record<string, string>>): readonly Pair[] {
  return Object.entries(data).map(([key, value], id) => ({ id, key, value }));
}

/** The object that pairs make. */
export function dataOf(pairs: readonly Pair[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/** What is wrong with the keys: one that is empty, or one that is there twice; null = nothing. */
export function keyFault(
  pairs: readonly Pick<Pair, 'key'>[],
): { readonly kind: 'empty' } | { readonly kind: 'twice'; readonly key: string } | null {
  const seen = new Set<string>();
  for (const { key } of pairs) {
    if (key === '') return { kind: 'empty' };
    if (seen.has(key)) return { kind: 'twice', key };
    seen.add(key);
  }
  return null;
}

/** Rows of key and value. */
export function PairsEditor({
  pairs,
  onChange,
  readOnly,
}: {
  readonly pairs: readonly Pair[];
  readonly onChange: (pairs: readonly Pair[]) => void;
  readonly readOnly: boolean;
}) {
  const words = useConfigMapWords();
  const frame = useRef<HTMLDivElement>(null);
  const adding = useRef<HTMLDivElement>(null);
  const fault = keyFault(pairs);
  const change = (id: number, part: Partial<Pair>): void =>
    onChange(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));
  const add = (): void => {
    const id = Math.max(-1, ...pairs.map((pair) => pair.id)) + 1;
    onChange([...pairs, { id, key: '', value: '' }]);
    // After it is drawn, one goes on typing in the new row.
    requestAnimationFrame(() => {
      const rows = frame.current?.querySelectorAll<HTMLInputElement>('.pairs-row > input');
      [...(rows ?? [])].at(-1)?.focus();
    });
  };
  return (
    <div className="pairs" ref={frame} role="group" aria-label={words.pairs}>
      {pairs.map(({ id, key, value }, index) => (
        <div key={id} className="pairs-row">
          <Input
            mono
            value={key}
            label={words.keyOf(String(index + 1))}
            placeholder={words.key}
            readOnly={readOnly}
            autoComplete="off"
            spellCheck={false}
            onChange={(text) => change(id, { key: text })}
          />
          <Textarea
            mono
            rows={Math.min(8, value.split('\n').length)}
            value={value}
            label={words.valueOf(key === '' ? String(index + 1) : key)}
            placeholder={words.value}
            readOnly={readOnly}
            spellCheck={false}
            onChange={(text) => change(id, { value: text })}
          />
          {readOnly ? null : (
            <Button
              label={words.removePair(key === '' ? String(index + 1) : key)}
              icon={Trash}
              iconOnly
              kind="ghost"
              onClick={() => {
                adding.current?.querySelector('button')?.focus();
                onChange(pairs.filter((pair) => pair.id !== id));
              }}
            />
          )}
        </div>
      ))}
      {fault === null ? null : (
        <p className="pairs-error" role="status">
          {fault.kind === 'empty' ? words.noKey : words.twice(fault.key)}
        </p>
      )}
      {readOnly ? null : (
        <div ref={adding}>
          <Button label={words.addPair} icon={Plus} onClick={add} />
        </div>
      )}
    </div>
  );
}
