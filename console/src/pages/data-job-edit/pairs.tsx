import Plus from 'lucide-react/icons/plus';
import X from 'lucide-react/icons/x';
import { useState } from 'react';
import type { MappingView } from '../../../../src/dialects/native/views/mapping.ts';
import { Button } from '../../design/button.tsx';
import { Input, Select } from '../../design/field.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';
import type { FieldPair } from './draft.ts';
import { useEditWords } from './words.ts';
import './edit.css';

type Pair = MappingView['pairs'][number];

interface PairsProps {
  readonly fields: readonly FieldPair[];
  readonly onChange: (fields: readonly FieldPair[]) => void;
}

/** Pairs of columns whose types are known: both sides, and what may go wrong. */
export function SuggestedPairs({
  mapping,
  fields,
  onChange,
}: PairsProps & { readonly mapping: MappingView }) {
  const words = useEditWords();
  const { pairs, unfilled, targetExists } = mapping;
  const targets = [
    ...pairs.flatMap(({ target }) => (target === null ? [] : [target])),
    ...unfilled,
  ];
  const used = new Set(fields.filter(({ on }) => on).map(({ target }) => target));
  const free = targets.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  const set = (place: number, part: Partial<FieldPair>): void =>
    onChange(fields.map((field, at) => (at === place ? { ...field, ...part } : field)));
  return (
    <>
      {targetExists ? null : <p>{words.willBeCreated}</p>}
      <div className="table-frame">
        <div className="table-scroll">
          <table className="table wizard-pairs">
            <caption className="visually-hidden">{words.steps.fields}</caption>
            <thead>
              <tr>
                <th scope="col">{words.sourceColumn}</th>
                <th scope="col" className="table-wide-only">
                  {words.sourceType}
                </th>
                <th scope="col">{words.targetColumn}</th>
                <th scope="col" className="table-wide-only">
                  {words.targetType}
                </th>
                <th scope="col">{words.check}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((field, place) => {
                const pair = pairs[place];
                if (pair === undefined) return null;
                const target = targets.find(({ name }) => name === field.target) ?? null;
                return (
                  <tr key={field.source}>
                    <td>
                      <label className="checkbox">
                        <input
                          type="checkbox"
                          checked={field.on}
                          aria-label={words.takeIn(field.source)}
                          onChange={(event) => set(place, { on: event.target.checked })}
                        />
                        <span className="wizard-name" title={field.source}>
                          {field.source}
                        </span>
                      </label>
                      <span className="mono wizard-narrow-type">{typeOf(pair.source)}</span>
                    </td>
                    <td className="mono table-wide-only">{typeOf(pair.source)}</td>
                    <td>
                      {targetExists ? (
                        <Select
                          label={words.fills(field.source)}
                          value={field.target}
                          onChange={(next) => set(place, { target: next, on: next !== '' })}
                          options={[
                            ['', words.noTarget],
                            ...targets.map(({ name }) => [name, name] as const),
                          ]}
                        />
                      ) : (
                        <Input
                          label={words.fills(field.source)}
                          value={field.target}
                          onChange={(next) => set(place, { target: next })}
                          spellCheck={false}
                        />
                      )}
                      {target === null ? null : (
                        <span className="mono wizard-narrow-type">{typeOf(target)}</span>
                      )}
                    </td>
                    <td className="mono table-wide-only">
                      {target === null ? '–' : typeOf(target)}
                    </td>
                    <td>
                      <Check pair={pair} field={field} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </div>
      {free.length === 0 || !targetExists ? null : (
        <p className="muted breaks">{words.unfilled(free.join(', '))}</p>
      )}
    </>
  );
}

function typeOf({ type, nativeType }: Pair['source']): string {
  return nativeType === '' ? type : nativeType;
}

/** What was said of the pair as it was suggested; another target is checked by the plan. */
function Check({ pair, field }: { readonly pair: Pair; readonly field: FieldPair }) {
  const words = useEditWords();
  if (!field.on || pair.target === null || pair.target.name !== field.target) return null;
  return (
    <span className="wizard-warnings">
      {pair.warnings.length === 0 ? <Badge tone="ok">{words.fits}</Badge> : null}
      {pair.warnings.map((warning) => (
        <Badge key={warning} tone={warning === 'other-kind' ? 'bad' : 'warn'}>
          {words.warnings[warning]}
        </Badge>
      ))}
      {pair.reason === 'name' ? null : <Badge>{words.reasons[pair.reason]}</Badge>}
    </span>
  );
}

/** Pairs of columns by their names alone: of files, of queries, and of stored jobs. */
export function FreePairs({ fields, onChange }: PairsProps) {
  const words = useEditWords();
  const format = useFormat();
  const [added, setAdded] = useState<number | null>(null);
  const set = (place: number, part: Partial<FieldPair>): void =>
    onChange(fields.map((field, at) => (at === place ? { ...field, ...part } : field)));
  return (
    <>
      {fields.map(({ source, target }, place) => {
        const number = format.number(place + 1);
        return (
          <div key={place} className="wizard-inline">
            <Input
              label={words.sourceOf(number)}
              autoFocus={place === added}
              placeholder={words.sourceColumn}
              value={source}
              onChange={(next) => set(place, { source: next })}
              required
              spellCheck={false}
            />
            <Input
              label={words.targetOf(number)}
              placeholder={words.targetColumn}
              value={target}
              onChange={(next) => set(place, { target: next })}
              required
              spellCheck={false}
            />
            <Button
              label={words.removePair(source === '' ? number : source)}
              icon={X}
              iconOnly
              kind="ghost"
              onClick={() => onChange(fields.filter((_, at) => at !== place))}
            />
          </div>
        );
      })}
      <div>
        <Button
          label={words.addPair}
          icon={Plus}
          onClick={() => {
            setAdded(fields.length);
            onChange([...fields, { source: '', target: '', on: true }]);
          }}
        />
      </div>
      <p className="muted">{words.pairsHint}</p>
    </>
  );
}
