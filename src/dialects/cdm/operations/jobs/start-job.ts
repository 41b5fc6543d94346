import { Type } from 'typebox';
import { requireJob } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { renderSubmission } from '../../render/submission.ts';
import { readVariables, startSubmission } from '../../start.ts';
import { wireObject } from './fields.ts';

/** Starts a job (cdm.md §3.8). */
export const startJob = defineOperation({
  name: 'startJob',
  action: 'cdm:job:start',
  starts: true,
  method: 'PUT',
  // One official example says so.
  alsoMethods: ['GET'],
  path: '/clusters/{cluster_id}/cdm/job/{job_name}/start',
  summary:
    'Starts a job, with `variables` for this run only. A variable that nothing defines is refused before anything starts; what is found out later makes the submission fail.',
  body: Type.Object({ variables: Type.Optional(wireObject) }),
  async handle({ params, body, project, caller, header }, services) {
    const cluster = await services.gate.requireAccepting(project, params.cluster_id);
    const job = await requireJob(services, cluster.id, params.job_name);
    const variables = readVariables(body.variables);
    const submission = await startSubmission(
      services,
      cluster,
      job,
      variables,
      caller.user.name,
      header('traceparent') ?? null,
    );
    const nowMs = services.context.nowMs();
    return answer({ submissions: [renderSubmission(submission, nowMs, 'start')] });
  },
});
