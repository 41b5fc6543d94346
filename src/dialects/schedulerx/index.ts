/** The SchedulerX API, version 2019-04-30: what the composition root mounts. */
import type { Engine } from '../../engine/index.ts';
import type { Product } from '../aliyun/operation.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { schedulerxEnvelope } from './envelope.ts';
import { domainErrors } from './errors.ts';
import { isGranted } from './grants.ts';
import { InstanceIds } from './instance-ids.ts';
import { calendarOperations } from './operations/calendars/list.ts';
import { groupOperations } from './operations/groups/list.ts';
import { instanceOperations } from './operations/instances/list.ts';
import { jobOperations } from './operations/jobs/list.ts';
import { namespaceOperations } from './operations/namespaces/list.ts';
import { policyOperations } from './operations/policies/list.ts';
import { routeOperations } from './operations/routes/list.ts';
import { workerOperations } from './operations/workers/list.ts';
import { workflowOperations } from './operations/workflows/list.ts';
import type { SchedulerxOperation } from './operation.ts';
import { defaultSchedulerxSettings } from './services.ts';
import type { SchedulerxServices, SchedulerxSettings } from './services.ts';
import { readSurroundings } from './surroundings.ts';

export { createSchedulerxForms } from './forms.ts';
export { createSchedulerxInsight } from './insight.ts';
export { createAlertRules } from './alert-rules.ts';
export { InstanceIds, scheduleKey } from './instance-ids.ts';
export { defaultSchedulerxSettings } from './services.ts';
export type { SchedulerxServices, SchedulerxSettings } from './services.ts';
export { createWorkerGroups } from './worker-groups.ts';
export { createWorkflowRules } from './workflow-rules.ts';

const operations: readonly SchedulerxOperation[] = [
  ...namespaceOperations,
  ...groupOperations,
  ...jobOperations,
  ...instanceOperations,
  ...workerOperations,
  ...workflowOperations,
  ...calendarOperations,
  ...policyOperations,
  ...routeOperations,
];

/** Operations about one application: what was granted on it counts there. */
const groupBound: ReadonlySet<string> = new Set(
  operations
    .filter(({ parameters }) => parameters.some(({ name }) => name === 'GroupId'))
    .map(({ name }) => name),
);

/**
 * The product that the Aliyun pipeline serves: the operations of schedulerx.md §4.
 * @param settings what an operator chose; the rest is as for one who chose nothing.
 * @param instanceIds one for the whole server: firings of schedules take from it too.
 */
export function createSchedulerxProduct(
  context: DialectContext,
  settings: Partial<SchedulerxSettings> = {},
  instanceIds: InstanceIds = new InstanceIds(Math.random()),
): Product<SchedulerxServices> {
  const services: SchedulerxServices = {
    context,
    settings: { ...defaultSchedulerxSettings, ...settings },
    instanceIds,
    surroundings: (job) => readSurroundings(services, job),
  };
  return {
    name: 'schedulerx',
    version: '2019-04-30',
    ramCode: 'edas',
    operations,
    services,
    envelope: schedulerxEnvelope,
    rpcOnly: true,
    grants: async (user, operation, params) =>
      groupBound.has(operation) && isGranted(services, user, operation, params),
    errors: domainErrors,
  };
}

/** Gives this server's instance ids a band of their own; await it before the engine starts. */
export async function numberInstanceIds(
  ids: InstanceIds,
  engine: Pick<Engine, 'documents'>,
): Promise<void> {
  ids.setNode(await engine.documents.takeNumbers('schedulerx-server', 1));
}
