/** What the native API shows of CDM: projects and the clusters in them. */
import type { Project } from '../huawei/operation.ts';
import type { Insight, NamespaceFacts } from '../kit/insight.ts';
import type { CdmServices } from './services.ts';

/**
 * What the composition root hands to the native dialect.
 * @param projects all of them; their number is limited.
 */
export function createCdmInsight(
  services: Pick<CdmServices, 'clusters'>,
  projects: () => Promise<readonly Project[]>,
): Insight {
  return {
    dialect: 'cdm',
    async namespaces() {
      const found: NamespaceFacts[] = [];
      for (const project of await projects()) {
        found.push({
          dialect: 'cdm',
          kind: 'project',
          id: project.id,
          name: project.name,
          description: project.description,
          parent: null,
          templateNamespace: null,
          createdAtMs: 0,
          updatedAtMs: 0,
        });
        for (const cluster of await services.clusters.list(project)) {
          found.push({
            dialect: 'cdm',
            kind: 'cluster',
            id: cluster.id,
            name: cluster.spec.name,
            description: '',
            parent: project.id,
            templateNamespace: cluster.id,
            createdAtMs: cluster.createdAtMs,
            updatedAtMs: cluster.createdAtMs,
          });
        }
      }
      return found;
    },
  };
}
