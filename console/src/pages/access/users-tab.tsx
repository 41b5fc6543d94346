import EllipsisVertical from 'lucide-react/icons/ellipsis-vertical';
import Plus from 'lucide-react/icons/plus';
import { useState } from 'react';
import type { UserView } from '../../../../src/dialects/native/views/access.ts';
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
import { Badge } from '../../design/state-badge.tsx';
import { toast } from '../../design/toast.tsx';
import { Time } from '../../design/values.tsx';
import { holds, tableOf } from './lists.ts';
import { PasswordDialog, UserDialog } from './user-dialogs.tsx';
import { useAccessWords } from './words.ts';

type Asked =
  | { readonly what: 'new' }
  | { readonly what: 'rights' | 'password' | 'remove'; readonly user: UserView };

/** Users with their policies. */
export function UsersTab() {
  const words = useAccessWords();
  const { may } = useRights();
  const [search, setSearch] = useSearchSetting('search');
  const [asked, setAsked] = useState<Asked | null>(null);
  const read = useRead<{ readonly rows: readonly UserView[] }>('/users');
  const list = tableOf(read, ({ name, policies }) => holds(search, name, ...policies));
  const dropPassword = useAction(
    (name: string) => api.delete(path`/users/${name}/password`),
    ['/users'],
    (_, name) => toast(words.users.passwordGone(name)),
  );
  const itemsOf = (user: UserView): readonly MenuItem[] => [
    ...(may('PutUser') && !user.root
      ? [
          {
            id: 'rights',
            label: words.users.changeRights,
            act: () => setAsked({ what: 'rights', user }),
          },
        ]
      : []),
    ...(may('SetUserPassword')
      ? [
          {
            id: 'password',
            label: words.users.password,
            act: () => setAsked({ what: 'password', user }),
          },
        ]
      : []),
    ...(may('DeleteUserPassword')
      ? [
          {
            id: 'no-password',
            label: words.users.dropPassword,
            act: () => dropPassword.mutate(user.name),
          },
        ]
      : []),
    ...(may('DeleteUser')
      ? [
          {
            id: 'remove',
            label: words.remove,
            danger: true,
            act: () => setAsked({ what: 'remove', user }),
          },
        ]
      : []),
  ];
  const columns: readonly Column<UserView>[] = [
    {
      id: 'name',
      title: words.users.name,
      main: true,
      cell: ({ name }) => <strong className="breaks">{name}</strong>,
    },
    {
      id: 'rights',
      title: words.users.rights,
      cell: ({ root, policies }) => (
        <span className="access-list">
          {root ? <Badge tone="warn">{words.root}</Badge> : null}
          {policies.map((policy) => (
            <Badge key={policy}>{policy}</Badge>
          ))}
          {!root && policies.length === 0 ? <span className="muted">{words.none}</span> : null}
        </span>
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
      cell: (user) => {
        const items = itemsOf(user);
        return items.length === 0 ? null : (
          <Menu
            label={words.actions(user.name)}
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
        <SearchInput value={search} onChange={setSearch} label={words.users.search} />
        <ToolbarSpace />
        {may('PutUser') ? (
          <Button
            label={words.users.create}
            icon={Plus}
            kind="primary"
            onClick={() => setAsked({ what: 'new' })}
          />
        ) : null}
      </Toolbar>
      <ProblemBox error={dropPassword.error} />
      <DataTable
        caption={words.tab.users}
        columns={columns}
        list={list}
        rowKey={({ name }) => name}
        empty={<EmptyState title={search === '' ? words.users.emptyTitle : words.users.noMatch} />}
      />
      <Asking asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}

function Asking({
  asked,
  onClose,
}: {
  readonly asked: Asked | null;
  readonly onClose: () => void;
}) {
  if (asked === null) return null;
  switch (asked.what) {
    case 'new':
      return <UserDialog user={null} onClose={onClose} />;
    case 'rights':
      return <UserDialog user={asked.user} onClose={onClose} />;
    case 'password':
      return <PasswordDialog user={asked.user.name} onClose={onClose} />;
    case 'remove':
      return <DeleteUserDialog name={asked.user.name} onClose={onClose} />;
  }
}

function DeleteUserDialog({
  name,
  onClose,
}: {
  readonly name: string;
  readonly onClose: () => void;
}) {
  const words = useAccessWords();
  const remove = useAction(
    () => api.delete(path`/users/${name}`),
    ['/users', '/keys'],
    () => toast(words.users.removed(name)),
  );
  return (
    <ConfirmDialog
      title={words.users.removeTitle(name)}
      confirm={words.remove}
      danger
      typed={name}
      act={() => remove.mutateAsync()}
      onClose={onClose}
    >
      <p>{words.users.removeHint}</p>
    </ConfirmDialog>
  );
}
