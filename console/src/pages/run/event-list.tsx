import { useState } from 'react';
import type { RunEventView } from '../../../../src/dialects/native/views/run.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Time } from '../../design/values.tsx';
import { useDesignWords } from '../../design/words.ts';
import { useRunWords } from './words.ts';

/** Events shown at first; a run of many instances has thousands. */
const pageRows = 200;

/** Every change of state with its reason. */
export function EventList({ events }: { readonly events: readonly RunEventView[] }) {
  const words = useRunWords();
  const { states } = useDesignWords();
  const [shown, setShown] = useState(pageRows);
  const nameOf = (state: string): string =>
    Object.hasOwn(states, state) ? states[state as keyof typeof states] : state;
  const { columns: titles } = words;
  const columns: readonly Column<RunEventView>[] = [
    {
      id: 'time',
      title: titles.time,
      tight: true,
      cell: ({ atMs }) => <Time atMs={atMs} absolute />,
    },
    {
      id: 'what',
      title: titles.what,
      tight: true,
      cell: ({ subject }) => (subject === 'run' ? words.theRun : subject),
    },
    {
      id: 'change',
      title: titles.change,
      tight: true,
      cell: ({ from, to }) => (from === null ? nameOf(to) : words.became(nameOf(from), nameOf(to))),
    },
    {
      id: 'reason',
      title: titles.reason,
      cell: ({ reason }) => <div className="run-event-reason">{reason}</div>,
    },
  ];
  return (
    <DataTable
      caption={words.events}
      columns={columns}
      list={{
        rows: events.slice(0, shown),
        hasMore: events.length > shown,
        loadMore: () => setShown(shown + pageRows),
      }}
      rowKey={({ seq }) => String(seq)}
      empty={<EmptyState title={words.eventsEmpty} />}
    />
  );
}
