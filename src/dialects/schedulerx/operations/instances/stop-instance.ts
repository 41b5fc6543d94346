import { isFinal } from '../../../../domain/states.ts';
import { businessError } from '../../errors.ts';
import { requireInstance } from '../../instances.ts';
import { common, defineOperation, parameter } from '../../operation.ts';

/** Kills what an instance runs; it ends as failed, `killed from server` (schedulerx.md §5.8). */
export const stopInstance = defineOperation({
  name: 'StopInstance',
  ramAction: 'ManageSchedulerxJobInstStop',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('InstanceId', 'integer', 'the instance', { required: true }),
  ],
  async handle({ params, caller }, services) {
    const { run, instanceId } = await requireInstance(services, params, 'InstanceId');
    if (isFinal('run', run.state)) {
      throw businessError(`jobInstanceId=${instanceId} is already finished`);
    }
    await services.context.engine.runs.stop(run.id, caller.user);
    return {};
  },
});
