import { failures } from '../../errors.ts';
import { requireGroup } from '../../groups.ts';
import { belongsTo, findJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { integerOf, optionalList } from '../../parameters.ts';
import { removeJobRoute } from './remove-route.ts';

/** Removes the strategies of several jobs; jobs without one are none (schedulerx.md §4.9). */
export const batchDeleteRouteStrategy = defineOperation({
  name: 'BatchDeleteRouteStrategy',
  ramAction: 'DeleteSchedulerxRouteStrategyDelete',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.groupId,
    parameter(
      'JobIdList',
      'json',
      'JobIdList.1, JobIdList.2, …; a comma list and a JSON array too',
    ),
  ],
  async handle({ params, caller }, services) {
    const group = await requireGroup(services, params);
    const ids = optionalList(params, 'JobIdList');
    if (ids === undefined || ids.length === 0) throw failures.cannotBeNull('jobIdList');
    const jobIds = ids.map((text) => integerOf(text, 'JobIdList', 1, Number.MAX_SAFE_INTEGER));
    const unknown: number[] = [];
    for (const jobId of jobIds) {
      const job = await findJob(services, jobId);
      if (job === null || !belongsTo(job, group)) unknown.push(jobId);
      else await removeJobRoute(services, job, group, caller.user);
    }
    if (unknown.length > 0) throw failures.batchFailed('delete', unknown);
    return {};
  },
});
