import SearchX from 'lucide-react/icons/search-x';
import { useEffect } from 'react';
import type { RunRowView } from '../../../../src/dialects/native/views/run.ts';
import type { LiveState } from '../../api/live.ts';
import { type CursorList, useCursorList } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page } from '../../design/page.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { runHref } from './paths.ts';
import { isFiltered, queryOf } from './run-filter.ts';
import { RunFilters } from './run-filters.tsx';
import { useLiveRuns } from './use-live-runs.ts';
import { useRunFilter } from './use-run-filter.ts';
import { useRunsWords } from './words.ts';
import './runs.css';

/** Rows of a page, and how many a search goes on for by itself when pages come short. */
const pageRows = 100;
const enoughRows = 25;

/** Every run, searchable, as it changes. */
export default function RunsPage() {
  const words = useRunsWords();
  const setting = useRunFilter();
  const { filter } = setting;
  const list = useCursorList<RunRowView>('/runs', {
    query: { ...queryOf(filter), limit: pageRows },
  });
  const { rows, live } = useLiveRuns(list, filter);
  const looksBack = useLookingBack(list);
  const columns = useColumns();
  const templateName =
    rows.find(({ templateId }) => templateId === filter.template)?.templateName ?? filter.template;
  return (
    <Page title={words.title} subtitle={words.subtitle} badge={<Live state={live} />}>
      <RunFilters setting={setting} templateName={templateName} />
      <DataTable
        caption={words.title}
        columns={columns}
        list={{ ...list, rows, isLoading: list.isLoading || (looksBack && rows.length === 0) }}
        rowKey={(run) => run.id}
        href={(run) => runHref(run.id)}
        empty={
          isFiltered(filter) ? (
            <EmptyState
              icon={SearchX}
              title={words.nothingFound}
              hint={words.nothingFoundHint}
              action={<Button label={words.clear} onClick={setting.clear} />}
            />
          ) : (
            <EmptyState title={words.empty} hint={words.emptyHint} />
          )
        }
      />
      <div className="runs-status muted" role="status">
        {looksBack ? words.lookingBack : ''}
      </div>
    </Page>
  );
}

/** A page may come short when filters leave little: goes on until there is something to look at. */
function useLookingBack(list: CursorList<RunRowView>): boolean {
  const { hasMore, isLoadingMore, rows, loadMore, error } = list;
  const goesOn = hasMore && rows.length < enoughRows && error === null;
  useEffect(() => {
    if (goesOn && !isLoadingMore) loadMore();
  }, [goesOn, isLoadingMore, loadMore]);
  return goesOn;
}

function Live({ state }: { readonly state: LiveState }) {
  const words = useRunsWords();
  const isLive = state === 'live';
  return (
    <span className={isLive ? 'runs-live runs-live-on' : 'runs-live'}>
      {isLive ? words.live : words.notLive}
    </span>
  );
}

function useColumns(): readonly Column<RunRowView>[] {
  const words = useRunsWords();
  const format = useFormat();
  const { columns } = words;
  return [
    {
      id: 'state',
      title: columns.state,
      tight: true,
      cell: (run) => <StateBadge state={run.state} />,
    },
    {
      id: 'run',
      title: columns.run,
      main: true,
      cell: (run) => (
        <>
          <span className="runs-name">{run.templateName}</span>{' '}
          <span className="runs-id mono" title={run.id}>
            {run.id}
          </span>
        </>
      ),
    },
    {
      id: 'message',
      title: columns.message,
      wideOnly: true,
      cell: (run) => (
        <span className="runs-message" title={run.message}>
          {run.message}
        </span>
      ),
    },
    {
      id: 'trigger',
      title: columns.trigger,
      tight: true,
      wideOnly: true,
      cell: (run) =>
        Object.hasOwn(words.triggers, run.trigger)
          ? words.triggers[run.trigger as keyof typeof words.triggers]
          : run.trigger,
    },
    {
      id: 'instances',
      title: columns.instances,
      tight: true,
      end: true,
      wideOnly: true,
      cell: (run) => words.instances(format.number(run.succeeded), format.number(run.replicas)),
    },
    {
      id: 'accepted',
      title: columns.accepted,
      tight: true,
      end: true,
      cell: (run) => <Time atMs={run.createdAtMs} />,
    },
    {
      id: 'duration',
      title: columns.duration,
      tight: true,
      end: true,
      wideOnly: true,
      cell: (run) => <Duration sinceMs={run.startedAtMs} untilMs={run.endedAtMs} />,
    },
  ];
}
