import { useMemo } from 'react';
import type { OverviewView } from '../../../../src/dialects/native/views/overview.ts';
import { Plot } from '../../design/plot.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useWords } from './words.ts';

type Props = { readonly overview: OverviewView };

/** How many runs ended, and how. */
export function Throughput({ overview: { buckets } }: Props) {
  const words = useWords();
  const format = useFormat();
  const timesMs = useMemo(() => buckets.map(({ fromMs }) => fromMs), [buckets]);
  const series = useMemo(
    () =>
      (
        [
          ['succeeded', 'ok'],
          ['failed', 'bad'],
          ['canceled', 'idle'],
        ] as const
      ).map(([outcome, tone]) => ({
        label: words[outcome],
        tone,
        kind: 'bars' as const,
        values: buckets.map((bucket) => bucket[outcome]),
      })),
    [buckets, words],
  );
  return (
    <Plot
      label={words.throughput}
      timesMs={timesMs}
      series={series}
      format={(value) => (Number.isInteger(value) ? format.number(value) : '')}
    />
  );
}

/** How long they took. */
export function Durations({ overview: { buckets } }: Props) {
  const words = useWords();
  const format = useFormat();
  const timesMs = useMemo(() => buckets.map(({ fromMs }) => fromMs), [buckets]);
  const series = useMemo(
    () => [
      { label: words.p50, tone: 'run' as const, values: buckets.map(({ p50Ms }) => p50Ms) },
      { label: words.p95, tone: 'warn' as const, values: buckets.map(({ p95Ms }) => p95Ms) },
    ],
    [buckets, words],
  );
  return (
    <Plot
      label={words.durations}
      timesMs={timesMs}
      series={series}
      format={(value) => format.duration(value)}
    />
  );
}
