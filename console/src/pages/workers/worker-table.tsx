import type { WorkerView } from '../../../../src/dialects/native/views/workers.ts';
import { type Column, DataTable } from '../../design/data-table.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useWorkersWords } from './words.ts';

/** The live workers of a group, with what they report about themselves. */
export function WorkerTable({
  group,
  workers,
}: {
  readonly group: string;
  readonly workers: readonly WorkerView[];
}) {
  const words = useWorkersWords();
  const format = useFormat();
  const columns: readonly Column<WorkerView>[] = [
    {
      id: 'address',
      title: words.address,
      main: true,
      cell: (worker) => <span className="mono breaks">{worker.address}</span>,
    },
    {
      id: 'state',
      title: words.state,
      tight: true,
      cell: (worker) => (
        <Badge tone={worker.busy === 'free' ? 'ok' : 'warn'}>{words.busy[worker.busy]}</Badge>
      ),
    },
    { id: 'label', title: words.label, wideOnly: true, cell: ({ label }) => label || <Nothing /> },
    {
      id: 'starter',
      title: words.starter,
      wideOnly: true,
      cell: ({ starter, version }) => `${starter} ${version}`.trim(),
    },
    {
      id: 'load',
      title: words.load,
      wideOnly: true,
      cell: ({ metrics }) => {
        const load = metrics['CpuLoad1'];
        if (load === undefined) return <Nothing />;
        const processors = metrics['CpuProcessors'] ?? 1;
        return (
          <Share
            share={Math.max(0, load) / processors}
            text={words.loadOf(format.number(load), format.number(processors))}
          />
        );
      },
    },
    {
      id: 'memory',
      title: words.memory,
      wideOnly: true,
      cell: ({ metrics }) => <Percent share={metrics['Heap1Usage']} />,
    },
    {
      id: 'disk',
      title: words.disk,
      wideOnly: true,
      cell: ({ metrics }) => <Percent share={metrics['DiskUsage']} />,
    },
    {
      id: 'seen',
      title: words.seen,
      tight: true,
      end: true,
      cell: (worker) => <Time atMs={worker.seenAtMs} />,
    },
  ];
  return (
    <DataTable
      caption={words.group(group)}
      columns={columns}
      list={{ rows: workers }}
      rowKey={(worker) => worker.address}
      empty={<p className="workers-none">{words.noWorkers}</p>}
    />
  );
}

function Nothing() {
  return <span className="muted">–</span>;
}

function Percent({ share }: { readonly share: number | undefined }) {
  const format = useFormat();
  return share === undefined ? <Nothing /> : <Share share={share} text={format.percent(share)} />;
}

/** A share as a bar, with its value as text. */
function Share({ share, text }: { readonly share: number; readonly text: string }) {
  const tone = share > 0.95 ? 'bad' : share > 0.8 ? 'warn' : 'ok';
  return (
    <span className="workers-share">
      <span className={`workers-bar workers-bar-${tone}`} aria-hidden="true">
        <span style={{ width: `${Math.min(1, share) * 100}%` }} />
      </span>
      <span className="number nowrap">{text}</span>
    </span>
  );
}
