import { defineOperation } from '../../operation.ts';
import { changeWorkflow, requireWorkflow } from '../../workflows.ts';
import { namedWorkflow } from './fields.ts';

/** Disables a workflow: its cron rests, and its jobs are scheduled on their own again. */
export const disableWorkflow = defineOperation({
  name: 'DisableWorkflow',
  ramAction: 'ManageSchedulerxWorkflowDisable',
  method: 'GET',
  parameters: [...namedWorkflow],
  async handle({ params, caller }, services) {
    const workflow = await requireWorkflow(services, params);
    await changeWorkflow(services, workflow, caller.user, (document) => ({
      ...document,
      enabled: false,
    }));
    return {};
  },
});
