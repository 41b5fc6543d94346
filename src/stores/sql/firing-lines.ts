import type { Firing } from '../../domain/firing.ts';
import type { Run } from '../../domain/run.ts';

/** What the ledger says of a firing whose key another run had already. */
export function heldByOther(
  run: Pick<Run, 'id' | 'trigger' | 'idempotencyKey'>,
): Pick<Firing, 'outcome' | 'runId' | 'rule' | 'reason'> {
  const reason = `run ${run.id}, made by a ${run.trigger} trigger, has the key ${run.idempotencyKey ?? ''} already; no other was made`;
  return { outcome: 'fired', runId: run.id, rule: 'existing', reason };
}
