import { cdmError } from '../../errors.ts';
import { answer, defineOperation } from '../../operation.ts';
import { nodeId, renderInstance } from '../../render/cluster.ts';

/** The one node of a cluster (cdm.md appendix B). */
export const showInstanceDetail = defineOperation({
  name: 'showInstanceDetail',
  action: 'cdm:cluster:get',
  method: 'GET',
  path: '/instances/{instance_id}',
  summary: 'Shows the one node that a cluster has.',
  async handle({ params, project }, { clusters, context }) {
    const all = await clusters.list(project);
    const cluster = all.find((candidate) => nodeId(candidate) === params.instance_id);
    if (cluster === undefined) throw cdmError('Cdm.0201', params.instance_id);
    return answer({ instance: renderInstance(cluster, context.region) });
  },
});
