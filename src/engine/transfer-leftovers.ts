import type { RunDetail } from '../domain/run.ts';
import type { DataJobsOptions } from './data-jobs.ts';
import { type PreparationSources, withKeys } from './preparation.ts';
import { workOf } from './transfer-work.ts';

/** What looking after data jobs takes. */
export interface LeftoverSources extends DataJobsOptions, Pick<PreparationSources, 'unseal'> {
  run(id: string): Promise<RunDetail | null>;
}

/**
 * Ends data jobs whose runs are over while no worker was there to say so, e.g. stopped while all
 * of them waited for a retry: what they left at their targets goes. Only where their state lies.
 * @throws Error of the store, or why a run cannot be looked after.
 */
export async function endLeftovers(
  runIds: readonly string[],
  { transfers, links, unseal, run: read }: LeftoverSources,
): Promise<void> {
  for (const id of runIds) {
    // Almost no run is a data job, and most of those have ended by themselves.
    const report = await transfers.report(id);
    if (report === null || report.phase === 'done' || report.phase === 'failed') continue;
    const run = await read(id);
    const artifact = run?.spec.task.artifact;
    if (run === null || artifact?.kind !== 'transfer') continue;
    const work = await workOf(artifact, run.scheduledAtMs ?? run.createdAtMs, links);
    await transfers.abandon?.(id, withKeys(work, { unseal }), {
      code: run.state === 'canceled' ? 'stopped' : 'internal',
      message: run.message,
      details: '',
    });
  }
}
