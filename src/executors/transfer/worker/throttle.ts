import { setTimeout as pause } from 'node:timers/promises';
import type { TransferDefinition } from '../../../domain/transfer/definition.ts';

/** Longest single pause: rates change while workers come and go. */
const maxPauseMs = 1_000;

/**
 * Holds reading back to the job's rates (cdm.md §5.11). The job's rate is divided among the
 * workers that are there. What was read is paid for afterwards, so a batch may be of any size.
 */
export class Throttle {
  readonly #limits: TransferDefinition['throttle'];
  readonly #nowMs: () => number;
  /** Workers that share the rates. */
  workers = 1;
  /** Until when what was read is paid for. */
  #paidUntilMs = 0;

  constructor(limits: TransferDefinition['throttle'], nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Waits until so much may have been read. @throws AbortError. */
  async take(bytes: number, rows: number, signal: AbortSignal): Promise<void> {
    const { bytesPerSecond, rowsPerSecond } = this.#limits;
    if (bytesPerSecond === null && rowsPerSecond === null) return;
    const share = Math.max(this.workers, 1);
    const costMs =
      share *
      1_000 *
      Math.max(
        bytesPerSecond === null ? 0 : bytes / bytesPerSecond,
        rowsPerSecond === null ? 0 : rows / rowsPerSecond,
      );
    this.#paidUntilMs = Math.max(this.#paidUntilMs, this.#nowMs()) + costMs;
    for (;;) {
      const waitMs = this.#paidUntilMs - this.#nowMs();
      if (waitMs <= 0) return;
      await pause(Math.min(waitMs, maxPauseMs), undefined, { signal });
    }
  }
}
