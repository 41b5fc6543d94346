import type { Engine } from '../engine/index.ts';
import type { MountedDialect } from './dialects.ts';
import type { GroupWorkers } from './metrics-scrape.ts';

/** Groups that a scrape tells of, the first by name; each is a series. */
const groupLimit = 200;

/** How many workers each group has, as the dialects that manage groups tell. */
export async function workersByGroup(
  dialects: readonly MountedDialect[],
  engine: Engine,
): Promise<readonly GroupWorkers[]> {
  const found: GroupWorkers[] = [];
  for (const { workerGroups } of dialects.flatMap(({ insights = [] }) => insights)) {
    if (workerGroups === undefined) continue;
    const { rows } = await workerGroups.list({ search: '', offset: 0, limit: groupLimit });
    for (const { number, name, namespace } of rows) {
      found.push({ namespace, group: name, workers: engine.workers(number).length });
    }
  }
  return found;
}
