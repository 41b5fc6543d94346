import { answer, defineOperation } from '../../operation.ts';
import { renderClusterDetail } from '../../render/cluster.ts';

/** One cluster (cdm.md appendix B). */
export const showClusterDetail = defineOperation({
  name: 'showClusterDetail',
  action: 'cdm:cluster:get',
  method: 'GET',
  path: '/clusters/{cluster_id}',
  summary: 'Shows a cluster with its status.',
  async handle({ params, project }, { clusters }) {
    const cluster = await clusters.require(project, params.cluster_id);
    const href = `/v1.1/${project.id}/clusters/${cluster.id}`;
    return answer(renderClusterDetail(cluster, href));
  },
});
