import type { Attempt, Instance } from '../../domain/run.ts';
import { type InstanceState, isFinal } from '../../domain/states.ts';
import { type RunRecord, toAttempt } from './rows.ts';
import type { AttemptRow, InstanceRow } from './schema.ts';

/**
 * Instances of a run. A row is written only for what its attempts do not tell: that it waits, that
 * it failed for good, that it was stopped before an attempt. Without a row, or with an `active`
 * one, an instance is what its newest attempt is.
 */
export function toInstances(
  run: Pick<RunRecord, 'id' | 'replicas' | 'started_at'>,
  rows: readonly InstanceRow[],
  attemptRows: readonly AttemptRow[],
): Instance[] {
  if (run.started_at === null) return [];
  const byIndex = new Map(rows.map((row) => [row.idx, row]));
  const attempts = Map.groupBy(attemptRows, ({ idx }) => idx);
  return Array.from({ length: run.replicas }, (_, index) => {
    const own = (attempts.get(index) ?? [])
      .toSorted((a, b) => a.number - b.number)
      .map((attempt) => toAttempt(run.id, attempt));
    const state = stateOf(byIndex.get(index), own.at(-1));
    return { id: `${run.id}.${index}`, runId: run.id, index, state, attempts: own };
  });
}

function stateOf(row: InstanceRow | undefined, newest: Attempt | undefined): InstanceState {
  if (row !== undefined && row.state !== 'active') return row.state as InstanceState;
  if (newest === undefined) return row === undefined ? 'pending' : 'active';
  // A retry that is claimed at this moment may not be among the attempts yet.
  if (!isFinal('attempt', newest.state) || newest.number < (row?.attempt ?? 0)) return 'active';
  return newest.state === 'succeeded' || newest.state === 'stopped' ? newest.state : 'failed';
}
