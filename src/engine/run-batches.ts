import type { RunWithInstances } from '../ports/run-details.ts';
import type { ListedRun } from '../ports/run-lists.ts';
import type { RunQuery } from '../ports/store.ts';

/** Reads of many runs at the price of few; part of `Runs`. */
export interface RunBatches {
  /** The rows of `list` alone: cheaper where nobody asks how many there are. */
  rows(query: RunQuery): Promise<readonly ListedRun[]>;
  /**
   * Those of these runs that are there, with their instances, in no order.
   * @throws RangeError for more than 1,000 ids.
   */
  withInstances(runIds: readonly string[]): Promise<readonly RunWithInstances[]>;
  /** Which of these runs are there, in no order. @throws RangeError for more than 1,000 ids. */
  known(runIds: readonly string[]): Promise<readonly string[]>;
}
