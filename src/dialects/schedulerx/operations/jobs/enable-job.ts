import { requireJobInNamespace } from '../../jobs.ts';
import { common, defineOperation } from '../../operation.ts';
import { requiredInteger } from '../../parameters.ts';
import { setEnabled } from './status.ts';

/** Lets a job's schedule fire again (schedulerx.md §4.3). */
export const enableJob = defineOperation({
  name: 'EnableJob',
  ramAction: 'ManageSchedulerxJobEnable',
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
    await setEnabled(services, job, true, caller.user);
    return {};
  },
});
