import { isFinal } from '../../../../domain/states.ts';
import { cdmError } from '../../errors.ts';
import { requireJob, stopWaitMs } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { waitForEnd } from '../../submissions.ts';

/** Stops a job (cdm.md §3.9). */
export const stopJob = defineOperation({
  name: 'stopJob',
  action: 'cdm:job:stop',
  method: 'PUT',
  path: '/clusters/{cluster_id}/cdm/job/{job_name}/stop',
  summary: 'Stops the run of a job and answers when it has ended, at most 30 seconds later.',
  async handle({ params, project, caller }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const job = await requireJob(services, cluster.id, params.job_name);
    const { runs } = services.context.engine;
    const run = await runs.latest(job.template.id);
    if (run === null || isFinal('run', run.state)) throw cdmError('Cdm.0053', job.document.name);
    await runs.stop(run.id, caller.user.name);
    await waitForEnd(services, run.id, stopWaitMs);
    return answer({ 'validation-result': [] });
  },
});
