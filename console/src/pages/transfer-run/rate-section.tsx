import { useMemo } from 'react';
import type { TransferSampleView } from '../../../../src/dialects/native/views/transfer-progress.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { Section } from '../../design/page.tsx';
import { Plot } from '../../design/plot.tsx';
import { useFormat } from '../../i18n/format.ts';
import { ratesOf } from './rates.ts';
import { useTransferWords } from './words.ts';

/** A line needs two points. */
const leastPoints = 2;

/** How fast rows, or bytes, were read and written. */
export function RateSection({ samples }: { readonly samples: readonly TransferSampleView[] }) {
  const words = useTransferWords();
  const format = useFormat();
  const rates = useMemo(() => ratesOf(samples), [samples]);
  const series = useMemo(
    () => [
      { label: words.read, tone: 'idle' as const, values: rates.read },
      { label: words.written, tone: 'run' as const, values: rates.written },
    ],
    [rates, words],
  );
  const isBytes = rates.unit === 'bytes';
  return (
    <Section title={words.rate}>
      {rates.timesMs.length < leastPoints ? (
        <EmptyState title={words.noHistory} hint={words.noHistoryHint} />
      ) : (
        <Plot
          label={isBytes ? words.rateBytes : words.rateRows}
          timesMs={rates.timesMs}
          series={series}
          heightPx={180}
          format={(value) =>
            words.perSecond(isBytes ? format.bytes(value) : format.number(Math.round(value)))
          }
        />
      )}
    </Section>
  );
}
