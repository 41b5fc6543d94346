import { businessError } from '../../errors.ts';
import { requireGroup } from '../../groups.ts';
import { workflowNamespaceOf, workflowTemplateId } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { type WorkflowDocument, workflowRevision } from '../../translate/workflow.ts';
import { maxWorkflows, workflowSequence } from '../../workflows.ts';
import { givenOf, requireName } from './fields.ts';

/** Makes a workflow, disabled and without jobs (schedulerx.md §4.6). */
export const createWorkflow = defineOperation({
  name: 'CreateWorkflow',
  ramAction: 'CreateSchedulerxWorkflowCreate',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('Name', 'string', 'its name', { required: true }),
    parameter('TimeType', 'integer', '1 cron, 100 api', { required: true }),
    parameter('TimeExpression', 'string', 'cron, when TimeType is 1'),
    parameter('Timezone', 'string', 'of the cron, e.g. GMT+8'),
    parameter('MaxConcurrency', 'integer', 'unfinished runs at most; default 1'),
    parameter('Description', 'string', 'read back', { effect: 'stored' }),
  ],
  async handle({ params, caller }, services) {
    const { engine } = services.context;
    const group = await requireGroup(services, params);
    const given = givenOf(params, [
      'Name',
      'TimeType',
      'TimeExpression',
      'Timezone',
      'MaxConcurrency',
      'Description',
    ]);
    requireName(given);
    const namespace = workflowNamespaceOf(group);
    const { total } = await engine.templates.list({
      dialect: 'schedulerx',
      namespace,
      offset: 0,
      limit: 1,
    });
    if (total >= maxWorkflows) {
      throw businessError(`groupId: ${group.groupId} has ${maxWorkflows} workflows already`);
    }
    const document: WorkflowDocument = {
      kind: 'workflow',
      workflowId: 0,
      given,
      dag: { nodes: [], edges: [] },
      enabled: false,
      createdBy: caller.user,
      updatedBy: caller.user,
    };
    // What cannot be takes no number.
    workflowRevision(document, services.settings);
    const id = await engine.documents.takeNumbers(workflowSequence, 1);
    await engine.templates.create(
      {
        ...workflowRevision({ ...document, workflowId: id }, services.settings),
        id: workflowTemplateId(id),
        dialect: 'schedulerx',
        namespace,
        name: given['Name'] ?? '',
      },
      caller.user,
    );
    // A text here, and a number everywhere else.
    return { top: { Code: '200' }, data: { WorkflowId: id } };
  },
});
