import { businessError, refusedAs } from '../../errors.ts';
import { defineOperation, parameter } from '../../operation.ts';
import { boundedText } from '../../texts.ts';
import { workflowOverride } from '../../translate/workflow.ts';
import { requireWorkflow } from '../../workflows.ts';
import { groupedWorkflow } from './fields.ts';

/** Longest InstanceParameters, in bytes (schedulerx.md §5.13). */
const maxParameterBytes = 1_000;

/** Runs a workflow now, also one that is disabled (schedulerx.md §4.6). */
export const executeWorkflow = defineOperation({
  name: 'ExecuteWorkflow',
  starts: true,
  ramAction: 'ManageSchedulerxWorkflowRun',
  method: 'GET',
  parameters: [
    ...groupedWorkflow,
    parameter('InstanceParameters', 'string', 'for each of its jobs; at most 1,000 bytes'),
  ],
  async handle({ params, caller }, services) {
    const { context, instanceIds } = services;
    const workflow = await requireWorkflow(services, params);
    const given = params.get('InstanceParameters') ?? '';
    boundedText('InstanceParameters', given, maxParameterBytes);
    if (workflow.document.dag.nodes.length === 0) {
      throw businessError(
        `workflowId=${workflow.id} has no DAG; give it one with UpdateWorkflowDag`,
      );
    }
    const { run } = await refusedAs(
      context.engine.runs.submit({
        templateId: workflow.template.id,
        dialect: 'schedulerx',
        trigger: 'manual',
        runId: instanceIds.next(context.nowMs()),
        idPrefix: '',
        idSuffix: '',
        idempotencyKey: null,
        notBeforeMs: null,
        by: caller.user,
        traceparent: caller.traceparent ?? null,
        override: (current) => workflowOverride(current, caller.user, given === '' ? null : given),
      }),
      {
        'concurrency-forbidden': () =>
          businessError(
            `workflowId=${workflow.id} has as many running instances as MaxConcurrency allows`,
          ),
      },
    );
    return { data: { WfInstanceId: Number(run.id) } };
  },
});
