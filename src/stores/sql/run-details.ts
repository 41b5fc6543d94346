import { maxRunsAtOnce } from '../../ports/run-details.ts';
import type { AttemptRow, InstanceRow } from './schema.ts';
import { toInstances } from './instances.ts';
import type { RunRecord } from './rows.ts';
import type { Instance } from '../../domain/run.ts';

/** @throws RangeError when one call names too many runs. */
export function demandFew(ids: readonly string[]): void {
  if (ids.length <= maxRunsAtOnce) return;
  throw new RangeError(
    `${ids.length} runs are asked for at once; at most ${maxRunsAtOnce} may be: ask for a part of them at a time`,
  );
}

/** Instances of several runs, by the runs' numbers; the rows may be those of all, in any order. */
export function instancesByRun(
  runs: readonly Pick<RunRecord, 'n' | 'id' | 'replicas' | 'started_at'>[],
  rows: readonly InstanceRow[],
  attemptRows: readonly AttemptRow[],
): ReadonlyMap<number, readonly Instance[]> {
  const instances = Map.groupBy(rows, ({ run_n }) => run_n);
  const attempts = Map.groupBy(attemptRows, ({ run_n }) => run_n);
  return new Map(
    runs.map((run) => [
      run.n,
      toInstances(run, instances.get(run.n) ?? [], attempts.get(run.n) ?? []),
    ]),
  );
}
