import Plus from 'lucide-react/icons/plus';
import { useDeferredValue, useState } from 'react';
import type { SecretPage, SecretRow } from '../../../../src/dialects/native/views/secrets.ts';
import { useCursorList, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput } from '../../design/field.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { NamespaceSelect } from '../config-maps/namespace-select.tsx';
import { NewSecretDialog, SecretDialog } from './secret-dialog.tsx';
import { useSecretWords } from './words.ts';

export default function SecretsPage() {
  const words = useSecretWords();
  const format = useFormat();
  const { may } = useRights();
  const [namespace, setNamespace] = useSearchSetting('namespace');
  const [search, setSearch] = useSearchSetting('search');
  const [open, setOpen] = useSearchSetting('open');
  const [isMaking, setMaking] = useState(false);
  const list = useCursorList<SecretRow>('/secrets', {
    query: { namespace, search: useDeferredValue(search) },
  });
  const { data: known } = useRead<SecretPage>('/secrets', { query: { limit: 1 } });
  const columns: readonly Column<SecretRow>[] = [
    { id: 'name', title: words.name, main: true, cell: ({ name }) => name },
    {
      id: 'type',
      title: words.type,
      wideOnly: true,
      cell: ({ type }) => <code className="breaks">{type}</code>,
    },
    {
      id: 'used',
      title: words.usedBy,
      tight: true,
      cell: ({ usedBy }) =>
        usedBy.length === 0 ? (
          <span className="muted">{words.unused}</span>
        ) : (
          words.templates(format.number(usedBy.length))
        ),
    },
    {
      id: 'changed',
      title: words.changed,
      tight: true,
      end: true,
      cell: ({ updatedAtMs }) => <Time atMs={updatedAtMs} />,
    },
  ];
  return (
    <Page
      title={words.title}
      subtitle={words.subtitle}
      actions={
        may('CreateSecret') ? (
          <Button label={words.create} icon={Plus} kind="primary" onClick={() => setMaking(true)} />
        ) : undefined
      }
    >
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
        <NamespaceSelect value={namespace} onChange={setNamespace} label={words.namespace} />
      </Toolbar>
      <DataTable
        caption={words.title}
        columns={columns}
        list={list}
        rowKey={({ id }) => String(id)}
        {...(may('GetSecret') ? { onOpen: ({ id }: SecretRow) => setOpen(String(id)) } : {})}
        empty={
          <EmptyState
            title={search === '' ? words.emptyTitle : words.noMatch}
            hint={search === '' ? words.emptyHint : undefined}
          />
        }
      />
      {/^\d{1,15}$/.test(open) ? (
        <SecretDialog key={open} id={Number(open)} onClose={() => setOpen('')} />
      ) : null}
      {isMaking ? (
        <NewSecretDialog
          namespace={namespace}
          types={known?.types ?? ['Opaque']}
          onClose={() => setMaking(false)}
        />
      ) : null}
    </Page>
  );
}
