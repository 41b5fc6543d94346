import { failures } from '../../errors.ts';
import { jobDetails } from '../../job-details.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation } from '../../operation.ts';
import { designateDetails } from '../../render/worker.ts';

/** What a job is pinned to, with the candidates of that kind (schedulerx.md §4.5). */
export const readDesignateInfo = defineOperation({
  name: 'ReadSchedulerxDesignateInfo',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
  ],
  async handle({ params }, services) {
    const { job, group } = await requireJob(services, params, failures.unknownDesignatedJob);
    const { designation } = await jobDetails(services, job.id);
    const type = designation?.type ?? 1;
    const workers = services.context.engine.workers(group.number);
    return {
      data: {
        DesignateType: type,
        Transferable: designation?.transferable ?? false,
        DesignateDetailVos: designateDetails(workers, type, designation),
      },
    };
  },
});
