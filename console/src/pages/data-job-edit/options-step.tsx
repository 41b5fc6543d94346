import { useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Checkbox, Field, Input, Select, Textarea } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { toast } from '../../design/toast.tsx';
import { type Concurrency, newDraft, pairsOf, withFields } from './draft.ts';
import { completed, isDefinition } from './ends.ts';
import { definer, numberOrNull, type StepProps } from './step.ts';
import { useEditWords } from './words.ts';

const proofs = ['checksums', 'rows', 'counts', 'none'] as const;
const concurrencies = ['forbid', 'allow', 'replace'] as const;

/** How fast, how careful, when. */
export function OptionsStep(props: StepProps) {
  const words = useEditWords();
  const { draft, change } = props;
  const { definition } = draft;
  const define = definer(props);
  const { throttle, dirtyRows } = definition;
  const text = (value: number | null): string => (value === null ? '' : String(value));
  const isWhole = definition.from.kind === 'tables' && definition.from.wholeDatabase;
  return (
    <>
      <Section title={words.speed}>
        <div className="wizard-fields">
          <Field label={words.shards} hint={words.shardsHint}>
            <Input
              type="number"
              min={1}
              max={1_000}
              required
              value={String(definition.extractors)}
              onChange={(next) => define({ extractors: numberOrNull(next) ?? 1 })}
            />
          </Field>
          {isWhole ? (
            <Field label={words.tablesAtOnce}>
              <Input
                type="number"
                min={1}
                max={100}
                required
                value={String(definition.concurrentTables)}
                onChange={(next) => define({ concurrentTables: numberOrNull(next) ?? 1 })}
              />
            </Field>
          ) : null}
          <Field label={words.rowsPerSecond} hint={words.unlimited} optional>
            <Input
              type="number"
              min={1}
              value={text(throttle.rowsPerSecond)}
              onChange={(next) =>
                define({ throttle: { ...throttle, rowsPerSecond: numberOrNull(next) } })
              }
            />
          </Field>
          <Field label={words.bytesPerSecond} hint={words.unlimited} optional>
            <Input
              type="number"
              min={1}
              value={text(throttle.bytesPerSecond)}
              onChange={(next) =>
                define({ throttle: { ...throttle, bytesPerSecond: numberOrNull(next) } })
              }
            />
          </Field>
        </div>
      </Section>
      <Section title={words.dirty}>
        <Checkbox
          label={words.tolerate}
          checked={dirtyRows.tolerate}
          onChange={(tolerate) => define({ dirtyRows: { ...dirtyRows, tolerate } })}
        />
        <p className="muted">{words.tolerateHint}</p>
        {dirtyRows.tolerate ? (
          <div className="wizard-fields">
            <Field label={words.maxPerShard}>
              <Input
                type="number"
                min={0}
                required
                value={String(dirtyRows.maxPerShard)}
                onChange={(next) =>
                  define({ dirtyRows: { ...dirtyRows, maxPerShard: numberOrNull(next) ?? 0 } })
                }
              />
            </Field>
            <Field label={words.maxPercent} hint={words.unlimited} optional>
              <Input
                type="number"
                min={0}
                max={100}
                step="any"
                value={text(dirtyRows.maxPercent)}
                onChange={(next) =>
                  define({ dirtyRows: { ...dirtyRows, maxPercent: numberOrNull(next) } })
                }
              />
            </Field>
          </div>
        ) : null}
      </Section>
      <Section title={words.safety}>
        <div className="wizard-fields">
          <Field label={words.proof}>
            <Select
              value={definition.proof}
              onChange={(next) => define({ proof: proofs.find((one) => one === next) ?? 'none' })}
              options={proofs.map((one) => [one, words.proofs[one]] as const)}
            />
          </Field>
          <Field label={words.errorRetries} hint={words.errorRetriesHint}>
            <Input
              type="number"
              min={0}
              max={100}
              required
              value={String(definition.errorRetries)}
              onChange={(next) => define({ errorRetries: numberOrNull(next) ?? 0 })}
            />
          </Field>
        </div>
      </Section>
      <Section title={words.when}>
        <div className="wizard-fields">
          <Field label={words.cron} hint={words.cronHint} optional>
            <Input
              value={draft.cron}
              onChange={(cron) => change({ cron })}
              mono
              maxLength={1_024}
              spellCheck={false}
            />
          </Field>
          <Field label={words.timezone}>
            <Input
              value={draft.timezone}
              onChange={(timezone) => change({ timezone })}
              required
              maxLength={64}
              spellCheck={false}
            />
          </Field>
          <Field label={words.concurrency}>
            <Select
              value={draft.concurrency}
              onChange={(next) => change({ concurrency: next as Concurrency })}
              options={concurrencies.map((one) => [one, words.concurrencies[one]] as const)}
            />
          </Field>
          <Field label={words.variables} hint={words.variablesHint} optional>
            <Textarea
              value={draft.variables}
              onChange={(variables) => change({ variables })}
              rows={2}
              mono
              spellCheck={false}
            />
          </Field>
        </div>
      </Section>
      <Everything {...props} />
    </>
  );
}

/** The whole definition as text, for what no form shows. */
function Everything(props: StepProps) {
  const words = useEditWords();
  const { change, draft } = props;
  const current = JSON.stringify(withFields(draft), null, 2);
  const [typed, setTyped] = useState<string | null>(null);
  const [error, setError] = useState('');
  const take = (): void => {
    try {
      const taken: unknown = JSON.parse(typed ?? current);
      if (!isDefinition(taken)) throw new Error('from.kind, to.kind, format.kind');
      const definition = completed(taken, newDraft('').definition);
      change({ definition, fields: pairsOf(definition) });
      setTyped(null);
      setError('');
      toast(words.jsonTaken);
    } catch (cause) {
      setError(words.jsonWrong((cause as Error).message));
    }
  };
  return (
    <details className="wizard-details">
      <summary>{words.everything}</summary>
      <div>
        <Field label={words.everything} hint={words.everythingHint} error={error}>
          <Textarea
            value={typed ?? current}
            onChange={setTyped}
            rows={16}
            mono
            spellCheck={false}
          />
        </Field>
        <div>
          <Button label={words.takeJson} onClick={take} disabled={typed === null} />
        </div>
      </div>
    </details>
  );
}
