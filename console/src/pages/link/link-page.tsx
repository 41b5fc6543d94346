import Pencil from 'lucide-react/icons/pencil';
import Trash2 from 'lucide-react/icons/trash-2';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import type { LinkTestView, LinkView } from '../../../../src/dialects/native/views/link.ts';
import { api, path } from '../../api/client.ts';
import { useInvalidate, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button, LinkButton } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { Facts, Page, Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { toast } from '../../design/toast.tsx';
import { Time } from '../../design/values.tsx';
import { editLinkHref, linksHref } from '../links/paths.ts';
import { kindName, useLinksWords } from '../links/words.ts';
import { ConnectionTest } from './connection-test.tsx';
import { TableBrowser } from './table-browser.tsx';
import { useLinkWords } from './words.ts';
import './link.css';

/** Kinds whose tables can be listed. */
const withTables: ReadonlySet<string> = new Set(['postgres', 'mysql', 'sqlite', 'warehouse']);

/** One link: its settings without secrets, a test, and what it reaches. */
export default function LinkPage() {
  const { namespace = '', link: name = '' } = useParams<{ namespace: string; link: string }>();
  const words = useLinkWords();
  const listWords = useLinksWords();
  const { may } = useRights();
  const [removing, setRemoving] = useState(false);
  const found = useRead<LinkView>(path`/links/${namespace}/${name}`);
  const link = found.data;
  const back = { href: linksHref, label: words.backToLinks };
  if (link === undefined) {
    return (
      <Page title={name} back={back}>
        {found.error === null ? (
          <Skeleton />
        ) : (
          <ProblemBox error={found.error} retry={() => void found.refetch()} />
        )}
      </Page>
    );
  }
  const isOurs = link.dialect === 'native';
  return (
    <Page
      title={link.name}
      back={back}
      badge={<StateBadge state={link.enabled ? 'enabled' : 'disabled'} />}
      subtitle={`${kindName(listWords.kinds, link.kind)} · ${link.namespace}`}
      actions={
        isOurs ? (
          <>
            {may('UpdateLink') ? (
              <LinkButton label={words.edit} icon={Pencil} href={editLinkHref(namespace, name)} />
            ) : null}
            {may('DeleteLink') ? (
              <Button
                label={words.remove}
                icon={Trash2}
                kind="danger"
                onClick={() => setRemoving(true)}
              />
            ) : null}
          </>
        ) : undefined
      }
    >
      <Section title={words.settings}>
        {isOurs ? null : <p className="muted">{words.madeByCdm}</p>}
        <div className="link-settings">
          <Settings link={link} />
        </div>
        {may('TestLink') ? (
          <ConnectionTest
            act={() => api.post<LinkTestView>(path`/links/${namespace}/${name}/test`)}
          />
        ) : null}
      </Section>
      {may('ListLinkTables') ? (
        <Section title={words.browser}>
          {withTables.has(link.kind) ? (
            <TableBrowser namespace={namespace} link={name} />
          ) : (
            <p className="muted">{words.noFiles}</p>
          )}
        </Section>
      ) : null}
      {removing ? <RemoveDialog link={link} onClose={() => setRemoving(false)} /> : null}
    </Page>
  );
}

function Settings({ link }: { readonly link: LinkView }) {
  const words = useLinkWords();
  const shown = Object.entries(link.options).flatMap(([member, value]) =>
    member === 'kind' ? [] : isGroup(value) ? Object.entries(value) : [[member, value] as const],
  );
  const rows = shown.map(([member, value]) => {
    const label = words.fields[member as keyof typeof words.fields] ?? member;
    return [
      label,
      <span key={member} className="mono breaks">
        {textOf(member, value, words)}
      </span>,
    ] as const;
  });
  const secrets = link.secrets.map(
    (member) => words.fields[member as keyof typeof words.fields] ?? member,
  );
  return (
    <Facts
      rows={[
        ...rows,
        [words.secrets, secrets.length === 0 ? words.noSecrets : secrets.join(', ')],
        [
          words.created,
          <>
            <Time atMs={link.createdAtMs} /> {words.by(link.createdBy)}
          </>,
        ],
        [
          words.changed,
          <>
            <Time atMs={link.updatedAtMs} /> {words.by(link.updatedBy)}
          </>,
        ],
      ]}
    />
  );
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(member: string, value: unknown, words: ReturnType<typeof useLinkWords>): string {
  if (member === 'identifierQuote') {
    if (value === null) return words.choices.usual;
    return value === '' ? words.choices.none : String(value);
  }
  if (member === 'tls' && typeof value === 'string') {
    return words.choices[value as keyof typeof words.choices] ?? value;
  }
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (value === null || value === undefined || value === '') return words.none;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function RemoveDialog({
  link,
  onClose,
}: {
  readonly link: LinkView;
  readonly onClose: () => void;
}) {
  const words = useLinkWords();
  const invalidate = useInvalidate();
  const [, navigate] = useLocation();
  return (
    <ConfirmDialog
      title={words.removeTitle(link.name)}
      confirm={words.remove}
      danger
      onClose={onClose}
      act={async () => {
        await api.delete(path`/links/${link.namespace}/${link.name}`);
        toast(words.removed(link.name));
        navigate(linksHref);
        await invalidate('/links', '/link-namespaces');
      }}
    >
      <p>{words.removeText}</p>
    </ConfirmDialog>
  );
}
