import { useEffect, useEffectEvent, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatOf } from '../i18n/format.ts';
import { language } from '../i18n/language.ts';
import { timeLabels } from './plot-axis.ts';
import type { PlotProps, PlotSeries } from './plot.tsx';
import { useShownTheme } from './theme.ts';

const widthIfUnknownPx = 320;
const maxMarkedPoints = 120;

/** The painted part of a plot. */
export default function PlotCanvas({
  timesMs,
  series,
  format,
  heightPx,
  onPoint,
}: PlotProps & { readonly heightPx: number; readonly onPoint: (index: number | null) => void }) {
  const theme = useShownTheme();
  const shown = language.use();
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const point = useEffectEvent(onPoint);
  const write = useEffectEvent(format);
  const data = dataOf(timesMs, series);
  const newest = useEffectEvent(() => data);
  const kinds = series.map((each) => `${each.label} ${each.tone} ${each.kind ?? ''}`).join('\n');

  const create = useEffectEvent((root: HTMLDivElement) => {
    const color = (name: string): string => getComputedStyle(root).getPropertyValue(`--${name}`);
    const axis = {
      stroke: color('text-3'),
      grid: { stroke: color('border'), width: 1 },
      ticks: { show: false },
    };
    const bars = UPlot.paths.bars?.({ size: [0.8, 40], gap: 1 });
    return new UPlot(
      {
        width: root.clientWidth || widthIfUnknownPx,
        height: heightPx,
        padding: [6, 18, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 6 }, drag: { x: false, y: false }, y: false },
        scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 26,
            font: '11px system-ui',
            space: 70,
            values: (_plot, times, _axis, _space, stepS) =>
              timeLabels(times, stepS, formatOf(shown)),
          },
          {
            ...axis,
            size: 52,
            font: '11px system-ui',
            space: 30,
            values: (_plot, values) => values.map((value) => write(value)),
          },
        ],
        series: [
          {},
          ...stackedOrder(series).map((each) => ({
            label: each.label,
            stroke: color(`${each.tone}-solid`),
            width: each.kind === 'bars' ? 0 : 1.5,
            ...(each.kind === 'bars'
              ? {
                  fill: color(`${each.tone}-solid`),
                  ...(bars === undefined ? {} : { paths: bars }),
                }
              : {}),
            points:
              each.kind === 'bars'
                ? { show: false }
                : { size: 5, show: showPoints, fill: color(`${each.tone}-solid`) },
          })),
        ],
        hooks: { setCursor: [(drawn) => point(drawn.cursor.idx ?? null)] },
      },
      newest(),
      root,
    );
  });

  useEffect(() => {
    const root = element.current;
    if (root === null) return undefined;
    const made = create(root);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (root.clientWidth > 0) made.setSize({ width: root.clientWidth, height: heightPx });
    });
    observer.observe(root);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, shown, kinds, heightPx]);

  useEffect(() => {
    plot.current?.setData(newest());
  }, [timesMs, series]);

  return <div ref={element} />;
}

/** A value without neighbours is no line: few enough values are marked. */
function showPoints(plot: UPlot): boolean {
  return plot.data[0].length <= maxMarkedPoints;
}

/** Bars are painted from the highest stack down, so that each lower one covers its part. */
function stackedOrder(series: readonly PlotSeries[]): readonly PlotSeries[] {
  return [
    ...series.filter((each) => each.kind === 'bars').toReversed(),
    ...series.filter((each) => each.kind !== 'bars'),
  ];
}

function dataOf(timesMs: readonly number[], series: readonly PlotSeries[]): UPlot.AlignedData {
  const below = timesMs.map(() => 0);
  const columns = new Map<PlotSeries, (number | null)[]>();
  for (const each of series) {
    columns.set(
      each,
      each.kind === 'bars'
        ? each.values.map((value, index) => {
            below[index] = (below[index] ?? 0) + (value ?? 0);
            return below[index] ?? 0;
          })
        : [...each.values],
    );
  }
  return [
    timesMs.map((timeMs) => timeMs / 1_000),
    ...stackedOrder(series).map((each) => columns.get(each) ?? []),
  ];
}
