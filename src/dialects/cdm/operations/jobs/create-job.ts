import { Type } from 'typebox';
import { createJobs } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { bodyResources, linkUseOf } from '../../rights.ts';
import { validated, warnings } from '../../translate/validation.ts';
import { jobs, readWireJobs } from './fields.ts';

/** Makes jobs, all or none; a schedule is armed at once (cdm.md §3.4). */
export const createJob = defineOperation({
  name: 'createJob',
  action: 'cdm:job:create',
  method: 'POST',
  path: '/clusters/{cluster_id}/cdm/job',
  summary:
    'Makes a job. Inputs that have no effect here are kept, read back, and named as warnings in `validation-result`.',
  body: Type.Object({ jobs }),
  resource: ({ params, body }) => bodyResources(params, 'job_name', body.jobs),
  async handle({ params, body, project, caller }, services) {
    const cluster = await services.gate.requireAccepting(project, params.cluster_id);
    const made = await validated('job', () =>
      createJobs(services, cluster, readWireJobs(body.jobs), {
        by: caller.user.name,
        use: linkUseOf(services, cluster.id, caller),
      }),
    );
    return answer({
      name: made[0]?.document.name,
      'validation-result': made.flatMap(({ template }) => warnings(template.notActedOn)),
    });
  },
});
