import Cable from 'lucide-react/icons/cable';
import Plus from 'lucide-react/icons/plus';
import type { LinkView } from '../../../../src/dialects/native/views/link.ts';
import { useRights } from '../../api/session.ts';
import { LinkButton } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput, Select } from '../../design/field.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { destinationOf } from './destination.ts';
import { linkHref, newLinkHref } from './paths.ts';
import { placeName, useLinkNamespaces, useLinksOf } from './use-links.ts';
import { kindName, useLinksWords } from './words.ts';

/** Links of one namespace at a time, with where each leads. */
export default function LinksPage() {
  const words = useLinksWords();
  const format = useFormat();
  const { may } = useRights();
  const { namespaces, region } = useLinkNamespaces();
  const [chosen, choose] = useSearchSetting('namespace');
  const [search, setSearch] = useSearchSetting('q');
  const namespace = chosen === '' ? region : chosen;
  const list = useLinksOf(namespace);
  const wanted = search.toLowerCase();
  const rows = list.rows.filter((link) =>
    [link.name, link.kind, destinationOf(link)].some((text) => text.toLowerCase().includes(wanted)),
  );
  const action = may('CreateLink') ? (
    <LinkButton label={words.create} icon={Plus} kind="primary" href={newLinkHref} />
  ) : null;
  const empty =
    list.rows.length === 0 ? (
      <EmptyState icon={Cable} title={words.noneTitle} hint={words.noneHint} action={action} />
    ) : (
      <EmptyState title={words.nothingFits} hint={words.nothingFitsHint} />
    );
  const columns = useLinkColumns();
  return (
    <Page title={words.title} subtitle={words.subtitle} actions={action}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
        <Select
          label={words.namespace}
          value={namespace}
          onChange={choose}
          options={namespaces.map(
            (row) =>
              [
                row.namespace,
                words.namespaceOption(placeName(row), format.number(row.links)),
              ] as const,
          )}
        />
      </Toolbar>
      <DataTable
        caption={words.title}
        columns={columns}
        list={{
          rows,
          isLoading: list.isLoading,
          error: list.error,
          refetch: () => void list.refetch(),
        }}
        rowKey={(link) => link.name}
        href={(link) => linkHref(link.namespace, link.name)}
        empty={empty}
        waits={list.isPlaceholderData}
      />
    </Page>
  );
}

function useLinkColumns(): readonly Column<LinkView>[] {
  const words = useLinksWords();
  return [
    { id: 'name', title: words.name, main: true, cell: (link) => link.name },
    {
      id: 'kind',
      title: words.kind,
      tight: true,
      cell: (link) => (link.kind === '' ? words.notInstalled : kindName(words.kinds, link.kind)),
    },
    {
      id: 'destination',
      title: words.destination,
      wideOnly: true,
      cell: (link) => <span className="mono breaks">{destinationOf(link)}</span>,
    },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: (link) => <StateBadge state={link.enabled ? 'enabled' : 'disabled'} />,
    },
    {
      id: 'dialect',
      title: words.madeBy,
      tight: true,
      wideOnly: true,
      cell: (link) => kindName(words.dialects, link.dialect),
    },
    {
      id: 'changed',
      title: words.changed,
      tight: true,
      wideOnly: true,
      cell: (link) => <Time atMs={link.updatedAtMs} />,
    },
  ];
}
