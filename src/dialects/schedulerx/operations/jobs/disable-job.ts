import { requireJobInNamespace } from '../../jobs.ts';
import { common, defineOperation } from '../../operation.ts';
import { requiredInteger } from '../../parameters.ts';
import { setEnabled } from './status.ts';

/** Keeps a job's schedule from firing; ExecuteJob goes on working (schedulerx.md §4.3). */
export const disableJob = defineOperation({
  name: 'DisableJob',
  ramAction: 'ManageSchedulerxJobDisable',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.optionalGroupId,
    common.jobId,
  ],
  async handle({ params, caller }, services) {
    const job = await requireJobInNamespace(services, params, requiredInteger(params, 'JobId'));
    await setEnabled(services, job, false, caller.user);
    return {};
  },
});
