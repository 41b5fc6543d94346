import { defineOperation } from '../../operation.ts';
import { releaseJobs, requireWorkflow } from '../../workflows.ts';
import { namedWorkflow } from './fields.ts';

/** Deletes a workflow, stops its runs, and lets its jobs be scheduled on their own again. */
export const deleteWorkflow = defineOperation({
  name: 'DeleteWorkflow',
  ramAction: 'DeleteSchedulerxWorkflowDelete',
  method: 'GET',
  parameters: [...namedWorkflow],
  async handle({ params, caller }, services) {
    const workflow = await requireWorkflow(services, params);
    // Before the workflow goes: what is left over could not be found any more.
    await releaseJobs(services, workflow, caller.user);
    await services.context.engine.templates.delete(workflow.template.id, 'schedulerx', caller.user);
    return {};
  },
});
