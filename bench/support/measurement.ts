/** One figure of a bench, always beside what it is held against. */
export interface Measurement {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, in words. */
  readonly against: string;
  /** The comparison's figure in the same unit. */
  readonly limit: number;
  /** value / limit, or the median of that of rounds, each of which measured both. */
  readonly ratio: number;
}

/** Builds a measurement; numbers are rounded to three significant decimals for reading. */
export function measurement(
  bench: string,
  metric: string,
  value: number,
  unit: string,
  against: string,
  limit: number,
  ratio = value / limit,
): Measurement {
  return {
    bench,
    metric,
    value: round(value),
    unit,
    against,
    limit: round(limit),
    ratio: round(ratio),
  };
}

/** Value at the given fraction of the sorted list (nearest rank). */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1));
  return sorted[index] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function round(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toFixed(Math.min(digits, 6)));
}
