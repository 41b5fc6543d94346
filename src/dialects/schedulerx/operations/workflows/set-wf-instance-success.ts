import { businessError, failures } from '../../errors.ts';
import { placeOf } from '../../instances.ts';
import { defineOperation, parameter } from '../../operation.ts';
import { workflowRunStatus } from '../../render/workflow.ts';
import { requireWorkflowRun } from '../../workflows.ts';
import { groupedWorkflow } from './fields.ts';

/** Lets a failed run of a workflow count as succeeded; jobs that did not run stay so (§4.6). */
export const setWfInstanceSuccess = defineOperation({
  name: 'SetWfInstanceSuccess',
  ramAction: 'ManageSchedulerxWorkflowInstMarkSuccess',
  method: 'POST',
  parameters: [
    ...groupedWorkflow,
    parameter('WfInstanceId', 'integer', 'run of the workflow', { required: true }),
  ],
  async handle({ params, caller }, services) {
    const { run } = await requireWorkflowRun(services, params, failures.unknownWorkflowOfInstance);
    const status = workflowRunStatus(run);
    if (status !== 5)
      throw businessError(
        `wfInstanceId=${placeOf(run.id).instanceId} is not failed, status=${status}`,
      );
    await services.context.engine.runs.judge(run.id, caller.user);
    return {};
  },
});
