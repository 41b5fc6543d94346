import { readInstances } from '../../instance-records.ts';
import { requireInstance, unknownInstance } from '../../instances.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { instanceDetail } from '../../render/instance.ts';

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
    const { run, instanceId } = await requireInstance(services, params, 'JobInstanceId');
    const [read] = await readInstances(services, [run.id]);
    // Deleted a moment ago.
    if (read === undefined) throw unknownInstance(instanceId);
    return { data: { JobInstanceDetail: { ...read.record, ...instanceDetail(read.run) } } };
  },
});
