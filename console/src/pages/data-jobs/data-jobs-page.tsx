import ArrowRightLeft from 'lucide-react/icons/arrow-right-left';
import Plus from 'lucide-react/icons/plus';
import type { DataJobRow } from '../../../../src/dialects/native/views/data-job.ts';
import { useCursorList } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { LinkButton } from '../../design/button.tsx';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { SearchInput, Select } from '../../design/field.tsx';
import { Page, Toolbar } from '../../design/page.tsx';
import { useSearchChoice, useSearchSetting } from '../../design/search-setting.ts';
import { Badge, StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { dataJobHref, newDataJobHref } from '../links/paths.ts';
import { ProofBadge } from './proof-badge.tsx';
import { Route } from './route.tsx';
import { useDataJobsWords } from './words.ts';
import './data-jobs.css';

/** What runs moves on while it is looked at. */
const refreshMs = 5_000;
const dialects = ['', 'native', 'cdm'] as const;

/** Data jobs of every dialect, each with where its newest run stands. */
export default function DataJobsPage() {
  const words = useDataJobsWords();
  const { may } = useRights();
  const [search, setSearch] = useSearchSetting('q');
  const [dialect, setDialect] = useSearchChoice('dialect', dialects, '');
  const list = useCursorList<DataJobRow>('/data-jobs', {
    query: { name: search, dialect },
    refreshMs,
  });
  const action = may('CreateDataJob') ? (
    <LinkButton label={words.create} icon={Plus} kind="primary" href={newDataJobHref} />
  ) : null;
  const isFiltered = search !== '' || dialect !== '';
  return (
    <Page title={words.title} subtitle={words.subtitle} actions={action}>
      <Toolbar label={words.filters}>
        <SearchInput value={search} onChange={setSearch} label={words.search} />
        <Select
          label={words.dialect}
          value={dialect}
          onChange={(next) => setDialect(dialects.find((known) => known === next) ?? '')}
          options={[
            ['', words.anyDialect],
            ['native', words.dialects.native],
            ['cdm', words.dialects.cdm],
          ]}
        />
      </Toolbar>
      <DataTable
        caption={words.title}
        columns={useColumns()}
        list={list}
        rowKey={(job) => job.id}
        href={(job) => dataJobHref(job.id)}
        empty={
          isFiltered ? (
            <EmptyState title={words.nothingFits} hint={words.nothingFitsHint} />
          ) : (
            <EmptyState
              icon={ArrowRightLeft}
              title={words.noneTitle}
              hint={words.noneHint}
              action={action}
            />
          )
        }
      />
    </Page>
  );
}

function useColumns(): readonly Column<DataJobRow>[] {
  const words = useDataJobsWords();
  const format = useFormat();
  const count = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : format.number(value);
  return [
    {
      id: 'name',
      title: words.name,
      main: true,
      cell: ({ name, dialect }) => (
        <>
          {name} {dialect === 'cdm' ? <Badge>{words.dialects.cdm}</Badge> : null}
        </>
      ),
    },
    {
      id: 'route',
      title: words.route,
      wideOnly: true,
      cell: (job) => <Route from={job.from} to={job.to} />,
    },
    {
      id: 'schedule',
      title: words.schedule,
      tight: true,
      wideOnly: true,
      cell: (job) =>
        job.suspended ? words.suspended : job.scheduled ? words.scheduled : words.byHand,
    },
    { id: 'run', title: words.lastRun, tight: true, cell: (job) => <Newest job={job} /> },
    {
      id: 'started',
      title: words.started,
      tight: true,
      wideOnly: true,
      cell: ({ latestRun }) => <Time atMs={latestRun?.startedAtMs ?? latestRun?.createdAtMs} />,
    },
    {
      id: 'rows',
      title: words.rows,
      end: true,
      tight: true,
      cell: ({ progress }) => count(progress?.rowsWritten),
    },
    {
      id: 'rejected',
      title: words.rejected,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ progress }) => count(progress?.rowsRejected),
    },
    {
      id: 'proof',
      title: words.proof,
      tight: true,
      wideOnly: true,
      cell: ({ progress }) =>
        progress === null || progress.proof === null ? (
          '–'
        ) : (
          <ProofBadge outcome={progress.proof} />
        ),
    },
  ];
}

function Newest({ job }: { readonly job: DataJobRow }) {
  const words = useDataJobsWords();
  const format = useFormat();
  const { latestRun, progress } = job;
  if (latestRun === null) return <span className="muted">{words.never}</span>;
  if (latestRun.state !== 'running' || progress === null) {
    return <StateBadge state={latestRun.state} />;
  }
  return (
    <span className="job-progress">
      <progress max={100} value={progress.percent} aria-label={words.progress(job.name)} />
      <span className="number">{format.percent(progress.percent / 100)}</span>
    </span>
  );
}
