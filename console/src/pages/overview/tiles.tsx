import type { OverviewView } from '../../../../src/dialects/native/views/overview.ts';
import { useFormat } from '../../i18n/format.ts';
import { useWords } from './words.ts';

/** The numbers at the top. */
export function Tiles({ overview }: { readonly overview: OverviewView }) {
  const words = useWords();
  const format = useFormat();
  const { now, total } = overview;
  const decided = total.succeeded + total.failed;
  const duration = (ms: number | null): string => (ms === null ? '–' : format.duration(ms));
  const tiles: readonly (readonly [name: string, value: string, isBad?: boolean])[] = [
    [words.running, format.number(now.running)],
    [words.queued, format.number(now.queued)],
    [words.attempts, format.number(now.activeAttempts)],
    [words.successRate, decided === 0 ? '–' : format.percent(total.succeeded / decided)],
    [words.failedRuns, format.number(total.failed), total.failed > 0],
    [words.median, duration(total.p50Ms)],
    [words.slow, duration(total.p95Ms)],
  ];
  return (
    <dl className="overview-tiles">
      {tiles.map(([name, value, isBad = false]) => (
        <div key={name} className={isBad ? 'overview-tile overview-bad' : 'overview-tile'}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
