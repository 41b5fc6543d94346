import type { RunView } from '../../../../src/dialects/native/views/run.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useCursorList } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Section } from '../../design/page.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { triggerText } from './reason-text.ts';
import { useTemplateWords } from './words.ts';

const refreshMs = 3_000;

/** Runs of one template, the newest first. */
export function TemplateRuns({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const list = useCursorList<RunView>('/runs', { query: { template: template.id }, refreshMs });
  const columns = useRunColumns();
  return (
    <Section title={words.runsTitle} flush>
      <DataTable
        caption={words.runsTitle}
        columns={columns}
        list={list}
        rowKey={({ id }) => id}
        href={({ id }) => path`/console/runs/${id}`}
        empty={<EmptyState title={words.noRuns} hint={words.noRunsHint} />}
      />
    </Section>
  );
}

function useRunColumns(): readonly Column<RunView>[] {
  const words = useTemplateWords();
  return [
    {
      id: 'run',
      title: words.runLink,
      main: true,
      cell: ({ id }) => <span className="mono">{id}</span>,
    },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: ({ state }) => <StateBadge state={state} />,
    },
    {
      id: 'trigger',
      title: words.trigger,
      tight: true,
      wideOnly: true,
      cell: ({ trigger }) => triggerText(trigger, words),
    },
    {
      id: 'revision',
      title: words.revision,
      tight: true,
      end: true,
      wideOnly: true,
      cell: ({ templateRevision }) => templateRevision,
    },
    {
      id: 'accepted',
      title: words.accepted,
      tight: true,
      cell: ({ createdAtMs }) => <Time atMs={createdAtMs} />,
    },
    {
      id: 'took',
      title: words.took,
      tight: true,
      end: true,
      wideOnly: true,
      cell: ({ startedAtMs, endedAtMs }) => <Duration sinceMs={startedAtMs} untilMs={endedAtMs} />,
    },
  ];
}
