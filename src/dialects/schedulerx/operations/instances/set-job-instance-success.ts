import { businessError } from '../../errors.ts';
import { requireInstance } from '../../instances.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { resumeWorkflow } from '../../workflow-resumption.ts';
import { instanceStatus, statusOf } from '../../render/instance.ts';

/** Lets a failed instance count as succeeded (§6 #23); a workflow that failed by it goes on. */
export const setJobInstanceSuccess = defineOperation({
  name: 'SetJobInstanceSuccess',
  ramAction: 'ManageSchedulerxJobInstMarkSuccess',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('JobInstanceId', 'integer', 'the instance', { required: true }),
  ],
  async handle({ params, caller }, services) {
    const { run, instanceId } = await requireInstance(services, params, 'JobInstanceId');
    if (statusOf(run) !== instanceStatus.failed) {
      throw businessError(`jobInstanceId=${instanceId} is not failed, status=${statusOf(run)}`);
    }
    await services.context.engine.runs.judge(run.id, caller.user);
    await resumeWorkflow(services, instanceId, caller.user);
    return {};
  },
});
