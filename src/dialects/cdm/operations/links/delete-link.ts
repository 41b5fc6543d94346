import { cdmError } from '../../errors.ts';
import { jobsUsing } from '../../jobs.ts';
import { removeLink } from '../../link-changes.ts';
import { requireLink } from '../../links.ts';
import { answer, defineOperation } from '../../operation.ts';

/** Names of jobs that an error lists. */
const shownJobs = 5;

/** Deletes a link that no job uses (cdm.md §3.13). */
export const deleteLink = defineOperation({
  name: 'deleteLink',
  action: 'cdm:link:delete',
  method: 'DELETE',
  path: '/clusters/{cluster_id}/cdm/link/{link_name}',
  summary: 'Deletes a link; one that a job uses is refused.',
  async handle({ params, project, caller }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const { name } = await requireLink(services, cluster.id, params.link_name);
    const jobs = await jobsUsing(services, cluster.id, name);
    if (jobs.length > 0) {
      const shown = jobs.slice(0, shownJobs).map((job) => `[${job.name}]`);
      const more = jobs.length > shownJobs ? ` and ${jobs.length - shownJobs} more` : '';
      throw cdmError('Cdm.0321', name, `${shown.join(', ')}${more}.`);
    }
    await removeLink(services, cluster.id, name, caller.user.name);
    return answer({});
  },
});
