import { useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Checkbox, Field, Input, Select, Textarea } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { FormatFields, LinkField, TableFields } from './end-fields.tsx';
import { newSource, type Period, periods, rowsSince, type Source, sourceKinds } from './ends.ts';
import { definer, type StepProps } from './step.ts';
import { useEditWords } from './words.ts';

/** From where: a link, and what of it. */
export function SourceStep(props: StepProps) {
  const words = useEditWords();
  const { draft, links } = props;
  const { from } = draft.definition;
  const define = definer(props);
  const kindOf = (name: string): string => links.find((one) => one.name === name)?.kind ?? '';
  const kinds = sourceKinds(kindOf(from.link));
  const chooseLink = (link: string): void => {
    const offered = sourceKinds(kindOf(link));
    const [first = 'tables'] = offered;
    define({ from: offered.includes(from.kind) ? { ...from, link } : newSource(first, link) });
  };
  return (
    <Section title={words.steps.source}>
      <div className="wizard-fields">
        <LinkField links={links} value={from.link} onChange={chooseLink} />
        <Field label={words.kind}>
          <Select
            value={from.kind}
            onChange={(kind) => define({ from: newSource(kind as Source['kind'], from.link) })}
            options={kinds.map((kind) => [kind, words.sourceKinds[kind]] as const)}
          />
        </Field>
        <SourceFields
          from={from}
          namespace={draft.namespace}
          onChange={(next) => define({ from: next })}
        />
      </div>
    </Section>
  );
}

function SourceFields({
  from,
  namespace,
  onChange,
}: {
  readonly from: Source;
  readonly namespace: string;
  readonly onChange: (from: Source) => void;
}) {
  const words = useEditWords();
  switch (from.kind) {
    case 'tables':
      return <TableSourceFields from={from} namespace={namespace} onChange={onChange} />;
    case 'query':
      return (
        <div className="wide">
          <Field label={words.sql} hint={words.sqlHint}>
            <Textarea
              value={from.sql}
              onChange={(sql) => onChange({ ...from, sql })}
              rows={6}
              mono
              required
              spellCheck={false}
            />
          </Field>
        </div>
      );
    case 'files':
      return (
        <>
          <Field label={words.bucket} optional>
            <Input
              value={from.bucket}
              onChange={(bucket) => onChange({ ...from, bucket })}
              maxLength={256}
              spellCheck={false}
            />
          </Field>
          <Field label={words.compression}>
            <Select
              value={from.compression}
              onChange={(next) =>
                onChange({ ...from, compression: next as typeof from.compression })
              }
              options={[
                ['none', words.compressionNone],
                ['gzip', 'gzip'],
                ['zip', 'zip'],
                ['tar.gz', 'tar.gz'],
              ]}
            />
          </Field>
          <div className="wide">
            <Field label={words.paths} hint={words.pathsHint}>
              <Textarea
                value={from.paths.join('\n')}
                onChange={(text) => onChange({ ...from, paths: text.split('\n') })}
                rows={3}
                mono
                required
                spellCheck={false}
              />
            </Field>
          </div>
          <FormatFields
            format={from.format}
            writes={false}
            onChange={(format) => onChange({ ...from, format })}
          />
        </>
      );
    case 'warehouse':
      return (
        <>
          <Field label={words.database}>
            <Input
              value={from.database}
              onChange={(database) => onChange({ ...from, database })}
              required
              spellCheck={false}
            />
          </Field>
          <Field label={words.table}>
            <Input
              value={from.table}
              onChange={(table) => onChange({ ...from, table })}
              required
              spellCheck={false}
            />
          </Field>
        </>
      );
  }
}

function TableSourceFields({
  from,
  namespace,
  onChange,
}: {
  readonly from: Extract<Source, { kind: 'tables' }>;
  readonly namespace: string;
  readonly onChange: (from: Source) => void;
}) {
  const words = useEditWords();
  return (
    <>
      <TableFields
        namespace={namespace}
        link={from.link}
        schema={from.schema}
        table={from.table}
        hint={from.wholeDatabase ? words.tablesHint : words.tableHint}
        onChange={(part) => onChange({ ...from, ...part })}
      />
      <div className="wide">
        <Checkbox
          label={words.wholeDatabase}
          checked={from.wholeDatabase}
          onChange={(wholeDatabase) => onChange({ ...from, wholeDatabase })}
        />
      </div>
      <div className="wide">
        <Field label={words.where} hint={words.whereHint} optional>
          <Textarea
            value={from.where ?? ''}
            onChange={(text) => onChange({ ...from, where: text === '' ? null : text })}
            rows={2}
            mono
            spellCheck={false}
          />
        </Field>
      </div>
      <div className="wide">
        <Incremental onSet={(where) => onChange({ ...from, where })} />
      </div>
      <Field label={words.partitionColumn} hint={words.partitionColumnHint} optional>
        <Input
          value={from.partitionColumn ?? ''}
          onChange={(text) => onChange({ ...from, partitionColumn: text === '' ? null : text })}
          maxLength={1_024}
          spellCheck={false}
        />
      </Field>
      {from.partitionColumn === null ? null : (
        <Checkbox
          label={words.partitionColumnNullable}
          checked={from.partitionColumnNullable}
          onChange={(partitionColumnNullable) => onChange({ ...from, partitionColumnNullable })}
        />
      )}
    </>
  );
}

/** Makes the condition by which each run takes the rows of one period. */
function Incremental({ onSet }: { readonly onSet: (where: string) => void }) {
  const words = useEditWords();
  const [column, setColumn] = useState('');
  const [period, setPeriod] = useState<Period>('day');
  return (
    <details className="wizard-details">
      <summary>{words.incremental}</summary>
      <div>
        <p className="muted">{words.incrementalHint}</p>
        <div className="wizard-inline">
          <Field label={words.incrementalColumn}>
            <Input value={column} onChange={setColumn} maxLength={1_024} spellCheck={false} />
          </Field>
          <Field label={words.period}>
            <Select
              value={period}
              onChange={(next) => setPeriod(periods.find((known) => known === next) ?? 'day')}
              options={periods.map((one) => [one, words.periods[one]] as const)}
            />
          </Field>
          <Button
            label={words.setCondition}
            disabled={column.trim() === ''}
            onClick={() => onSet(rowsSince(column.trim(), period))}
          />
        </div>
      </div>
    </details>
  );
}
