import { useDeferredValue } from 'react';
import type { WorkerGroupView } from '../../../../src/dialects/native/views/workers.ts';
import { useCursorList } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Checkbox, SearchInput } from '../../design/field.tsx';
import { Page, Section, Toolbar } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useSearchSetting } from '../../design/search-setting.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useDesignWords } from '../../design/words.ts';
import { useFormat } from '../../i18n/format.ts';
import { WorkerTable } from './worker-table.tsx';
import { useWorkersWords } from './words.ts';
import './workers.css';

/** Workers come and go by their heartbeats: looked at again this often. */
const refreshMs = 3_000;

export default function WorkersPage() {
  const words = useWorkersWords();
  const shared = useDesignWords();
  const [search, setSearch] = useSearchSetting('search');
  const [live, setLive] = useSearchSetting('live');
  const list = useCursorList<WorkerGroupView>('/workers', {
    query: { search: useDeferredValue(search) },
    refreshMs,
  });
  const shown = list.rows.filter(({ workers }) => live !== '1' || workers.length > 0);
  const isFiltered = search !== '' || live === '1';
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
        <Checkbox
          checked={live === '1'}
          onChange={(checked) => setLive(checked ? '1' : '')}
          label={words.onlyLive}
        />
      </Toolbar>
      {list.error === null ? null : <ProblemBox error={list.error} retry={list.refetch} />}
      {list.isLoading ? <Skeleton rows={6} /> : null}
      {!list.isLoading && list.error === null && shown.length === 0 ? (
        <EmptyState
          title={isFiltered ? words.noMatch : words.noGroupsTitle}
          hint={isFiltered ? undefined : words.noGroupsHint}
        />
      ) : null}
      {shown.map((group) => (
        <Group key={group.number} group={group} />
      ))}
      {list.hasMore ? (
        <Button label={shared.loadMore} busy={list.isLoadingMore} onClick={list.loadMore} />
      ) : null}
    </Page>
  );
}

function Group({ group }: { readonly group: WorkerGroupView }) {
  const words = useWorkersWords();
  const format = useFormat();
  const { name, namespace, alias, number, maxConcurrent, usesBusyWorkers, workers } = group;
  return (
    <Section
      title={`${namespace} / ${name}`}
      flush
      aside={
        <span className="workers-aside">
          {alias === '' || alias === name ? null : <span className="breaks">{alias}</span>}
          <span>{words.number(String(number))}</span>
          <span>
            {maxConcurrent === null
              ? words.anyConcurrent
              : words.maxConcurrent(format.number(maxConcurrent))}
          </span>
          {usesBusyWorkers ? null : <span>{words.sparesBusy}</span>}
          <Badge tone={workers.length > 0 ? 'ok' : 'idle'}>
            {words.live(format.number(workers.length))}
          </Badge>
        </span>
      }
    >
      <WorkerTable group={`${namespace} / ${name}`} workers={workers} />
    </Section>
  );
}
