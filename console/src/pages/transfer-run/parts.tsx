import type { ShardView } from '../../../../src/dialects/native/views/transfer-progress.ts';
import type { ReportView } from '../../../../src/dialects/native/views/transfer-report.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Badge, type Tone } from '../../design/state-badge.tsx';
import { Bytes, Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useTransferWords } from './words.ts';

type Loading = 'waiting' | 'loading' | 'done' | 'failed';

const tones: Readonly<Record<Loading, Tone>> = {
  waiting: 'idle',
  loading: 'run',
  done: 'ok',
  failed: 'bad',
};

function LoadingBadge({ state }: { readonly state: Loading }) {
  const words = useTransferWords();
  return <Badge tone={tones[state]}>{words.tableStates[state]}</Badge>;
}

/** What each shard has done and does. */
export function Shards({ shards }: { readonly shards: readonly ShardView[] }) {
  const words = useTransferWords();
  const columns = useShardColumns();
  return (
    <DataTable
      caption={words.tabNames.shards}
      columns={columns}
      list={{ rows: shards }}
      rowKey={({ shard }) => String(shard)}
      empty={<EmptyState title={words.noShards} hint={words.noShardsHint} />}
    />
  );
}

/** What of each table has been moved. */
export function TablesOfRun({ tables }: { readonly tables: ReportView['tables'] }) {
  const words = useTransferWords();
  const columns = useTableColumns();
  return (
    <DataTable
      caption={words.tabNames.tables}
      columns={columns}
      list={{ rows: tables }}
      rowKey={({ source, target }) => `${source} ${target}`}
      empty={<EmptyState title={words.noTables} />}
    />
  );
}

/** What was taken up again after crashes and errors, and what was repeated. */
export function Resumptions({ resumes }: { readonly resumes: ReportView['resumes'] }) {
  const words = useTransferWords();
  const columns = useResumptionColumns();
  return (
    <DataTable
      caption={words.tabNames.resumes}
      columns={columns}
      list={{ rows: resumes.map((note, place) => ({ ...note, place })) }}
      rowKey={({ place }) => String(place)}
      empty={<EmptyState title={words.noResumes} hint={words.noResumesHint} />}
    />
  );
}

function useShardColumns(): readonly Column<ShardView>[] {
  const words = useTransferWords();
  const format = useFormat();
  return [
    { id: 'shard', title: words.shard, tight: true, end: true, cell: ({ shard }) => shard },
    { id: 'state', title: words.state, tight: true, cell: (one) => <LoadingBadge {...one} /> },
    {
      id: 'pieces',
      title: words.pieces,
      tight: true,
      end: true,
      cell: ({ chunksDone, chunksTotal }) =>
        words.piecesOf(format.number(chunksDone), format.number(chunksTotal)),
    },
    {
      id: 'read',
      title: words.rowsRead,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ rowsRead }) => format.number(rowsRead),
    },
    {
      id: 'written',
      title: words.rowsWritten,
      end: true,
      tight: true,
      cell: ({ rowsWritten }) => format.number(rowsWritten),
    },
    {
      id: 'rejected',
      title: words.rowsRejected,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ rowsRejected }) => format.number(rowsRejected),
    },
    {
      id: 'bytes',
      title: words.bytesRead,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ bytesRead }) => <Bytes count={bytesRead} />,
    },
    {
      id: 'doing',
      title: words.doing,
      wideOnly: true,
      cell: ({ doing }) => <span className="breaks">{doing}</span>,
    },
  ];
}

function useTableColumns(): readonly Column<ReportView['tables'][number]>[] {
  const words = useTransferWords();
  const format = useFormat();
  return [
    { id: 'source', title: words.source, main: true, cell: ({ source }) => source },
    {
      id: 'target',
      title: words.target,
      cell: ({ target }) => <span className="breaks">{target}</span>,
    },
    {
      id: 'state',
      title: words.state,
      cell: ({ state, message }) => (
        <>
          <LoadingBadge state={state} /> <span className="breaks">{message}</span>
        </>
      ),
    },
    {
      id: 'read',
      title: words.rowsRead,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ rowsRead }) => format.number(rowsRead),
    },
    {
      id: 'written',
      title: words.rowsWritten,
      end: true,
      tight: true,
      cell: ({ rowsWritten }) => format.number(rowsWritten),
    },
    {
      id: 'rejected',
      title: words.rowsRejected,
      end: true,
      tight: true,
      wideOnly: true,
      cell: ({ rowsRejected }) => format.number(rowsRejected),
    },
  ];
}

function useResumptionColumns(): readonly Column<
  ReportView['resumes'][number] & { readonly place: number }
>[] {
  const words = useTransferWords();
  const format = useFormat();
  return [
    { id: 'at', title: words.at, tight: true, cell: ({ atMs }) => <Time atMs={atMs} /> },
    { id: 'shard', title: words.shard, tight: true, end: true, cell: ({ shard }) => shard },
    {
      id: 'what',
      title: words.what,
      cell: ({ message }) => <span className="breaks">{message}</span>,
    },
    {
      id: 'repeated',
      title: words.repeated,
      tight: true,
      end: true,
      cell: ({ rowsRepeated }) => format.number(rowsRepeated),
    },
  ];
}
