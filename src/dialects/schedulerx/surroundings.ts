import { calendarRules } from './calendars.ts';
import { groupRoute } from './group-routes.ts';
import { findGroup } from './groups.ts';
import { jobDetails } from './job-details.ts';
import type { JobSurroundings, SchedulerxServices, SurroundedJob } from './services.ts';
import { routesOf } from './translate/route-strategy.ts';

/**
 * What acts on a job besides its own parameters: its calendar, the workers it is pinned to, the
 * routes of its application and itself, and the workflows it is part of.
 * @throws WireError when the job names a calendar that does not exist.
 */
export async function readSurroundings(
  services: SchedulerxServices,
  job: SurroundedJob,
): Promise<JobSurroundings> {
  const [calendars, details, ofGroup, group] = await Promise.all([
    job.calendar === '' ? [] : calendarRules(services, job.calendar),
    job.jobId === null ? null : jobDetails(services, job.jobId),
    groupRoute(services, job),
    findGroup(services, job.namespace, job.groupId),
  ]);
  const designation = details?.designation ?? null;
  const own = routesOf(details?.route ?? null);
  return {
    calendars,
    designated:
      designation === null
        ? null
        : {
            by: designation.type === 1 ? 'address' : 'label',
            values: designation.values,
            transferable: designation.transferable,
          },
    // The job's strategy counts before the application's (schedulerx.md §6 #28).
    routes: own ?? routesOf(ofGroup) ?? [],
    avoidsBusy: group !== null && !group.scheduleBusyWorkers,
    inWorkflow: (details?.workflows.length ?? 0) > 0,
  };
}
