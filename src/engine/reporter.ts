import type { AttemptReport } from '../ports/executor.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Pace } from './pace.ts';
import { ReportQueue } from './report-queue.ts';
import { announceFinished, type Runtime, stopAttempts } from './runtime.ts';

/** Wait before offering reports again after the store failed. */
const STORE_RETRY_MS = 500;

/** Under load reports gather for this long, so that many share a transaction. */
const REPORT_WINDOW_MS = 4;

/**
 * Writes down what executors report. Reports are kept until the store has them: their number is
 * bounded by the attempts that can be alive, of which only the latest progress is kept.
 */
export class Reporter {
  readonly #runtime: Runtime;
  readonly #dispatcher: Dispatcher;
  readonly #onFinished: () => void;
  readonly #pace: Pace;
  readonly #waiting = new ReportQueue();
  #writing: Promise<void> | null = null;

  constructor(runtime: Runtime, dispatcher: Dispatcher, onFinished: () => void) {
    this.#runtime = runtime;
    this.#dispatcher = dispatcher;
    this.#onFinished = onFinished;
    this.#pace = new Pace(runtime.clock, REPORT_WINDOW_MS, () => void this.#write());
  }

  /** Reports that are not stored yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a batch; ends free their room at once, so that the next claim shares the commit. */
  accept(reports: readonly AttemptReport[]): void {
    this.#waiting.add(reports);
    for (const report of reports) {
      if (isEnd(report)) this.#dispatcher.release(report.attemptId);
    }
    this.#schedule();
  }

  /** Resolves when everything accepted so far is stored. */
  async flush(): Promise<void> {
    while (this.#waiting.size > 0 || this.#writing !== null) {
      await (this.#writing ?? this.#write());
    }
  }

  #schedule(): void {
    if (this.#waiting.size > 0) this.#pace.request(this.#dispatcher.idle);
  }

  #write(): Promise<void> {
    const batch = this.#waiting.takeAll();
    if (batch.length === 0) return Promise.resolve();
    // Batches may overlap in flight: the store keeps their order.
    const writing = this.#store(batch).finally(() => {
      if (this.#writing === writing) this.#writing = null;
    });
    this.#writing = writing;
    return writing;
  }

  async #store(batch: readonly AttemptReport[]): Promise<void> {
    const { store, clock, counters, signals, log, tracing, measuring } = this.#runtime;
    try {
      const result = await store.report(batch, clock.nowMs());
      counters.staleReports += result.stale;
      tracing?.reported(batch);
      measuring?.reported(batch);
      stopAttempts(this.#runtime, result.stop);
      announceFinished(this.#runtime, result.finished);
      for (const report of batch) signals.notify(runOf(report.attemptId));
      if (result.wake) this.#dispatcher.wake();
      if (result.finished.length > 0) this.#onFinished();
    } catch (error) {
      log.error(
        { err: error, reports: batch.length },
        'storing executor reports failed; trying again',
      );
      this.#waiting.putBack(batch);
      await new Promise<void>((resolve) => void clock.after(STORE_RETRY_MS, resolve));
      this.#schedule();
    }
  }
}

/** Whether the attempt needs its room no more. */
function isEnd({ kind }: AttemptReport): boolean {
  return kind !== 'started' && kind !== 'progress';
}

/** The run part of an attempt id. */
function runOf(attemptId: string): string {
  return attemptId.split('.').slice(0, -2).join('.');
}
