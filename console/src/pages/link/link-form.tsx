import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { LinkTestView, LinkView } from '../../../../src/dialects/native/views/link.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button, LinkButton } from '../../design/button.tsx';
import { Checkbox, Field, Input, Select } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { toast } from '../../design/toast.tsx';
import { linkHref, linksHref } from '../links/paths.ts';
import { withNamespace } from '../links/use-links.ts';
import { kindName, useLinksWords } from '../links/words.ts';
import { ConnectionTest } from './connection-test.tsx';
import {
  fieldsOf,
  type FieldName,
  type FieldValue,
  type FormKind,
  formKinds,
  optionsOf,
  valuesOf,
} from './fields.ts';
import { LinkFields } from './link-fields.tsx';
import { useLinkWords } from './words.ts';
import './link.css';

function storeOf(link: LinkView | null): 'local' | 's3' {
  const files = link?.options['files'];
  const isS3 =
    typeof files === 'object' && files !== null && 'kind' in files && files.kind === 's3';
  return isS3 ? 's3' : 'local';
}

/** Makes a link, or changes one; its options can be tried before they are stored. */
export function LinkForm({
  link,
  namespaces,
  kinds,
  region,
}: {
  /** Null = a new one. */
  readonly link: LinkView | null;
  readonly namespaces: readonly (readonly [namespace: string, name: string])[];
  /** Kinds that work on this server. */
  readonly kinds: readonly string[];
  readonly region: string;
}) {
  const words = useLinkWords();
  const { kinds: kindWords } = useLinksWords();
  const { may } = useRights();
  const [, navigate] = useLocation();
  const offered = formKinds.filter((kind) => kinds.includes(kind) || kind === link?.kind);
  const [kind, setKind] = useState<FormKind>(
    formKinds.find((known) => known === link?.kind) ?? offered[0] ?? 'postgres',
  );
  const [store, setStore] = useState(() => storeOf(link));
  const [name, setName] = useState(link?.name ?? '');
  const [namespace, setNamespace] = useState(link?.namespace ?? region);
  const [enabled, setEnabled] = useState(link?.enabled ?? true);
  const [values, setValues] = useState<Partial<Record<FieldName, FieldValue>>>(() =>
    link === null ? {} : valuesOf(link.options),
  );
  const fields = fieldsOf(kind, store);
  const first = fields.filter(({ more = false }) => !more);
  const rest = fields.filter(({ more = false }) => more);
  // A secret of another kind of link is none of this one's.
  const kept = link?.kind === kind && storeOf(link) === store ? link.secrets : [];
  const options = (): Record<string, unknown> => optionsOf(kind, store, values);
  const set = (field: FieldName, value: FieldValue): void =>
    setValues({ ...values, [field]: value });

  const save = useAction<LinkView>(
    () =>
      link === null
        ? api.post('/links', { name, namespace, enabled, options: options() })
        : api.put(path`/links/${link.namespace}/${link.name}`, { enabled, options: options() }),
    ['/links', '/link-namespaces'],
    (made) => {
      toast(words.saved(made.name));
      navigate(linkHref(made.namespace, made.name));
    },
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  const fieldsProps = { values, kept, isNew: link === null, onChange: set };
  return (
    <form className="link-form" onSubmit={submit}>
      <Section title={words.settings}>
        <div className="link-fields">
          <Field label={words.name} hint={words.nameHint}>
            <Input
              value={name}
              onChange={setName}
              required
              disabled={link !== null}
              maxLength={128}
              pattern="[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}"
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
          <Field label={words.namespace}>
            <Select
              value={namespace}
              onChange={setNamespace}
              disabled={link !== null}
              options={withNamespace(namespaces, namespace)}
            />
          </Field>
          <Field label={words.kind}>
            <Select
              value={kind}
              onChange={(next) => setKind(next as FormKind)}
              options={offered.map((one) => [one, kindName(kindWords, one)] as const)}
            />
          </Field>
          {kind === 'warehouse' ? (
            <Field label={words.store}>
              <Select
                value={store}
                onChange={(next) => setStore(next as 'local' | 's3')}
                options={[
                  ['local', words.stores.local],
                  ['s3', words.stores.s3],
                ]}
              />
            </Field>
          ) : null}
          <div className="wide">
            <Checkbox label={words.enabled} checked={enabled} onChange={setEnabled} />
          </div>
        </div>
      </Section>
      {fields.length === 0 ? null : (
        <Section title={words.connection}>
          <LinkFields key={`${kind} ${store}`} fields={first} {...fieldsProps} />
          {rest.length === 0 ? null : (
            <details className="link-more">
              <summary>{words.moreFields}</summary>
              <LinkFields fields={rest} {...fieldsProps} />
            </details>
          )}
        </Section>
      )}
      {may('TryLink') ? (
        <ConnectionTest
          act={() =>
            api.post<LinkTestView>('/link-trials', {
              options: options(),
              ...(link === null ? {} : { namespace: link.namespace, link: link.name }),
            })
          }
        />
      ) : null}
      <ProblemBox error={save.error} />
      <div className="link-buttons">
        <Button label={words.save} type="submit" kind="primary" busy={save.isPending} />
        <LinkButton
          label={words.cancel}
          href={link === null ? linksHref : linkHref(link.namespace, link.name)}
        />
      </div>
    </form>
  );
}
