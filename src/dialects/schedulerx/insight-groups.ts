import type { WorkerGroupInsight } from '../kit/insight.ts';
import { type AppGroup, groupByNumber } from './groups.ts';
import type { SchedulerxServices } from './services.ts';

/** Applications of a page; documents of applications are told apart by their number. */
export async function groupsInPage(
  services: SchedulerxServices,
  query: { readonly search: string; readonly offset: number; readonly limit: number },
): Promise<{ readonly rows: readonly AppGroup[]; readonly total: number }> {
  const { search, offset, limit } = query;
  const { rows, total } = await services.context.engine.documents.documents({
    dialect: 'schedulerx',
    kind: 'app-group',
    ...(search === '' ? {} : { keyContains: search }),
    offset,
    limit,
  });
  const groups = await Promise.all(rows.map(({ number }) => groupByNumber(services, number)));
  return { rows: groups.filter((group) => group !== null), total };
}

/** Applications as groups of workers. */
export async function listWorkerGroups(
  services: SchedulerxServices,
  query: Parameters<WorkerGroupInsight['list']>[0],
): ReturnType<WorkerGroupInsight['list']> {
  const { rows, total } = await groupsInPage(services, query);
  return {
    rows: rows.map((group) => ({
      number: group.number,
      name: group.groupId,
      alias: group.appName,
      namespace: group.namespace,
      description: group.description,
      maxConcurrent: group.maxConcurrency === 0 ? null : group.maxConcurrency,
      usesBusyWorkers: group.scheduleBusyWorkers,
    })),
    total,
  };
}
