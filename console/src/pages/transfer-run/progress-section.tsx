import Check from 'lucide-react/icons/check';
import Circle from 'lucide-react/icons/circle';
import CircleDot from 'lucide-react/icons/circle-dot';
import X from 'lucide-react/icons/x';
import type { ReactNode } from 'react';
import type { TransferSampleView } from '../../../../src/dialects/native/views/transfer-progress.ts';
import type { ReportView } from '../../../../src/dialects/native/views/transfer-report.ts';
import { Section } from '../../design/page.tsx';
import { Duration } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useDataJobsWords } from '../data-jobs/words.ts';
import { leftMs } from './rates.ts';
import { useTransferWords } from './words.ts';
import './transfer.css';

const phases = ['planning', 'loading', 'finishing', 'proving'] as const;

/** How far a run is: its phase, a bar, what is left, and what was counted. */
export function ProgressSection({
  report,
  samples,
}: {
  readonly report: ReportView;
  readonly samples: readonly TransferSampleView[];
}) {
  const words = useTransferWords();
  const format = useFormat();
  const { phase, percent, startedAtMs, endedAtMs } = report;
  const left = leftMs(report, samples);
  return (
    <Section title={words.progress}>
      <Phases phase={phase} reached={reached(report)} />
      <div className={`transfer-bar transfer-bar-${phase}`}>
        <progress
          max={100}
          value={percent}
          aria-label={words.percentDone(format.percent(percent / 100))}
        />
        <strong className="number">{format.percent(percent / 100)}</strong>
      </div>
      <dl className="counters">
        <Counter name={words.elapsed}>
          <Duration sinceMs={startedAtMs} untilMs={endedAtMs} />
        </Counter>
        {left === null ? null : <Counter name={words.left}>{format.duration(left)}</Counter>}
        <Counter name={words.pieces}>
          {words.piecesOf(format.number(report.chunksDone), format.number(report.chunksTotal))}
        </Counter>
        <Counted report={report} />
      </dl>
    </Section>
  );
}

/** Which phase a run that is over had come to, as far as it can be told. */
function reached({ phase, proof, chunksTotal, chunksDone }: ReportView): number {
  if (phase === 'done') return phases.length;
  if (phase !== 'failed') return phases.indexOf(phase);
  if (proof !== null) return phases.indexOf('proving');
  if (chunksTotal === 0) return 0;
  return phases.indexOf(chunksDone === chunksTotal ? 'finishing' : 'loading');
}

function Phases({
  phase,
  reached: at,
}: {
  readonly phase: ReportView['phase'];
  readonly reached: number;
}) {
  const words = useTransferWords();
  const { phases: names } = useDataJobsWords();
  return (
    <ol className="phases" aria-label={words.phasesLabel} aria-live="polite">
      {phases.map((name, place) => {
        const isAt = place === at;
        const failed = isAt && phase === 'failed';
        const Icon = failed ? X : place < at ? Check : isAt ? CircleDot : Circle;
        return (
          <li
            key={name}
            aria-current={isAt && !failed ? 'step' : undefined}
            className={failed ? 'phase-failed' : place < at ? 'phase-done' : undefined}
          >
            <Icon aria-hidden="true" />
            {names[name]}
          </li>
        );
      })}
    </ol>
  );
}

function Counter({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const rowNames = ['rowsRead', 'rowsWritten', 'rowsRejected'] as const;
const rareNames = ['rowsUpdated', 'rowsDeleted'] as const;
const byteNames = ['bytesRead', 'bytesWritten', 'bytesTotal'] as const;
const fileNames = ['filesTotal', 'filesRead', 'filesWritten', 'filesSkipped'] as const;

/** Counters that apply; rare ones when they are not zero. */
function Counted({ report }: { readonly report: ReportView }) {
  const words = useTransferWords();
  const format = useFormat();
  const { counters, expectedRows } = report;
  const shown = [
    ...rowNames.filter((name) => counters[name] !== null),
    ...rareNames.filter((name) => counters[name] !== 0),
    ...fileNames.filter((name) => counters[name] !== null),
  ];
  return (
    <>
      {shown.map((name) => (
        <Counter key={name} name={words.counters[name]}>
          {format.number(counters[name] ?? 0)}
          {name === 'rowsRead' && expectedRows !== null && report.phase === 'loading' ? (
            <span className="counter-note">{words.expected(format.number(expectedRows))}</span>
          ) : null}
        </Counter>
      ))}
      {byteNames
        .filter((name) => counters[name] !== null)
        .map((name) => (
          <Counter key={name} name={words.counters[name]}>
            {format.bytes(counters[name] ?? 0)}
          </Counter>
        ))}
    </>
  );
}
