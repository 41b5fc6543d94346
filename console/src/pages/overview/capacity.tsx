import type { OverviewView } from '../../../../src/dialects/native/views/overview.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { Section } from '../../design/page.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useWords } from './words.ts';

type Executor = OverviewView['executors'][number];

/** Above this share of its room an executor is nearly full. */
const nearlyFull = 0.9;

/** How much of each executor's room is in use. */
export function Capacity({ overview: { executors } }: { readonly overview: OverviewView }) {
  const words = useWords();
  const format = useFormat();
  const columns: readonly Column<Executor>[] = [
    { id: 'executor', title: words.executor, tight: true, cell: ({ name }) => name },
    {
      id: 'use',
      title: words.use,
      cell: ({ name, active, maxConcurrent }) => (
        <div className="overview-meter">
          <meter
            aria-label={`${words.use}: ${name}`}
            min={0}
            max={Math.max(maxConcurrent, 1)}
            low={0}
            high={maxConcurrent * nearlyFull}
            optimum={0}
            value={Math.min(active, maxConcurrent)}
          />
          <span className="number nowrap">
            {words.usedOf(format.number(active), format.number(maxConcurrent))}
          </span>
        </div>
      ),
    },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: (executor) => <Readiness executor={executor} />,
    },
  ];
  return (
    <Section title={words.capacityTitle} flush>
      <DataTable
        caption={words.capacityTitle}
        columns={columns}
        list={{ rows: executors }}
        rowKey={({ name }) => name}
        empty={<p className="overview-none">{words.capacityEmpty}</p>}
      />
    </Section>
  );
}

function Readiness({ executor }: { readonly executor: Executor }) {
  const words = useWords();
  const { ready, reason, maxConcurrent } = executor;
  if (ready && maxConcurrent === 0) return <Badge>{words.noRoom}</Badge>;
  if (ready) return <Badge tone="ok">{words.ready}</Badge>;
  return (
    <span title={reason}>
      <Badge tone="bad">{words.notReady}</Badge>
    </span>
  );
}
