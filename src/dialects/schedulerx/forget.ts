import type { AppGroup } from './groups.ts';
import type { SchedulerxServices } from './services.ts';
import { workflowsOf } from './workflows.ts';

/** An application is deleted: its workflows go, and their runs are stopped. */
export async function deleteGroupWorkflows(
  services: SchedulerxServices,
  group: Pick<AppGroup, 'namespace' | 'groupId'>,
  by: string,
): Promise<void> {
  for (const workflow of await workflowsOf(services, group)) {
    await services.context.engine.templates.delete(workflow.template.id, 'schedulerx', by);
  }
}
