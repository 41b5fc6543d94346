import { requireJob } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { renderNeverExecuted, renderSubmission } from '../../render/submission.ts';
import { latestSubmission } from '../../submissions.ts';

/** Shows the newest submission of a job (cdm.md §3.10). */
export const showJobStatus = defineOperation({
  name: 'showJobStatus',
  action: 'cdm:job:get',
  method: 'GET',
  path: '/clusters/{cluster_id}/cdm/job/{job_name}/status',
  summary: 'Shows the newest submission of a job; NEVER_EXECUTED when there is none.',
  async handle({ params, project }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const job = await requireJob(services, cluster.id, params.job_name);
    const last = await latestSubmission(services, job);
    const nowMs = services.context.nowMs();
    const shown = last === null ? renderNeverExecuted(job) : renderSubmission(last, nowMs);
    return answer({ submissions: [shown] });
  },
});
