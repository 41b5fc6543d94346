import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import { path } from '../../api/client.ts';
import { useCursorList } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { useWorkflowWords } from './words.ts';

const refreshMs = 3_000;

/** The runs of a workflow, the newest first. */
export function RunTable({ workflow }: { readonly workflow: string }) {
  const words = useWorkflowWords();
  const list = useCursorList<RunView>(path`/workflows/${workflow}/runs`, {
    query: { limit: 20 },
    refreshMs,
  });
  const triggers: Readonly<Record<string, string>> = words.triggers;
  const columns: readonly Column<RunView>[] = [
    {
      id: 'run',
      title: words.run,
      main: true,
      cell: ({ id }) => <span className="mono">{id}</span>,
    },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: ({ verdict, state }) => <StateBadge state={verdict ?? state} />,
    },
    {
      id: 'trigger',
      title: words.trigger,
      tight: true,
      wideOnly: true,
      cell: ({ trigger }) => triggers[trigger] ?? trigger,
    },
    {
      id: 'message',
      title: words.message,
      wideOnly: true,
      cell: ({ message }) => <span className="breaks">{message}</span>,
    },
    {
      id: 'took',
      title: words.took,
      tight: true,
      end: true,
      cell: ({ startedAtMs, endedAtMs }) => <Duration sinceMs={startedAtMs} untilMs={endedAtMs} />,
    },
    {
      id: 'created',
      title: words.created,
      tight: true,
      end: true,
      cell: ({ createdAtMs }) => <Time atMs={createdAtMs} />,
    },
  ];
  return (
    <DataTable
      caption={words.runs}
      columns={columns}
      list={list}
      rowKey={({ id }) => id}
      href={({ id }) => `/console${path`/workflow-runs/${id}`}`}
      empty={<EmptyState title={words.noRuns} />}
    />
  );
}
