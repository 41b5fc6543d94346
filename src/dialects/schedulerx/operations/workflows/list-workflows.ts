import { requireGroup } from '../../groups.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger, pageOf } from '../../parameters.ts';
import { workflowFields } from '../../render/workflow.ts';
import { workflowsOf } from '../../workflows.ts';

/** Workflows of an application, by id (schedulerx.md §4.6). */
export const listWorkflows = defineOperation({
  name: 'ListWorkFlows',
  ramAction: 'ReadSchedulerxWorkflowQuery',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('WorkflowName', 'string', 'a part of the name'),
    parameter('Status', 'integer', '0 disabled, 1 enabled'),
    parameter('PageNum', 'integer', 'from 1'),
    parameter('PageSize', 'integer', 'at most 100; default 10'),
  ],
  async handle({ params }, services) {
    const group = await requireGroup(services, params);
    const part = params.get('WorkflowName') ?? '';
    const status = optionalInteger(params, 'Status', { min: 0, max: 1 });
    const { offset, pageNumber, pageSize } = pageOf(params, 10);
    const found = (await workflowsOf(services, group)).filter(
      ({ document }) =>
        (document.given['Name'] ?? '').includes(part) &&
        (status === undefined || document.enabled === (status === 1)),
    );
    return {
      data: {
        PageNumber: pageNumber,
        PageSize: pageSize,
        Total: found.length,
        Records: found.slice(offset, offset + pageSize).map((workflow) => ({
          ...workflowFields(workflow),
          Calendar: '',
          Creator: workflow.document.createdBy,
          Updater: workflow.document.updatedBy,
        })),
      },
    };
  },
});
