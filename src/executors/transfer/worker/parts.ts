import type { TransferDefinition } from '../../../domain/transfer/definition.ts';
import type { TransferWork } from '../../../ports/transfers.ts';
import type { OpenCopying } from '../plan/copying.ts';
import type { ConnectorOf } from '../plan/ends.ts';
import { liveCounts, type LiveCounts } from '../state/chunks.ts';
import type { RunState } from '../state/state.ts';
import type { Care } from './care.ts';
import type { Throttle } from './throttle.ts';

/** What a worker is made of. */
export interface WorkerParts {
  readonly runId: string;
  /** 0-based instance. */
  readonly index: number;
  readonly replicas: number;
  /** `<index>.<attempt number>`. */
  readonly me: string;
  readonly work: TransferWork;
  readonly definition: TransferDefinition;
  readonly connectorOf: ConnectorOf;
  readonly openCopying: OpenCopying;
  /** Zone of dates without an offset in expressions. */
  readonly timezone: string;
  readonly state: RunState;
  readonly throttle: Throttle;
  readonly live: Live;
  readonly care: Care;
  readonly nowMs: () => number;
  /** A line for people who follow the attempt. */
  readonly say: (line: string) => void;
}

/** What was moved since the last commit. */
export class Live implements LiveCounts {
  rowsRead = 0;
  rowsWritten = 0;
  rowsRejected = 0;
  bytesRead = 0;
  bytesWritten = 0;

  reset(): void {
    this.show([]);
  }

  /** What is under way is this, in several parts. */
  show(parts: readonly LiveCounts[]): void {
    for (const name of liveCounts) {
      this[name] = parts.reduce((total, counts) => total + counts[name], 0);
    }
  }
}
