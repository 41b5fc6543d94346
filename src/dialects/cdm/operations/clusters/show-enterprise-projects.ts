import { answer, defineOperation } from '../../operation.ts';
import { systemTags } from '../../render/cluster.ts';

/** Enterprise projects of all clusters (cdm.md appendix B). */
export const showEnterpriseProjects = defineOperation({
  name: 'showEnterpriseProjects',
  action: 'cdm:cluster:list',
  method: 'GET',
  path: '/enterprise-projects',
  summary: 'Shows the system tags that each cluster was made with.',
  async handle({ project }, { clusters }) {
    const all = await clusters.list(project);
    return answer({
      resources: all.map((cluster) => ({ cluster_id: cluster.id, sys_tags: systemTags(cluster) })),
    });
  },
});

/** Enterprise project of one cluster. */
export const showClusterEnterpriseProjects = defineOperation({
  name: 'showClusterEnterpriseProjects',
  action: 'cdm:cluster:get',
  method: 'GET',
  path: '/clusters/{cluster_id}/enterprise-projects',
  summary: 'Shows the system tags that the cluster was made with.',
  async handle({ params, project }, { clusters }) {
    return answer({ sys_tags: systemTags(await clusters.require(project, params.cluster_id)) });
  },
});
