import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import { useRead } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { transferRunHref } from '../links/paths.ts';
import { useDataJobWords } from './words.ts';

/** Runs that are shown here; all are on the page of runs. */
const shownRuns = 20;
const refreshMs = 5_000;

/** The newest runs of a data job. */
export function JobRuns({ templateId }: { readonly templateId: string }) {
  const words = useDataJobWords();
  const list = useRead<{ readonly rows: readonly RunView[] }>('/runs', {
    query: { template: templateId, limit: shownRuns },
    refreshMs,
  });
  const columns = useRunColumns();
  return (
    <DataTable
      caption={words.runs}
      columns={columns}
      list={{
        rows: list.data?.rows ?? [],
        isLoading: list.isLoading,
        error: list.error,
        refetch: () => void list.refetch(),
      }}
      rowKey={(run) => run.id}
      href={(run) => transferRunHref(run.id)}
      empty={<EmptyState title={words.noRuns} hint={words.noRunsHint} />}
    />
  );
}

function useRunColumns(): readonly Column<RunView>[] {
  const words = useDataJobWords();
  return [
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: (run) => <StateBadge state={run.state} />,
    },
    {
      id: 'run',
      title: words.runId,
      main: true,
      cell: (run) => <span className="mono">{run.id}</span>,
    },
    {
      id: 'trigger',
      title: words.trigger,
      tight: true,
      wideOnly: true,
      cell: ({ trigger }) => words.triggers[trigger as keyof typeof words.triggers] ?? trigger,
    },
    {
      id: 'begun',
      title: words.begun,
      tight: true,
      cell: (run) => <Time atMs={run.startedAtMs ?? run.createdAtMs} />,
    },
    {
      id: 'took',
      title: words.took,
      tight: true,
      end: true,
      cell: (run) => <Duration sinceMs={run.startedAtMs} untilMs={run.endedAtMs} />,
    },
    {
      id: 'message',
      title: words.message,
      wideOnly: true,
      cell: ({ message }) => <span className="breaks">{message}</span>,
    },
  ];
}
