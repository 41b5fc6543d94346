import { useDeferredValue } from 'react';
import { Link } from 'wouter';
import type { NamespaceView } from '../../../../src/dialects/native/views/namespaces.ts';
import { type QueryValues } from '../../api/client.ts';
import { useCursorList } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { DialectBadge, dialectNames } from '../../design/dialect-badge.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput, Select } from '../../design/field.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';
import './namespaces.css';

const useWords = defineWords({ en, zh });

export default function NamespacesPage() {
  const words = useWords();
  const { may } = useRights();
  const [search, setSearch] = useSearchSetting('search');
  const [dialect, setDialect] = useSearchSetting('dialect');
  const list = useCursorList<NamespaceView>('/namespaces', {
    query: { search: useDeferredValue(search), dialect },
  });
  const count = (title: string, id: string, right: string, of: CountOf): Column<NamespaceView> => ({
    id,
    title,
    end: true,
    tight: true,
    wideOnly: id !== 'templates',
    cell: (row) => <Count value={of(row).value} href={may(right) ? of(row).href : null} />,
  });
  // A child is on the page of its parent, or that page is one before.
  const nameOf = (id: string): string => {
    const found = list.rows.find((row) => row.parent === null && row.id === id)?.name ?? '';
    return found === '' ? id : found;
  };
  const columns: readonly Column<NamespaceView>[] = [
    {
      id: 'name',
      title: words.name,
      main: true,
      cell: ({ name, id, parent }) => (
        <span className={parent === null ? 'breaks' : 'namespaces-child breaks'}>
          {name === '' ? id : name}
          {parent === null ? null : (
            <span className="namespaces-parent">{words.inside(nameOf(parent))}</span>
          )}
        </span>
      ),
    },
    {
      id: 'id',
      title: words.id,
      wideOnly: true,
      cell: ({ id }) => <span className="mono breaks">{id}</span>,
    },
    {
      id: 'dialect',
      title: words.dialect,
      tight: true,
      cell: (row) => <DialectBadge dialect={row.dialect} />,
    },
    {
      id: 'kind',
      title: words.kind,
      tight: true,
      wideOnly: true,
      cell: ({ kind }) => words.kinds[kind],
    },
    count(words.templates, 'templates', 'ListTemplates', (row) => ({
      value: row.templates,
      href: addressWith('/console/templates', {
        dialect: row.dialect,
        namespace: row.templateNamespace,
      }),
    })),
    count(words.configMaps, 'config-maps', 'ListConfigMaps', ({ configMaps, id }) => ({
      value: configMaps,
      href: addressWith('/console/config-maps', { namespace: id }),
    })),
    count(words.secrets, 'secrets', 'ListSecrets', ({ secrets, id }) => ({
      value: secrets,
      href: addressWith('/console/secrets', { namespace: id }),
    })),
    {
      id: 'created',
      title: words.created,
      tight: true,
      end: true,
      wideOnly: true,
      cell: (row) => <Time atMs={row.createdAtMs} />,
    },
  ];
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
        <Select
          label={words.dialect}
          value={dialect}
          onChange={setDialect}
          options={[['', words.allDialects], ...Object.entries(dialectNames)]}
        />
      </Toolbar>
      <DataTable
        caption={words.title}
        columns={columns}
        list={list}
        rowKey={(row) => `${row.dialect} ${row.parent ?? ''} ${row.id}`}
        empty={<EmptyState title={words.empty} />}
      />
    </Page>
  );
}

type CountOf = (row: NamespaceView) => { readonly value: number | null; readonly href: string };

/** A page of ours with its filters set. */
function addressWith(page: string, query: QueryValues): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'string' && value !== '') search.set(name, value);
  }
  return `${page}?${search.toString()}`;
}

function Count({ value, href }: { readonly value: number | null; readonly href: string | null }) {
  const format = useFormat();
  if (value === null) return <span className="muted">–</span>;
  if (href === null || value === 0) return format.number(value);
  return <Link href={href}>{format.number(value)}</Link>;
}
