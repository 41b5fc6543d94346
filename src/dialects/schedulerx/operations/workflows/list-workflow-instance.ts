import type { Run } from '../../../../domain/run.ts';
import { placeOf } from '../../instances.ts';
import { defineOperation } from '../../operation.ts';
import { workflowRunFields } from '../../render/workflow.ts';
import { requireWorkflow } from '../../workflows.ts';
import { groupedWorkflow } from './fields.ts';

/** The operation has no pages: so many of the newest. */
const maxRuns = 100;

/** The newest runs of a workflow, the newest first (schedulerx.md §4.6). */
export const listWorkflowInstance = defineOperation({
  name: 'ListWorkflowInstance',
  ramAction: 'ReadSchedulerxWorkflowQuery',
  method: 'GET',
  parameters: [...groupedWorkflow],
  async handle({ params }, services) {
    const workflow = await requireWorkflow(services, params);
    const { runs } = services.context.engine;
    const { rows } = await runs.list({
      dialect: 'schedulerx',
      templateId: workflow.template.id,
      offset: 0,
      limit: maxRuns,
    });
    // One that went on stands where it began, as what it has become.
    const newest = new Map<string, Run>();
    for (const run of rows.toReversed()) newest.set(placeOf(run.id).instanceId, run);
    const infos = [...newest].toReversed().map(async ([instanceId, run]) => {
      const isFirst = placeOf(run.id).retry === 0;
      const shown = isFirst ? run : ((await runs.get(run.id)) ?? run);
      return {
        WfInstanceId: Number(instanceId),
        WorkflowId: workflow.id,
        ...workflowRunFields(shown, workflow, services.settings),
      };
    });
    return { data: { WfInstanceInfos: await Promise.all(infos) } };
  },
});
