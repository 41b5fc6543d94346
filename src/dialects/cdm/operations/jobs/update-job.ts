import { Type } from 'typebox';
import { cdmError } from '../../errors.ts';
import { findJob, updateJob as changeJob } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { bodyResources, linkUseOf } from '../../rights.ts';
import { validated, warnings } from '../../translate/validation.ts';
import { jobs, onlyJob } from './fields.ts';

/** Replaces a job (cdm.md §3.5). */
export const updateJob = defineOperation({
  name: 'updateJob',
  action: 'cdm:job:update',
  method: 'PUT',
  path: '/clusters/{cluster_id}/cdm/job/{job_name}',
  summary:
    'Replaces a job and arms its schedule anew; another `name` in the body renames it. Waits for a run that is being stopped.',
  body: Type.Object({ jobs }),
  resource: ({ params, body }) => bodyResources(params, 'job_name', body.jobs),
  async handle({ params, body, project, caller }, services) {
    const cluster = await services.gate.requireAccepting(project, params.cluster_id);
    const job = await findJob(services, cluster.id, params.job_name);
    if (job === null) throw cdmError('Cdm.0319', params.job_name);
    const changed = await validated('job', () =>
      changeJob(services, cluster, job, onlyJob(body.jobs), {
        by: caller.user.name,
        use: linkUseOf(services, cluster.id, caller),
      }),
    );
    // Without findings one member each for source, destination and driver.
    const findings = warnings(changed.template.notActedOn);
    return answer({ 'validation-result': findings.length === 0 ? [{}, {}, {}] : findings });
  },
});
