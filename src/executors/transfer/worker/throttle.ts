import { setTimeout as pause } from 'node:timers/promises';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import type { Pace } from '../state/pace.ts';

/** Longest single pause: timers hold no more than 2^31 ms. */
const maxPauseMs = 3_600_000;

/**
 * Holds reading back to the job's rates (cdm.md §5.11), which its workers share. What was read is
 * paid for afterwards, so a batch may be of any size; it goes on only when it is.
 */
export class Throttle {
  readonly #limits: TransferDefinition['throttle'];
  readonly #nowMs: () => number;

  constructor(limits: TransferDefinition['throttle'], nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Waits until so much may have been read by the run. @throws AbortError. */
  async take(
    bytes: number,
    rows: number,
    pace: Pick<Pace, 'reserve'>,
    signal: AbortSignal,
  ): Promise<void> {
    const costMs = costOf(this.#limits, bytes, rows);
    if (costMs === 0) return;
    // By this process's own time from here on: the machine's clock may be set meanwhile.
    const endMs = performance.now() + pace.reserve(costMs, this.#nowMs());
    for (;;) {
      const waitMs = endMs - performance.now();
      if (waitMs <= 0) return;
      await pause(Math.min(waitMs, maxPauseMs), undefined, { signal });
    }
  }
}

/** Milliseconds that reading so much takes at the job's rates; 0 = there are none. */
export function costOf(
  { bytesPerSecond, rowsPerSecond }: TransferDefinition['throttle'],
  bytes: number,
  rows: number,
): number {
  return (
    1_000 *
    Math.max(
      bytesPerSecond === null ? 0 : bytes / bytesPerSecond,
      rowsPerSecond === null ? 0 : rows / rowsPerSecond,
    )
  );
}
