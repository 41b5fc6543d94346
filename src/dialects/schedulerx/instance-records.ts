import type { RunDetail } from '../../domain/run.ts';
import { instanceRecord } from './render/instance.ts';
import type { SchedulerxServices } from './services.ts';

/** A run of an instance and its record (schedulerx.md §4.4). */
export interface ReadInstance {
  readonly run: RunDetail;
  readonly record: ReturnType<typeof instanceRecord>;
}

/**
 * Reads instances by the ids of their runs, in that order, at the same few reads for any number of
 * them; those that are gone are left out.
 * @param runIds at most 100, a page of a list.
 */
export async function readInstances(
  { context, settings }: SchedulerxServices,
  runIds: readonly string[],
): Promise<readonly ReadInstance[]> {
  if (runIds.length === 0) return [];
  const read = await context.engine.runs.withInstances(runIds);
  const byId = new Map(read.map((each) => [each.run.id, each]));
  return runIds.flatMap((id) => {
    const found = byId.get(id);
    if (found === undefined) return [];
    const { run, instances } = found;
    return [{ run, record: instanceRecord(run, instances, settings) }];
  });
}
