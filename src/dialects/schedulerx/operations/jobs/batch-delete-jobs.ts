import { requireGroup } from '../../groups.ts';
import { deleteJob } from '../../job-deletion.ts';
import { common, defineOperation } from '../../operation.ts';
import { forEachJob, jobIdList } from './batch.ts';

/** Deletes several jobs; the failure names those that could not be (schedulerx.md §4.3). */
export const batchDeleteJobs = defineOperation({
  name: 'BatchDeleteJobs',
  ramAction: 'DeleteSchedulerxJobDelete',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    jobIdList,
  ],
  async handle(call, services) {
    await requireGroup(services, call.params);
    await forEachJob(call, services, 'delete', (job) => deleteJob(services, job, call.caller.user));
    return {};
  },
});
