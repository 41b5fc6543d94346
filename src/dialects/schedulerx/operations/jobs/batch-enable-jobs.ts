import { optionalGroup } from '../../groups.ts';
import { common, defineOperation } from '../../operation.ts';
import { forEachJob, jobIdList } from './batch.ts';
import { setEnabled } from './status.ts';

/** Enables several jobs; the failure names those that could not be (schedulerx.md §4.3). */
export const batchEnableJobs = defineOperation({
  name: 'BatchEnableJobs',
  ramAction: 'ManageSchedulerxJobEnable',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.optionalGroupId,
    jobIdList,
  ],
  async handle(call, services) {
    await optionalGroup(services, call.params);
    await forEachJob(call, services, 'enable', (job) =>
      setEnabled(services, job, true, call.caller.user),
    );
    return {};
  },
});
