import { failures } from '../../errors.ts';
import { jobDetails } from '../../job-details.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger } from '../../parameters.ts';
import { designateDetails } from '../../render/worker.ts';

/** Candidates of one kind, with those that the job is pinned to (schedulerx.md §4.5). */
export const readDesignateDetail = defineOperation({
  name: 'ReadSchedulerxDesignateDetail',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter(
      'DesignateType',
      'integer',
      '1 workers, 2 labels; default as the job is pinned, or 1',
    ),
  ],
  async handle({ params }, services) {
    const asked = optionalInteger(params, 'DesignateType', { min: 1, max: 2 });
    const { job, group } = await requireJob(services, params, (jobId) =>
      failures.invalid('jobId', jobId),
    );
    const { designation } = await jobDetails(services, job.id);
    const type = asked === undefined ? (designation?.type ?? 1) : asked === 1 ? 1 : 2;
    const workers = services.context.engine.workers(group.number);
    return { data: { DesignateDetailVos: designateDetails(workers, type, designation) } };
  },
});
