import { common, defineOperation, parameter } from '../../operation.ts';
import { changeWorkflow, requireWorkflow } from '../../workflows.ts';
import { givenOf, requireName, workflowId } from './fields.ts';

/** Changes what CreateWorkflow set; what is absent stays (schedulerx.md §4.6). */
export const updateWorkflow = defineOperation({
  name: 'UpdateWorkflow',
  ramAction: 'ManageSchedulerxWorkflowModify',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    workflowId,
    parameter('Name', 'string', 'its name in answers'),
    parameter('TimeType', 'integer', '1 cron, 100 api'),
    parameter('TimeExpression', 'string', 'cron, when TimeType is 1'),
    parameter('Description', 'string', 'read back', { effect: 'stored' }),
  ],
  async handle({ params, caller }, services) {
    const workflow = await requireWorkflow(services, params);
    const given = givenOf(params, ['Name', 'TimeType', 'TimeExpression', 'Description']);
    requireName(given);
    await changeWorkflow(services, workflow, caller.user, (document) => ({
      ...document,
      given: { ...document.given, ...given },
    }));
    return {};
  },
});
