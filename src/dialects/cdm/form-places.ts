import type { HuaweiFamily } from '../huawei/family.ts';
import type { Project } from '../huawei/operation.ts';
import type { CdmServices } from './services.ts';

/** The project that has this cluster; null when none has. There are at most a few hundred. */
export async function projectWith(
  { clusters }: Pick<CdmServices, 'clusters'>,
  family: Pick<HuaweiFamily, 'projects'>,
  clusterId: string,
): Promise<Project | null> {
  for (const project of await family.projects.list()) {
    if ((await clusters.find(project, clusterId)) !== null) return project;
  }
  return null;
}
