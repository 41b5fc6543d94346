import type { ReportView } from '../../../../src/dialects/native/views/transfer-report.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';
import { ProofBadge } from '../data-jobs/proof-badge.tsx';
import { useTransferWords } from './words.ts';
import './transfer.css';

type Compared = NonNullable<ReportView['proof']>['tables'][number];

/** What the comparison of source and target found, table by table. */
export function Proof({ report }: { readonly report: ReportView }) {
  const words = useTransferWords();
  const format = useFormat();
  const { proof, endedAtMs } = report;
  const columns = useProofColumns(proof?.outcome === 'mismatch');
  if (proof === null) {
    return (
      <EmptyState
        title={words.proofMissing}
        hint={endedAtMs === null ? words.proofWaiting : words.proofOff}
      />
    );
  }
  return (
    <>
      <p className="proof-verdict">
        <ProofBadge outcome={proof.outcome} />
        <span>{words.proofText[proof.outcome]}</span>
        <span className="muted">{words.proofTook(format.duration(proof.durationMs))}</span>
      </p>
      <DataTable
        caption={words.tabNames.proof}
        columns={columns}
        list={{ rows: proof.tables }}
        rowKey={({ table }) => table}
        empty={<EmptyState title={words.proofMissing} />}
      />
    </>
  );
}

/** A difference that rejected rows explain is none that matters. */
function Same({ is, matters }: { readonly is: boolean; readonly matters: boolean }) {
  const words = useTransferWords();
  if (!is && !matters) return null;
  return <Badge tone={is ? 'ok' : 'bad'}>{is ? words.same : words.different}</Badge>;
}

function useProofColumns(isMismatch: boolean): readonly Column<Compared>[] {
  const words = useTransferWords();
  const format = useFormat();
  return [
    { id: 'table', title: words.table, main: true, cell: ({ table }) => table },
    {
      id: 'source-rows',
      title: words.sourceRows,
      end: true,
      cell: ({ sourceRows }) => format.number(sourceRows),
    },
    {
      id: 'target-rows',
      title: words.targetRows,
      end: true,
      cell: (one) => (
        <>
          {format.number(one.targetRows)}{' '}
          <Same is={one.sourceRows === one.targetRows} matters={isMismatch} />
        </>
      ),
    },
    {
      id: 'source-sum',
      title: words.sourceChecksum,
      tight: true,
      cell: ({ sourceChecksum }) => <span className="mono">{sourceChecksum ?? '–'}</span>,
    },
    {
      id: 'target-sum',
      title: words.targetChecksum,
      tight: true,
      cell: (one) => (
        <>
          <span className="mono">{one.targetChecksum ?? '–'}</span>{' '}
          {one.sourceChecksum === null || one.targetChecksum === null ? null : (
            <Same is={one.sourceChecksum === one.targetChecksum} matters={isMismatch} />
          )}
        </>
      ),
    },
    {
      id: 'method',
      title: words.method,
      cell: ({ method }) => <span className="breaks">{method}</span>,
    },
  ];
}
