import type { Instance, RunDetail } from '../domain/run.ts';

/** A run with its instances, as they were at one moment. */
export interface RunWithInstances {
  readonly run: RunDetail;
  readonly instances: readonly Instance[];
}

/** Most ids that one call may name. */
export const maxRunsAtOnce = 1_000;

/**
 * Several runs in one go: however many are named, a call costs the same few statements. Part of
 * `Store`.
 */
export interface RunDetailStore {
  /**
   * What `run` and `instances` tell, of those of these runs that are there; each once, in no order.
   * @throws RangeError for more than `maxRunsAtOnce` ids.
   */
  runsWithInstances(ids: readonly string[]): Promise<readonly RunWithInstances[]>;
  /**
   * The ids, of these, of which `run` would tell something; each once, in no order.
   * @throws RangeError for more than `maxRunsAtOnce` ids.
   */
  knownRuns(ids: readonly string[]): Promise<readonly string[]>;
}
