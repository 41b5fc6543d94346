import type { RetentionCursor, RetentionPolicy } from '../domain/retention.ts';

/** One step of a round of retention. */
export interface RetainRequest {
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  /** Most rows of a kind to erase in this transaction; a run counts by its replicas. */
  readonly limit: number;
  /** `thoroughRound` or `nextRound` of the domain, then what the step before returned. */
  readonly cursor: RetentionCursor;
  /** Templates that earlier steps of this stage were done with, as they said. */
  readonly looked: ReadonlySet<number>;
}

/** What a step of retention did. */
export interface RetainResult {
  /** True when another server is at it: nothing was done. */
  readonly busy: boolean;
  readonly erased: {
    readonly runs: number;
    readonly firings: number;
    /** Changes of deleted templates, ended servers, notes about hosts that are gone. */
    readonly leftovers: number;
  };
  /** Where to go on; its stage is `over` at the end of the round. */
  readonly cursor: RetentionCursor;
  /** Templates that this step is done with. */
  readonly looked: readonly number[];
}

/** An attempt whose output is to be removed from the disk of its host. */
export interface Removal {
  readonly attemptId: string;
  readonly executor: string;
}

/** The part of a store that lets go of what is over. */
export interface RetentionStore {
  /**
   * Erases what the policy lets go, a bounded part at a time: finished runs, firings, leftovers.
   * Never an unfinished run, the newest run of a template, or a run whose key must be remembered.
   * Attempts of erased runs become `removals` in the same transaction. One server at a time.
   */
  retain(request: RetainRequest): Promise<RetainResult>;
  /**
   * Lets go of the output of this owner's host, oldest end of a run first, at most `limit` replicas
   * at a time: the attempts become `removals`, and the story of their run says so with `reason`.
   * `endedBeforeMs` null = whatever has ended. `left`: whether there may be more.
   */
  releaseOutput(request: {
    readonly fence: number;
    readonly endedBeforeMs: number | null;
    readonly limit: number;
    readonly reason: string;
    readonly nowMs: number;
  }): Promise<{ readonly attempts: number; readonly left: boolean }>;
  /** What this owner's host is to remove, by attempt id, after the id `after` (empty = from the first). */
  removals(fence: number, after: string, limit: number): Promise<readonly Removal[]>;
  /** Forgets removals of this owner's host that are done. */
  removed(fence: number, attemptIds: readonly string[]): Promise<void>;
  /**
   * Which of these attempts have no run any more. `sinceMs`: when the host was first seen; what is
   * older than that may belong to another store.
   */
  forgotten(
    fence: number,
    attemptIds: readonly string[],
  ): Promise<{ readonly attemptIds: readonly string[]; readonly sinceMs: number }>;
}
