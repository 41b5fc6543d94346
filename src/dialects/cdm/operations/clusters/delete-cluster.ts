import { Type } from 'typebox';
import { answer, defineOperation } from '../../operation.ts';

/** Deletes a cluster with all that it holds (cdm.md appendix B). */
export const deleteCluster = defineOperation({
  name: 'deleteCluster',
  action: 'cdm:cluster:delete',
  method: 'DELETE',
  path: '/clusters/{cluster_id}',
  summary: 'Deletes a cluster with its links, jobs and history; what runs is stopped.',
  // Clients also send nothing, or texts: there are no backups that could be kept.
  body: Type.Object({ keep_last_manual_backup: Type.Optional(Type.Unknown()) }),
  async handle({ params, project, caller }, { clusters, context }) {
    await clusters.remove(project, params.cluster_id, caller.user.name);
    return answer({ jobId: context.uuid() }, 202);
  },
});
