import { failures } from '../../errors.ts';
import { deleteGroupWorkflows } from '../../forget.ts';
import { setGroupRoute } from '../../group-routes.ts';
import { changeGroup, limitGroup, requireGroup } from '../../groups.ts';
import { deleteJob } from '../../job-deletion.ts';
import { jobsOf } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean } from '../../parameters.ts';

/** Deletes an application; one with jobs only when they shall go too (schedulerx.md §4.2, §6 #12). */
export const deleteAppGroup = defineOperation({
  name: 'DeleteAppGroup',
  ramAction: 'DeleteSchedulerxAppGroupRemove',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.groupId,
    parameter('DeleteJobs', 'boolean', 'true = delete its jobs as well'),
  ],
  async handle({ params, caller }, services) {
    const group = await requireGroup(services, params, failures.unknownApp);
    const jobs = await jobsOf(services, group);
    if (jobs.length > 0 && optionalBoolean(params, 'DeleteJobs') !== true) {
      throw failures.groupHasJobs(group.groupId, jobs.length);
    }
    for (const job of jobs) await deleteJob(services, job, caller.user);
    await deleteGroupWorkflows(services, group, caller.user);
    await setGroupRoute(services, group, null);
    // One of that name that comes later has no limit.
    await limitGroup(services, group, 0);
    await changeGroup(services, group.namespace, group.groupId, () => null);
    return {};
  },
});
