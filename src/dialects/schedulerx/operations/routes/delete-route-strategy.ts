import { businessError, failures } from '../../errors.ts';
import { setGroupRoute } from '../../group-routes.ts';
import { requireGroup } from '../../groups.ts';
import { jobsOf, requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { retranslateJobs } from '../../retranslate.ts';
import { removeJobRoute } from './remove-route.ts';

/** Removes the strategy of an application or of one job (schedulerx.md §4.9). */
export const deleteRouteStrategy = defineOperation({
  name: 'DeleteRouteStrategy',
  ramAction: 'DeleteSchedulerxRouteStrategyDelete',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.groupId,
    parameter('JobId', 'integer', 'absent = the whole application'),
  ],
  async handle({ params, caller }, services) {
    const gone = businessError('strategy is already deleted.');
    if ((params.get('JobId') ?? '') === '') {
      const group = await requireGroup(services, params);
      if (!(await setGroupRoute(services, group, null))) throw gone;
      await retranslateJobs(services, group, await jobsOf(services, group), caller.user);
      return {};
    }
    const { job, group } = await requireJob(services, params, failures.unknownScriptJob);
    if (!(await removeJobRoute(services, job, group, caller.user))) throw gone;
    return {};
  },
});
