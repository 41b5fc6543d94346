import { failures } from '../../errors.ts';
import { requireGroup } from '../../groups.ts';
import { jobsOf, requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { jobConfigInfo } from '../../render/job.ts';

/** One job, by id, or by name within the application (schedulerx.md §4.3, §6 #18). */
export const getJobInfo = defineOperation({
  name: 'GetJobInfo',
  ramAction: 'ReadSchedulerxJobQuery',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('JobName', 'string', 'when given, looks up by name; of several the lowest id'),
  ],
  async handle({ params }, services) {
    const name = params.get('JobName') ?? '';
    if (name === '') {
      const { job } = await requireJob(services, params);
      return { data: { JobConfigInfo: jobConfigInfo(job) } };
    }
    const group = await requireGroup(services, params);
    const named = (await jobsOf(services, group)).find(
      (job) => job.document.given['Name'] === name,
    );
    if (named === undefined) throw failures.unknownJob(params.get('JobId') ?? '');
    return { data: { JobConfigInfo: jobConfigInfo(named) } };
  },
});
