import { businessError } from '../../errors.ts';
import { defineOperation } from '../../operation.ts';
import { changeWorkflow, requireWorkflow } from '../../workflows.ts';
import { namedWorkflow } from './fields.ts';

/** Enables a workflow: its cron fires, and its jobs rest otherwise (schedulerx.md §5.13). */
export const enableWorkflow = defineOperation({
  name: 'EnableWorkflow',
  ramAction: 'ManageSchedulerxWorkflowEnable',
  method: 'GET',
  parameters: [...namedWorkflow],
  async handle({ params, caller }, services) {
    const workflow = await requireWorkflow(services, params);
    if (workflow.document.dag.nodes.length === 0) {
      throw businessError(
        `workflowId=${workflow.id} has no DAG; give it one with UpdateWorkflowDag`,
      );
    }
    await changeWorkflow(services, workflow, caller.user, (document) => ({
      ...document,
      enabled: true,
    }));
    return {};
  },
});
