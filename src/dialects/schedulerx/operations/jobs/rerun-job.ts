import { timesOnDays } from '../../days.ts';
import { failures } from '../../errors.ts';
import { triggerTypes } from '../../job-document.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { required, requiredInteger } from '../../parameters.ts';
import { submitInstance } from '../../submit.ts';
import { zoneOf } from '../../translate/one-time.ts';

/** Days of one backfill. */
const maxDays = 366;
const time = { min: 0, max: 4_000_000_000_000 };

/** Runs a job once for each day of a range, with that day's data time (schedulerx.md §4.3, §6 #22). */
export const rerunJob = defineOperation({
  name: 'RerunJob',
  ramAction: 'ManageSchedulerxJobRerun',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('DataTime', 'string', 'time of day `HH:mm:ss`', { required: true }),
    parameter('StartDate', 'integer', `first day, ms; at most ${maxDays} days`, { required: true }),
    parameter('EndDate', 'integer', 'last day, ms', { required: true }),
  ],
  async handle({ params, caller }, services) {
    const dataTime = required(params, 'DataTime');
    const startMs = requiredInteger(params, 'StartDate', time);
    const endMs = requiredInteger(params, 'EndDate', time);
    const { job } = await requireJob(services, params);
    if (!/^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(dataTime)) {
      throw failures.invalid('DataTime', dataTime);
    }
    if (endMs < startMs) throw failures.invalid('EndDate', endMs);
    const zone = zoneOf(job.document.given['Timezone'] ?? '', services.settings.timezone);
    const dataTimes = timesOnDays(startMs, endMs, dataTime, zone, maxDays + 1);
    if (dataTimes.length > maxDays) {
      throw failures.unfit('EndDate', `at most ${maxDays} days can be run anew at once`);
    }
    // Each needs a second of its own; the next begins after the one that the last was given.
    let atMs = services.context.nowMs();
    for (const dataTimeMs of dataTimes) {
      await submitInstance(services, job.id, {
        by: caller.user,
        traceparent: caller.traceparent ?? null,
        triggerType: triggerTypes.refresh,
        parameters: null,
        atMs,
        dataTimeMs,
        limited: false,
        seconds: maxDays,
      });
      atMs += 1000;
    }
    return {};
  },
});
