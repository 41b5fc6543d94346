import { deleteJob as removeJob, requireJob } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';

/** Deletes a job with its history (cdm.md §3.6). */
export const deleteJob = defineOperation({
  name: 'deleteJob',
  action: 'cdm:job:delete',
  method: 'DELETE',
  path: '/clusters/{cluster_id}/cdm/job/{job_name}',
  summary: 'Deletes a job and its history. Waits for a run that is being stopped.',
  async handle({ params, project, caller }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const job = await requireJob(services, cluster.id, params.job_name);
    await removeJob(services, job, caller.user.name);
    return answer({});
  },
});
