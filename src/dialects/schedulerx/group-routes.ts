/** Route strategies of whole applications; those of single jobs are in `job-details.ts`. */
import type { AppGroup } from './groups.ts';
import type { SchedulerxServices } from './services.ts';
import type { RouteStrategy } from './translate/route-strategy.ts';

type GroupName = Pick<AppGroup, 'namespace' | 'groupId'>;

/** Null when the application has none. */
export async function groupRoute(
  { context }: SchedulerxServices,
  group: GroupName,
): Promise<RouteStrategy | null> {
  const document = await context.engine.documents.document(nameOf(group));
  return document === null ? null : (document.value as unknown as RouteStrategy);
}

/** Creates, replaces, or with null deletes it. @returns whether there was one. */
export async function setGroupRoute(
  { context }: SchedulerxServices,
  group: GroupName,
  route: RouteStrategy | null,
): Promise<boolean> {
  let before = false;
  await context.engine.documents.changeDocument(nameOf(group), context.nowMs(), (document) => {
    before = document !== null;
    return route === null ? null : { parent: group.namespace, value: { ...route } };
  });
  return before;
}

function nameOf({ namespace, groupId }: GroupName) {
  return { dialect: 'schedulerx', kind: 'group-route', key: `${namespace}/${groupId}` } as const;
}
