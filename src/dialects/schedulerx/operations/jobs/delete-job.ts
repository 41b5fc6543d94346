import { deleteJob } from '../../job-deletion.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation } from '../../operation.ts';

/** Deletes a job; what runs of it is stopped (schedulerx.md §4.3). */
export const deleteJobOperation = defineOperation({
  name: 'DeleteJob',
  ramAction: 'DeleteSchedulerxJobDelete',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
  ],
  async handle({ params, caller }, services) {
    const { job } = await requireJob(services, params);
    await deleteJob(services, job, caller.user);
    return {};
  },
});
