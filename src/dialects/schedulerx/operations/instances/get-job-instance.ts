import { requireInstance } from '../../instances.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { instanceDetail, instanceRecord } from '../../render/instance.ts';

/** One instance (schedulerx.md §4.4). */
export const getJobInstance = defineOperation({
  name: 'GetJobInstance',
  ramAction: 'ReadSchedulerxJobInstanceQuery',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('JobInstanceId', 'integer', 'the instance', { required: true }),
  ],
  async handle({ params }, services) {
    const { run } = await requireInstance(services, params, 'JobInstanceId');
    const instances = await services.context.engine.runs.instances(run.id);
    return {
      data: {
        JobInstanceDetail: {
          ...instanceRecord(run, instances, services.settings),
          ...instanceDetail(run),
        },
      },
    };
  },
});
