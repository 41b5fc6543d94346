import type { TableList } from '../../../../src/dialects/native/views/link.ts';
import type { LinkView } from '../../../../src/dialects/native/views/link.ts';
import { useId } from 'react';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { LinkButton } from '../../design/button.tsx';
import { Checkbox, Field, Input, Select } from '../../design/field.tsx';
import { newLinkHref } from '../links/paths.ts';
import { kindName, useLinksWords } from '../links/words.ts';
import { type FileFormat, newFormat } from './ends.ts';
import { numberOrNull } from './step.ts';
import { useEditWords } from './words.ts';

/** Tables that are offered while a name is typed. */
const offeredTables = 500;

/** Chooses one of the links. */
export function LinkField({
  links,
  value,
  onChange,
}: {
  readonly links: readonly LinkView[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}) {
  const words = useEditWords();
  const { kinds } = useLinksWords();
  const { may } = useRights();
  if (links.length === 0) {
    return (
      <div className="wizard-inline">
        <span>{words.noLinks}</span>
        {may('CreateLink') ? <LinkButton label={words.newLink} href={newLinkHref} /> : null}
      </div>
    );
  }
  // A link that is gone is still the one that is named.
  const known = links.some(({ name }) => name === value) || value === '';
  return (
    <Field label={words.link}>
      <Select
        value={value}
        onChange={onChange}
        required
        options={[
          ['', words.chooseLink],
          ...(known ? [] : [[value, value] as const]),
          ...links.map(
            (link) => [link.name, words.linkOption(link.name, kindName(kinds, link.kind))] as const,
          ),
        ]}
      />
    </Field>
  );
}

/** Schema and table of a database link; names of tables are offered. */
export function TableFields({
  namespace,
  link,
  schema,
  table,
  hint,
  onChange,
}: {
  readonly namespace: string;
  readonly link: string;
  readonly schema: string;
  readonly table: string;
  readonly hint: string;
  readonly onChange: (part: { readonly schema?: string; readonly table?: string }) => void;
}) {
  const words = useEditWords();
  const { may } = useRights();
  const listId = useId();
  const tables = useRead<TableList>(path`/links/${namespace}/${link}/tables`, {
    query: { schema, limit: offeredTables },
    enabled: link !== '' && may('ListLinkTables'),
  });
  return (
    <>
      <Field label={words.schema} hint={words.schemaHint} optional>
        <Input
          value={schema}
          onChange={(next) => onChange({ schema: next })}
          maxLength={1_024}
          spellCheck={false}
        />
      </Field>
      <Field label={words.table} hint={hint}>
        <Input
          value={table}
          onChange={(next) => onChange({ table: next })}
          list={listId}
          maxLength={65_536}
          autoComplete="off"
          spellCheck={false}
        />
      </Field>
      <datalist id={listId}>
        {(tables.data?.rows ?? []).map(({ schema: within, name }) => (
          <option key={`${within}.${name}`} value={name} />
        ))}
      </datalist>
    </>
  );
}

/** How files are laid out. */
export function FormatFields({
  format,
  writes,
  onChange,
}: {
  readonly format: FileFormat;
  readonly writes: boolean;
  readonly onChange: (format: FileFormat) => void;
}) {
  const words = useEditWords();
  const kinds = ['csv', 'json', 'parquet', 'binary'] as const;
  return (
    <>
      <Field label={words.format}>
        <Select
          value={format.kind}
          onChange={(next) => onChange(newFormat(next as FileFormat['kind']))}
          options={kinds.map((kind) => [kind, words.formats[kind]] as const)}
        />
      </Field>
      {format.kind === 'csv' ? (
        <>
          <Field label={words.separator}>
            <Input
              value={format.fieldSeparator}
              onChange={(fieldSeparator) => onChange({ ...format, fieldSeparator })}
              maxLength={16}
              required
              mono
            />
          </Field>
          {writes ? (
            <Checkbox
              label={words.headerWrite}
              checked={format.headerLines > 0}
              onChange={(on) => onChange({ ...format, headerLines: on ? 1 : 0 })}
            />
          ) : (
            <Field label={words.header}>
              <Input
                type="number"
                min={0}
                max={1_000}
                value={String(format.headerLines)}
                onChange={(next) => onChange({ ...format, headerLines: numberOrNull(next) ?? 0 })}
              />
            </Field>
          )}
          <Checkbox
            label={words.quoted}
            checked={format.quoted}
            onChange={(quoted) => onChange({ ...format, quoted })}
          />
        </>
      ) : null}
      {'encoding' in format ? (
        <Field label={words.encoding}>
          <Input
            value={format.encoding}
            onChange={(encoding) => onChange({ ...format, encoding })}
            maxLength={40}
            required
            spellCheck={false}
          />
        </Field>
      ) : null}
    </>
  );
}
