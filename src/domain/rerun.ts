import { DomainError } from './errors.ts';
import type { Instance, RunDetail } from './run.ts';
import { isFinal } from './states.ts';
import type { JobSpec } from './template.ts';

/** The number by which an instance knows its share of the work. */
export function shardNumber({ rerun }: Pick<JobSpec, 'rerun'>, index: number): number {
  return rerun?.indexes?.[index] ?? index;
}

/** How many shares the work has. */
export function shardTotal({ rerun, replicas }: Pick<JobSpec, 'rerun' | 'replicas'>): number {
  return rerun?.total ?? replicas;
}

/** What the run that repeats `run` runs by: all of it, as it was accepted. */
export function wholeRerun({ id, spec }: Pick<RunDetail, 'id' | 'spec'>): JobSpec {
  const { rerun } = spec;
  return {
    ...spec,
    rerun: { of: id, indexes: rerun?.indexes ?? null, total: shardTotal(spec) },
  };
}

/**
 * What a run that repeats only what did not succeed runs by.
 * @throws DomainError `invalid-argument` when the run has not ended, nothing of it failed, or it
 *   moves data: its instances share one plan.
 */
export function failedRerun(
  { id, state, spec }: Pick<RunDetail, 'id' | 'state' | 'spec'>,
  instances: readonly Instance[],
): JobSpec {
  const refuse = (reason: string): never => {
    throw new DomainError('invalid-argument', reason, { runId: id });
  };
  if (!isFinal('run', state)) {
    refuse(`run ${id} is ${state}; what failed of it is known when it has ended`);
  }
  if (spec.task.artifact.kind === 'transfer') {
    refuse(`the workers of run ${id} share one plan; repeat the whole run`);
  }
  const succeeded = new Set(
    instances.filter((instance) => instance.state === 'succeeded').map(({ index }) => index),
  );
  const left = Array.from({ length: spec.replicas }, (_, index) => index).filter(
    (index) => !succeeded.has(index),
  );
  if (left.length === 0) refuse(`every instance of run ${id} succeeded; nothing is left to repeat`);
  if (left.length === spec.replicas) return wholeRerun({ id, spec });
  const { shards } = spec;
  return {
    ...spec,
    replicas: left.length,
    shards: shards === null ? null : left.map((index) => shards[index] ?? {}),
    rerun: {
      of: id,
      indexes: left.map((index) => shardNumber(spec, index)),
      total: shardTotal(spec),
    },
  };
}
