import { answer, defineOperation } from '../../operation.ts';
import { renderCluster } from '../../render/cluster.ts';

/** Clusters of the project, oldest first (cdm.md appendix B). */
export const listClusters = defineOperation({
  name: 'listClusters',
  action: 'cdm:cluster:list',
  method: 'GET',
  path: '/clusters',
  summary: 'Lists the clusters of the project; it has one from the start.',
  async handle({ project }, { clusters }) {
    return answer({ clusters: (await clusters.list(project)).map(renderCluster) });
  },
});
