import { Checkbox, Field, Input, Select } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { FormatFields, LinkField, TableFields } from './end-fields.tsx';
import { newTarget, type Target, targetKinds } from './ends.ts';
import { definer, type StepProps } from './step.ts';
import { useEditWords } from './words.ts';

/** To where: a link, what of it, and what becomes of what is there. */
export function TargetStep(props: StepProps) {
  const words = useEditWords();
  const { draft, links } = props;
  const { to } = draft.definition;
  const define = definer(props);
  const kindOf = (name: string): string => links.find((one) => one.name === name)?.kind ?? '';
  const kinds = targetKinds(kindOf(to.link));
  const chooseLink = (link: string): void => {
    const offered = targetKinds(kindOf(link));
    const [first = 'table'] = offered;
    define({ to: offered.includes(to.kind) ? { ...to, link } : newTarget(first, link) });
  };
  return (
    <Section title={words.steps.target}>
      <div className="wizard-fields">
        <LinkField links={links} value={to.link} onChange={chooseLink} />
        <Field label={words.targetKind}>
          <Select
            value={to.kind}
            onChange={(kind) => define({ to: newTarget(kind as Target['kind'], to.link) })}
            options={kinds.map((kind) => [kind, words.targetKinds[kind]] as const)}
          />
        </Field>
        <TargetFields
          to={to}
          namespace={draft.namespace}
          onChange={(next) => define({ to: next })}
        />
      </div>
    </Section>
  );
}

interface TargetProps<T extends Target> {
  readonly to: T;
  readonly namespace: string;
  readonly onChange: (to: Target) => void;
}

function TargetFields({ to, ...rest }: TargetProps<Target>) {
  switch (to.kind) {
    case 'table':
      return <TableTargetFields to={to} {...rest} />;
    case 'files':
      return <FileTargetFields to={to} {...rest} />;
    case 'warehouse':
      return <WarehouseTargetFields to={to} {...rest} />;
  }
}

const preparations = ['none', 'create', 'recreate'] as const;

function TableTargetFields({
  to,
  namespace,
  onChange,
}: TargetProps<Extract<Target, { kind: 'table' }>>) {
  const words = useEditWords();
  const { clear } = to;
  return (
    <>
      <TableFields
        namespace={namespace}
        link={to.link}
        schema={to.schema}
        table={to.table}
        hint={words.targetTableHint}
        onChange={(part) => onChange({ ...to, ...part })}
      />
      <Field label={words.preparation}>
        <Select
          value={to.preparation}
          onChange={(next) => onChange({ ...to, preparation: next as typeof to.preparation })}
          options={preparations.map((one) => [one, words.preparations[one]] as const)}
        />
      </Field>
      <Field label={words.conflict}>
        <Select
          value={to.conflict}
          onChange={(next) => onChange({ ...to, conflict: next as typeof to.conflict })}
          options={(['insert', 'replace', 'update'] as const).map(
            (one) => [one, words.conflicts[one]] as const,
          )}
        />
      </Field>
      <Field label={words.clear}>
        <Select
          value={clear.kind}
          onChange={(kind) =>
            onChange({
              ...to,
              clear:
                kind === 'where' ? { kind, where: '' } : { kind: kind === 'all' ? 'all' : 'none' },
            })
          }
          options={(['none', 'all', 'where'] as const).map(
            (one) => [one, words.clears[one]] as const,
          )}
        />
      </Field>
      {clear.kind === 'where' ? (
        <Field label={words.clearWhere}>
          <Input
            value={clear.where}
            onChange={(where) => onChange({ ...to, clear: { kind: 'where', where } })}
            required
            mono
            spellCheck={false}
          />
        </Field>
      ) : null}
      <div className="wide">
        <Checkbox
          label={words.stage}
          checked={to.stage}
          onChange={(stage) => onChange({ ...to, stage })}
        />
      </div>
    </>
  );
}

function FileTargetFields({ to, onChange }: TargetProps<Extract<Target, { kind: 'files' }>>) {
  const words = useEditWords();
  const compressions = ['none', 'gzip', 'deflate', 'bzip2', 'lz4', 'snappy'] as const;
  return (
    <>
      <Field label={words.bucket} optional>
        <Input
          value={to.bucket}
          onChange={(bucket) => onChange({ ...to, bucket })}
          maxLength={256}
          spellCheck={false}
        />
      </Field>
      <Field label={words.directory} hint={words.directoryHint}>
        <Input
          value={to.directory}
          onChange={(directory) => onChange({ ...to, directory })}
          maxLength={4_096}
          mono
          spellCheck={false}
        />
      </Field>
      <FormatFields format={to.format} writes onChange={(format) => onChange({ ...to, format })} />
      <Field label={words.compression}>
        <Select
          value={to.compression}
          onChange={(next) => onChange({ ...to, compression: next as typeof to.compression })}
          options={compressions.map(
            (one) => [one, one === 'none' ? words.compressionNone : one] as const,
          )}
        />
      </Field>
      <Field label={words.duplicates}>
        <Select
          value={to.duplicates}
          onChange={(next) => onChange({ ...to, duplicates: next as typeof to.duplicates })}
          options={(['replace', 'skip', 'abort'] as const).map(
            (one) => [one, words.duplicatesChoices[one]] as const,
          )}
        />
      </Field>
      <Checkbox
        label={words.clearFolder}
        checked={to.clear}
        onChange={(clear) => onChange({ ...to, clear })}
      />
    </>
  );
}

function WarehouseTargetFields({
  to,
  onChange,
}: TargetProps<Extract<Target, { kind: 'warehouse' }>>) {
  const words = useEditWords();
  return (
    <>
      <Field label={words.database}>
        <Input
          value={to.database}
          onChange={(database) => onChange({ ...to, database })}
          required
          spellCheck={false}
        />
      </Field>
      <Field label={words.table}>
        <Input
          value={to.table}
          onChange={(table) => onChange({ ...to, table })}
          required
          spellCheck={false}
        />
      </Field>
      <Field label={words.storage}>
        <Select
          value={to.storage}
          onChange={(next) => onChange({ ...to, storage: next as typeof to.storage })}
          options={(['parquet', 'text'] as const).map((one) => [one, words.storages[one]] as const)}
        />
      </Field>
      <Field label={words.preparation}>
        <Select
          value={to.preparation}
          onChange={(next) => onChange({ ...to, preparation: next as typeof to.preparation })}
          options={preparations.map((one) => [one, words.preparations[one]] as const)}
        />
      </Field>
      <Field label={words.clear}>
        <Select
          value={to.clear}
          onChange={(next) => onChange({ ...to, clear: next as typeof to.clear })}
          options={(['none', 'truncate', 'overwrite'] as const).map(
            (one) => [one, words.warehouseClears[one]] as const,
          )}
        />
      </Field>
    </>
  );
}
