import type { AttemptReport } from '../ports/executor.ts';

/**
 * Reports on their way to the store, in their order. Of an attempt's progress only the latest is
 * kept, at the place of the first: a store that does not answer for a while makes nothing grow.
 */
export class ReportQueue {
  #reports: AttemptReport[] = [];
  /** Where the progress of an attempt stands. */
  #progress = new Map<string, number>();

  get size(): number {
    return this.#reports.length;
  }

  add(reports: readonly AttemptReport[]): void {
    for (const report of reports) {
      if (report.kind === 'progress') {
        const at = this.#progress.get(report.attemptId);
        if (at !== undefined) {
          this.#reports[at] = report;
          continue;
        }
        this.#progress.set(report.attemptId, this.#reports.length);
      }
      this.#reports.push(report);
    }
  }

  /** Empties the queue. */
  takeAll(): readonly AttemptReport[] {
    const reports = this.#reports;
    this.#reports = [];
    this.#progress = new Map();
    return reports;
  }

  /** Gives back what was taken: it stands before everything that was added since. */
  putBack(reports: readonly AttemptReport[]): void {
    const since = this.takeAll();
    this.add(reports);
    this.add(since);
  }
}
