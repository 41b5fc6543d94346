import { failures } from '../../errors.ts';
import { findJob } from '../../jobs.ts';
import { defineOperation } from '../../operation.ts';
import { workflowFields } from '../../render/workflow.ts';
import { requireWorkflow } from '../../workflows.ts';
import { groupedWorkflow } from './fields.ts';

/** A workflow with its DAG; a job that was deleted has no label (schedulerx.md §4.6). */
export const getWorkflow = defineOperation({
  name: 'GetWorkFlow',
  ramAction: 'ReadSchedulerxWorkflowQuery',
  method: 'GET',
  parameters: [...groupedWorkflow],
  async handle({ params }, services) {
    const workflow = await requireWorkflow(services, params, failures.unknownWorkflow);
    const { dag, enabled } = workflow.document;
    const nodes = dag.nodes.map(async (id) => {
      const job = await findJob(services, id);
      return {
        Id: id,
        Label: job?.document.given['Name'] ?? '',
        Status: job?.document.enabled === true ? 1 : 0,
      };
    });
    return {
      data: {
        WorkFlowInfo: { ...workflowFields(workflow), Status: enabled ? 'enable' : 'disable' },
        WorkFlowNodeInfo: {
          Nodes: await Promise.all(nodes),
          Edges: dag.edges.map(({ source, target }) => ({ Source: source, Target: target })),
        },
      },
    };
  },
});
