import type { TransferSampleView } from '../../../../src/dialects/native/views/transfer-progress.ts';
import type { ReportView } from '../../../../src/dialects/native/views/transfer-report.ts';

/** Speed over time, each point the mean since the sample before it. */
export interface Rates {
  readonly unit: 'rows' | 'bytes';
  readonly timesMs: readonly number[];
  readonly read: readonly number[];
  readonly written: readonly number[];
}

/** How far back the present speed is taken from. */
const recentMs = 15_000;
/** Samples closer than this say nothing about speed. */
const leastMs = 200;

/** Speeds between samples: of rows, or of bytes where files are copied as they are. */
export function ratesOf(samples: readonly TransferSampleView[]): Rates {
  const last = samples.at(-1);
  const unit =
    last !== undefined && last.rowsRead === 0 && last.rowsWritten === 0 && last.bytesWritten > 0
      ? 'bytes'
      : 'rows';
  const [readName, writtenName] =
    unit === 'rows'
      ? (['rowsRead', 'rowsWritten'] as const)
      : (['bytesRead', 'bytesWritten'] as const);
  const rates = {
    unit,
    timesMs: [] as number[],
    read: [] as number[],
    written: [] as number[],
  } as const;
  let before = samples[0];
  for (const sample of samples.slice(1)) {
    if (before === undefined) break;
    const passedMs = sample.atMs - before.atMs;
    if (passedMs < leastMs) continue;
    // A part that is done anew is taken back first: speed is never below zero.
    const speed = (from: number, to: number): number => (Math.max(0, to - from) * 1_000) / passedMs;
    rates.timesMs.push(sample.atMs);
    rates.read.push(speed(before[readName], sample[readName]));
    rates.written.push(speed(before[writtenName], sample[writtenName]));
    before = sample;
  }
  return rates;
}

/** Milliseconds until everything is loaded at the present speed; null = it cannot be told. */
export function leftMs(report: ReportView, samples: readonly TransferSampleView[]): number | null {
  if (report.phase !== 'loading') return null;
  const last = samples.at(-1);
  if (last === undefined) return null;
  const from = samples.find(({ atMs }) => atMs >= last.atMs - recentMs) ?? last;
  const passedMs = last.atMs - from.atMs;
  const { expectedRows, counters } = report;
  const wanted = expectedRows ?? counters.bytesTotal;
  if (wanted === null) return byShare(report, last.atMs);
  const [done, moved] =
    expectedRows === null
      ? [last.bytesRead, last.bytesRead - from.bytesRead]
      : [last.rowsRead, last.rowsRead - from.rowsRead];
  if (moved <= 0 || passedMs < leastMs) return null;
  return (Math.max(0, wanted - done) * passedMs) / moved;
}

/** Percent below which the time so far says nothing about the rest. */
const leastPercent = 5;

/** By how long the share that is done has taken: of sources that tell no size. */
function byShare({ percent, startedAtMs }: ReportView, atMs: number): number | null {
  if (percent < leastPercent) return null;
  return (Math.max(0, atMs - startedAtMs) * (100 - percent)) / percent;
}
