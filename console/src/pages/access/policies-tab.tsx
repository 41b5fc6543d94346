import Plus from 'lucide-react/icons/plus';
import { useState } from 'react';
import type { PolicyView } from '../../../../src/dialects/native/views/access.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput } from '../../design/field.tsx';
import { Toolbar, ToolbarSpace } from '../../design/page.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Badge } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';
import { holds, tableOf, useUsers } from './lists.ts';
import { PolicyDialog } from './policy-dialog.tsx';
import { useAccessWords } from './words.ts';

/** Named policy documents. */
export function PoliciesTab() {
  const words = useAccessWords();
  const format = useFormat();
  const { may } = useRights();
  const users = useUsers();
  const [search, setSearch] = useSearchSetting('search');
  const [open, setOpen] = useSearchSetting('policy');
  const [isMaking, setMaking] = useState(false);
  const read = useRead<{ readonly rows: readonly PolicyView[] }>('/policies');
  const list = tableOf(read, ({ name }) => holds(search, name));
  const opened = read.data?.rows.find(({ name }) => name === open);
  const columns: readonly Column<PolicyView>[] = [
    { id: 'name', title: words.policy.name, main: true, cell: ({ name }) => name },
    {
      id: 'kind',
      title: words.policy.kind,
      tight: true,
      cell: ({ builtIn }) => <Badge>{builtIn ? words.policy.builtIn : words.policy.own}</Badge>,
    },
    {
      id: 'statements',
      title: words.policy.statements,
      tight: true,
      end: true,
      wideOnly: true,
      cell: ({ document }) => format.number(statementsOf(document)),
    },
    {
      id: 'users',
      title: words.policy.users,
      tight: true,
      end: true,
      cell: ({ name }) =>
        format.number(users.filter(({ policies }) => policies.includes(name)).length),
    },
  ];
  return (
    <>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.policy.search} />
        <ToolbarSpace />
        {may('PutPolicy') ? (
          <Button
            label={words.policy.create}
            icon={Plus}
            kind="primary"
            onClick={() => setMaking(true)}
          />
        ) : null}
      </Toolbar>
      <DataTable
        caption={words.tab.policies}
        columns={columns}
        list={list}
        rowKey={({ name }) => name}
        onOpen={({ name }) => setOpen(name)}
        empty={
          <EmptyState title={search === '' ? words.policy.emptyTitle : words.policy.noMatch} />
        }
      />
      {isMaking ? <PolicyDialog policy={null} onClose={() => setMaking(false)} /> : null}
      {opened === undefined ? null : (
        <PolicyDialog key={opened.name} policy={opened} onClose={() => setOpen('')} />
      )}
    </>
  );
}

function statementsOf(document: unknown): number {
  const { Statement } = (document ?? {}) as { readonly Statement?: unknown };
  return Array.isArray(Statement) ? Statement.length : 1;
}
