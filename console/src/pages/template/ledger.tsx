import { Link } from 'wouter';
import type { FiringView } from '../../../../src/dialects/native/views/schedule.ts';
import type { TemplateView } from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Section } from '../../design/page.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { Duration, Time } from '../../design/values.tsx';
import { reasonText } from './reason-text.ts';
import { useTemplateWords } from './words.ts';

const refreshMs = 15_000;
const ledgerRows = '25';
const outcomeTones = { fired: 'ok', refused: 'bad', skipped: 'warn', dropped: 'idle' } as const;

/** What became of each firing that was due. */
export function Ledger({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { data, error, isLoading } = useRead<{ readonly rows: readonly FiringView[] }>(
    path`/templates/${template.id}/firings`,
    { query: { limit: ledgerRows }, refreshMs },
  );
  const columns = useLedgerColumns();
  return (
    <Section title={words.ledger} flush>
      <DataTable
        caption={words.ledger}
        columns={columns}
        list={{ rows: data?.rows ?? [], isLoading, error }}
        rowKey={({ nominalAtMs, outcome }) => `${nominalAtMs} ${outcome}`}
        empty={<EmptyState title={words.ledgerEmpty} />}
      />
    </Section>
  );
}

function useLedgerColumns(): readonly Column<FiringView>[] {
  const words = useTemplateWords();
  return [
    {
      id: 'when',
      title: words.when,
      tight: true,
      cell: ({ nominalAtMs }) => <Time atMs={nominalAtMs} absolute />,
    },
    {
      id: 'outcome',
      title: words.outcome,
      tight: true,
      cell: ({ outcome, count }) => (
        <Badge tone={outcomeTones[outcome]}>
          {words.outcomes[outcome]}
          {count > 1 ? ` ×${count}` : ''}
        </Badge>
      ),
    },
    {
      id: 'late',
      title: words.late,
      tight: true,
      end: true,
      cell: ({ lateMs }) => <Duration ms={lateMs} />,
    },
    { id: 'reason', title: words.reason, wideOnly: true, cell: (row) => reasonText(row, words) },
    {
      id: 'run',
      title: words.runLink,
      tight: true,
      cell: ({ runId }) =>
        runId === null ? <span className="muted">–</span> : <RunLink id={runId} />,
    },
  ];
}

function RunLink({ id }: { readonly id: string }) {
  return (
    <Link href={path`/console/runs/${id}`} className="mono">
      {id.length > 14 ? `${id.slice(0, 13)}…` : id}
    </Link>
  );
}
