import { failures } from '../../errors.ts';
import { requireGroup } from '../../groups.ts';
import { belongsTo, findJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { required } from '../../parameters.ts';
import { boundedText } from '../../texts.ts';
import { parseDag } from '../../translate/dag.ts';
import { changeWorkflow, requireWorkflow } from '../../workflows.ts';
import { workflowId } from './fields.ts';

/** Replaces the DAG; runs that are under way keep theirs (schedulerx.md §4.6). */
export const updateWorkflowDag = defineOperation({
  name: 'UpdateWorkflowDag',
  ramAction: 'ManageSchedulerxWorkflowDagModify',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    workflowId,
    parameter('DagJson', 'json', 'jobs of the application and what comes after what; no cycle', {
      required: true,
    }),
  ],
  async handle({ params, caller }, services) {
    const workflow = await requireWorkflow(services, params);
    const group = await requireGroup(services, params);
    const dag = parseDag(boundedText('DagJson', required(params, 'DagJson'), 256 * 1024));
    const jobs = await Promise.all(dag.nodes.map((jobId) => findJob(services, jobId)));
    for (const [index, job] of jobs.entries()) {
      const jobId = dag.nodes[index] ?? 0;
      if (job === null) throw failures.unknownJob(jobId);
      if (!belongsTo(job, group)) throw failures.wrongGroup(jobId, group.groupId);
    }
    await changeWorkflow(services, workflow, caller.user, (document) => ({ ...document, dag }));
    return {};
  },
});
