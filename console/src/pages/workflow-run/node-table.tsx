import { Link } from 'wouter';
import type { WorkflowRunView } from '../../../../src/dialects/native/views/workflows.ts';
import { path } from '../../api/client.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { defineWords } from '../../i18n/words.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

const useWords = defineWords({ en, zh });

type Node = WorkflowRunView['nodes'][number];

/** The page of the run behind a node; null while it has none. */
export function runHref({ run }: Node): string | null {
  return run === null ? null : `/console${path`/runs/${run.id}`}`;
}

/** The nodes of a run of a workflow as a list. */
export function NodeTable({ nodes }: { readonly nodes: readonly Node[] }) {
  const words = useWords();
  const columns: readonly Column<Node>[] = [
    {
      id: 'job',
      title: words.job,
      main: true,
      cell: (node) => {
        const href = runHref(node);
        const name = node.name === '' ? node.id : node.name;
        return (
          <span className="workflow-job">
            {href === null ? name : <Link href={href}>{name}</Link>}
          </span>
        );
      },
    },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: ({ state }) => <StateBadge state={state} />,
    },
    {
      id: 'note',
      title: words.note,
      wideOnly: true,
      cell: ({ note }) => <span className="breaks">{note}</span>,
    },
    {
      id: 'started',
      title: words.started,
      tight: true,
      end: true,
      wideOnly: true,
      cell: ({ run }) => <Time atMs={run?.startedAtMs} />,
    },
    {
      id: 'took',
      title: words.took,
      tight: true,
      end: true,
      cell: ({ run }) => (
        <Duration sinceMs={run?.startedAtMs ?? null} untilMs={run?.endedAtMs ?? null} />
      ),
    },
  ];
  return (
    <DataTable
      caption={words.nodes}
      columns={columns}
      list={{ rows: nodes }}
      rowKey={({ id }) => id}
      empty={null}
    />
  );
}
