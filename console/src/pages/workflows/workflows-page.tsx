import { useDeferredValue, useEffect, useEffectEvent } from 'react';
import type { WorkflowRow } from '../../../../src/dialects/native/views/workflows.ts';
import { path } from '../../api/client.ts';
import { useCursorList } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput } from '../../design/field.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

const useWords = defineWords({ en, zh });
const refreshMs = 5_000;

export default function WorkflowsPage() {
  const words = useWords();
  const format = useFormat();
  const [search, setSearch] = useSearchSetting('search');
  const list = useCursorList<WorkflowRow>('/workflows', {
    query: { search: useDeferredValue(search) },
    refreshMs,
  });
  // Many applications may have none: the page that looked at them is empty, and others follow.
  const isBarren = list.rows.length === 0 && list.hasMore && !list.isLoadingMore;
  const loadMore = useEffectEvent(() => list.loadMore());
  useEffect(() => {
    if (isBarren) loadMore();
  }, [isBarren]);
  const columns: readonly Column<WorkflowRow>[] = [
    { id: 'name', title: words.name, main: true, cell: ({ name }) => name },
    {
      id: 'application',
      title: words.application,
      wideOnly: true,
      cell: ({ namespace, group }) => <span className="breaks">{`${namespace} / ${group}`}</span>,
    },
    {
      id: 'starts',
      title: words.starts,
      wideOnly: true,
      cell: ({ cron, timezone }) =>
        cron === null ? (
          <span className="muted">{words.onDemand}</span>
        ) : (
          <span>
            <code>{cron}</code> <span className="muted">{timezone}</span>
          </span>
        ),
    },
    {
      id: 'jobs',
      title: words.jobs,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ nodeCount }) => format.number(nodeCount),
    },
    {
      id: 'scheduled',
      title: words.scheduled,
      tight: true,
      wideOnly: true,
      cell: ({ enabled }) => <StateBadge state={enabled ? 'enabled' : 'disabled'} />,
    },
    {
      id: 'latest',
      title: words.latest,
      tight: true,
      cell: ({ latestRun }) =>
        latestRun === null ? (
          <span className="muted">{words.never}</span>
        ) : (
          <StateBadge state={latestRun.verdict ?? latestRun.state} />
        ),
    },
    {
      id: 'when',
      title: words.when,
      tight: true,
      end: true,
      cell: ({ latestRun }) => <Time atMs={latestRun?.createdAtMs} />,
    },
  ];
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
      </Toolbar>
      <DataTable
        caption={words.title}
        columns={columns}
        list={{ ...list, isLoading: list.isLoading || (list.rows.length === 0 && list.hasMore) }}
        rowKey={({ id }) => id}
        href={({ id }) => `/console${path`/workflows/${id}`}`}
        empty={
          <EmptyState
            title={search === '' ? words.emptyTitle : words.noMatch}
            hint={search === '' ? words.emptyHint : undefined}
          />
        }
      />
    </Page>
  );
}
