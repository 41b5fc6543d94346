import { useState } from 'react';
import { lazyChunk } from '../api/chunk.ts';
import { useFormat } from '../i18n/format.ts';
import type { Tone } from './state-badge.tsx';
import { useDesignWords } from './words.ts';
import './plot.css';

/** One line or bar of a plot. */
export interface PlotSeries {
  readonly label: string;
  readonly tone: Tone;
  /** As many as there are times; null = nothing known. */
  readonly values: readonly (number | null)[];
  /** Bars of several series stand on each other. */
  readonly kind?: 'line' | 'bars';
}

export interface PlotProps {
  /** What is shown, for screen readers. */
  readonly label: string;
  /** Milliseconds since the epoch, rising. */
  readonly timesMs: readonly number[];
  readonly series: readonly PlotSeries[];
  /** Writes a value of the vertical axis. */
  readonly format: (value: number) => string;
  readonly heightPx?: number;
}

// uPlot comes with the first plot, not with the first page.
const PlotCanvas = lazyChunk(() => import('./plot-canvas.tsx'));

/** Values over time, with a legend that shows those under the pointer, and as a table. */
export function Plot(props: PlotProps) {
  const { label, timesMs, series, heightPx = 140 } = props;
  const words = useDesignWords();
  const format = useFormat();
  const [at, setAt] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const value = (values: readonly (number | null)[], index: number): string => {
    const found = values[index];
    return found === null || found === undefined ? '–' : props.format(found);
  };
  return (
    <figure className="plot" aria-label={label}>
      <ul className="plot-legend">
        {series.map((each) => (
          <li key={each.label}>
            <span className={`plot-key plot-${each.tone}`} aria-hidden="true" />
            {each.label}
            {at === null ? null : <span className="plot-value">{value(each.values, at)}</span>}
          </li>
        ))}
        {at === null ? null : <li className="number">{format.dateTime(timesMs[at] ?? 0)}</li>}
      </ul>
      <div className="plot-canvas" style={{ height: heightPx }} aria-hidden="true">
        <PlotCanvas {...props} heightPx={heightPx} onPoint={setAt} />
      </div>
      <details onToggle={(event) => setAsTable(event.currentTarget.open)}>
        <summary>{words.plotTable}</summary>
        {asTable ? (
          <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{words.time}</th>
                  {series.map((each) => (
                    <th key={each.label} scope="col" className="table-end">
                      {each.label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {timesMs.map((timeMs, index) => (
                  <tr key={timeMs}>
                    <td className="table-tight">{format.dateTime(timeMs)}</td>
                    {series.map((each) => (
                      <td key={each.label} className="table-end">
                        {value(each.values, index)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : null}
      </details>
    </figure>
  );
}
