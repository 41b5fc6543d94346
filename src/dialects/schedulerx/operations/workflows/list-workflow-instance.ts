import { failures } from '../../errors.ts';
import { defineOperation } from '../../operation.ts';
import { workflowRunFields } from '../../render/workflow.ts';
import { requireWorkflow } from '../../workflows.ts';
import { groupedWorkflow } from './fields.ts';

/** The operation has no pages: so many of the newest. */
const maxRuns = 100;

/** The newest runs of a workflow, the newest first (schedulerx.md §4.6). */
export const listWorkflowInstance = defineOperation({
  name: 'ListWorkflowInstance',
  ramAction: 'ReadSchedulerxWorkflowInstance',
  method: 'GET',
  parameters: [...groupedWorkflow],
  async handle({ params }, services) {
    const workflow = await requireWorkflow(services, params, failures.unknownWorkflow);
    const { rows } = await services.context.engine.runs.list({
      dialect: 'schedulerx',
      templateId: workflow.template.id,
      offset: 0,
      limit: maxRuns,
    });
    return {
      data: {
        WfInstanceInfos: rows.map((run) => ({
          WfInstanceId: Number(run.id),
          WorkflowId: workflow.id,
          ...workflowRunFields(run, workflow, services.settings),
        })),
      },
    };
  },
});
