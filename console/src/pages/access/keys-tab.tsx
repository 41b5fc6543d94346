import EllipsisVertical from 'lucide-react/icons/ellipsis-vertical';
import Plus from 'lucide-react/icons/plus';
import { useState } from 'react';
import type { KeyView, NewKeyView } from '../../../../src/dialects/native/views/access.ts';
import { api, path } from '../../api/client.ts';
import { useAction, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput } from '../../design/field.tsx';
import { Menu, type MenuItem } from '../../design/menu.tsx';
import { Toolbar, ToolbarSpace } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Badge, StateBadge } from '../../design/state-badge.tsx';
import { toast } from '../../design/toast.tsx';
import { Time, useNow } from '../../design/values.tsx';
import { MadeKeyDialog, NewKeyDialog } from './key-dialogs.tsx';
import { holds, tableOf } from './lists.ts';
import { useAccessWords } from './words.ts';

/** Access keys. */
export function KeysTab() {
  const words = useAccessWords();
  const { may } = useRights();
  const nowMs = useNow();
  const [search, setSearch] = useSearchSetting('search');
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<NewKeyView | null>(null);
  const [doomed, setDoomed] = useState<string | null>(null);
  const read = useRead<{ readonly rows: readonly KeyView[] }>('/keys');
  const list = tableOf(read, ({ id, user }) => holds(search, id, user));
  const change = useAction(
    ({ id, verb }: { readonly id: string; readonly verb: 'enable' | 'disable' }) =>
      api.post(path`/keys/${id}/${verb}`),
    ['/keys'],
    (_, { id, verb }) =>
      toast(verb === 'enable' ? words.keys.enabled(id) : words.keys.disabled(id)),
  );
  const itemsOf = ({ id, enabled }: KeyView): readonly MenuItem[] => [
    ...(enabled && may('DisableKey')
      ? [
          {
            id: 'disable',
            label: words.keys.disable,
            act: () => change.mutate({ id, verb: 'disable' }),
          },
        ]
      : []),
    ...(!enabled && may('EnableKey')
      ? [
          {
            id: 'enable',
            label: words.keys.enable,
            act: () => change.mutate({ id, verb: 'enable' }),
          },
        ]
      : []),
    ...(may('DeleteKey')
      ? [{ id: 'remove', label: words.remove, danger: true, act: () => setDoomed(id) }]
      : []),
  ];
  const columns: readonly Column<KeyView>[] = [
    {
      id: 'id',
      title: words.keys.id,
      main: true,
      cell: ({ id }) => <span className="mono breaks">{id}</span>,
    },
    { id: 'user', title: words.user, cell: ({ user }) => <span className="breaks">{user}</span> },
    {
      id: 'state',
      title: words.keys.state,
      tight: true,
      cell: ({ enabled, expiresAtMs }) =>
        expiresAtMs !== null && expiresAtMs <= nowMs ? (
          <Badge>{words.keys.expired}</Badge>
        ) : (
          <StateBadge state={enabled ? 'enabled' : 'disabled'} />
        ),
    },
    {
      id: 'expires',
      title: words.keys.expires,
      tight: true,
      wideOnly: true,
      cell: ({ expiresAtMs }) =>
        expiresAtMs === null ? (
          <span className="muted">{words.keys.never}</span>
        ) : (
          <Time atMs={expiresAtMs} />
        ),
    },
    {
      id: 'created',
      title: words.created,
      tight: true,
      end: true,
      wideOnly: true,
      cell: ({ createdAtMs }) => <Time atMs={createdAtMs} />,
    },
    {
      id: 'actions',
      title: '',
      tight: true,
      end: true,
      cell: (key) => {
        const items = itemsOf(key);
        return items.length === 0 ? null : (
          <Menu
            label={words.actions(key.id)}
            icon={EllipsisVertical}
            iconOnly
            kind="ghost"
            items={items}
          />
        );
      },
    },
  ];
  return (
    <>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.keys.search} />
        <ToolbarSpace />
        {may('CreateKey') ? (
          <Button
            label={words.keys.create}
            icon={Plus}
            kind="primary"
            onClick={() => setMaking(true)}
          />
        ) : null}
      </Toolbar>
      <ProblemBox error={change.error} />
      <DataTable
        caption={words.tab.keys}
        columns={columns}
        list={list}
        rowKey={({ id }) => id}
        empty={<EmptyState title={search === '' ? words.keys.emptyTitle : words.keys.noMatch} />}
      />
      {isMaking ? (
        <NewKeyDialog
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
          }}
        />
      ) : null}
      {made === null ? null : <MadeKeyDialog made={made} onClose={() => setMade(null)} />}
      {doomed === null ? null : <DeleteKeyDialog id={doomed} onClose={() => setDoomed(null)} />}
    </>
  );
}

function DeleteKeyDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const words = useAccessWords();
  const remove = useAction(
    () => api.delete(path`/keys/${id}`),
    ['/keys'],
    () => toast(words.keys.removed(id)),
  );
  return (
    <ConfirmDialog
      title={words.keys.removeTitle(id)}
      confirm={words.remove}
      danger
      act={() => remove.mutateAsync()}
      onClose={onClose}
    >
      <p>{words.keys.removeHint}</p>
    </ConfirmDialog>
  );
}
