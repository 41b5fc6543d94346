/**
 * What a run repeats. Its instances stand for `indexes` of the run it repeats and are told these
 * numbers and the same total, so that a shard does again what it did before.
 */
export interface Rerun {
  /** Id of the run that is repeated. */
  readonly of: string;
  /** Shard number of each instance; null = all, each its own index. */
  readonly indexes: readonly number[] | null;
  /** Instances of the whole job, of which these may be a part. */
  readonly total: number;
}
