import { failures } from '../../errors.ts';
import { defineOperation, parameter } from '../../operation.ts';
import { workflowRunFields } from '../../render/workflow.ts';
import { workflowRunDag } from '../../render/workflow-nodes.ts';
import { requireWorkflowRun } from '../../workflows.ts';
import { groupedWorkflow } from './fields.ts';

/** A run of a workflow with the instances of its jobs (schedulerx.md §4.6). */
export const getWorkflowInstance = defineOperation({
  name: 'GetWorkflowInstance',
  ramAction: 'ReadSchedulerxWorkflowQuery',
  method: 'GET',
  parameters: [
    ...groupedWorkflow,
    parameter('WfInstanceId', 'integer', 'run of the workflow', { required: true }),
  ],
  async handle({ params }, services) {
    const { workflow, run } = await requireWorkflowRun(services, params, failures.unknownWorkflow);
    return {
      data: {
        WfInstanceInfo: workflowRunFields(run, workflow, services.settings),
        WfInstanceDag: await workflowRunDag(services, run),
      },
    };
  },
});
