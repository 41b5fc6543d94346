import type { Timer } from '../../../ports/clock.ts';
import type { AttemptReport } from '../../../ports/executor.ts';
import type { AttemptRecord, EndRecord } from './journal.ts';
import type { Timing } from './limits.ts';
import { endReport, progressOf } from './outcome.ts';

/** What telling needs of what attempts share. */
export interface TellingShared {
  readonly timing: Timing;
  nowMs(): number;
  after(delayMs: number, task: () => void): Timer;
  report(report: AttemptReport): void;
}

/** The reports about one attempt, under the fence of its present owner. */
export class Telling {
  readonly #shared: TellingShared;
  readonly #attemptId: string;
  #fence: number;
  #timer: Timer | null = null;
  #ended = false;

  constructor(shared: TellingShared, attemptId: string, fence: number) {
    this.#shared = shared;
    this.#attemptId = attemptId;
    this.#fence = fence;
  }

  claim(fence: number): void {
    this.#fence = fence;
  }

  /** Nothing while it has not begun. */
  started({ startedAtMs, parts }: AttemptRecord, worker = parts[0]?.address ?? ''): void {
    if (startedAtMs === null) return;
    const about = this.#about(startedAtMs);
    this.#shared.report({ kind: 'started', ...about, pid: null, worker });
  }

  /** Tells how far it is, before long; of a single dispatch there is nothing to tell. */
  progressSoon(record: AttemptRecord): void {
    if (record.parts.length < 2 || this.#timer !== null) return;
    this.#timer = this.#shared.after(this.#shared.timing.progressMs, () => {
      this.#timer = null;
      if (!this.#ended) this.#progress(record);
    });
  }

  /** The last thing that is told; how far it came goes before it. */
  end(record: AttemptRecord | null, end: EndRecord): void {
    this.close();
    if (record !== null && record.parts.length > 1) this.#progress(record);
    this.#shared.report(endReport(this.#attemptId, this.#fence, end));
  }

  close(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #progress(record: AttemptRecord): void {
    const about = this.#about(this.#shared.nowMs());
    this.#shared.report({ kind: 'progress', ...about, progress: progressOf(record) });
  }

  #about(atMs: number): { attemptId: string; fence: number; atMs: number } {
    return { attemptId: this.#attemptId, fence: this.#fence, atMs };
  }
}
