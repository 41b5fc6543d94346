import type { TransferFailure } from '../../domain/transfer/report.ts';
import { openRunState } from './state/state.ts';
import { Care } from './worker/care.ts';
import { Live, type WorkerParts } from './worker/parts.ts';
import { Throttle } from './worker/throttle.ts';
import { tidyUp } from './worker/tidy.ts';

/** What the server does for workers that are gone. */
export type AbandonParts = Pick<
  WorkerParts,
  'runId' | 'work' | 'connectorOf' | 'openCopying' | 'nowMs' | 'say'
>;

/**
 * Ends a run that no worker is left of and removes what must not stay at its target; a run that
 * has ended, or that a worker lives of, is left alone. @throws Error of the state's database.
 */
export async function abandonRun(
  stateFile: string,
  parts: AbandonParts,
  failure: TransferFailure,
): Promise<void> {
  const me = 'server';
  const state = openRunState(stateFile, me, parts.nowMs);
  try {
    const phase = state.run.phase();
    if (phase === 'done' || phase === 'failed' || state.members.alive().length > 0) return;
    state.run.fail(failure);
    const { definition } = parts.work;
    await tidyUp({
      ...parts,
      definition,
      index: 0,
      replicas: 1,
      me,
      timezone: 'UTC',
      state,
      throttle: new Throttle(definition.throttle, parts.nowMs),
      live: new Live(),
      care: new Care(),
    });
  } finally {
    state.close();
  }
}
