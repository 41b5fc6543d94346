import type { CdmOperation } from '../../operation.ts';
import { actOnCluster } from './act-on-cluster.ts';
import { createCluster } from './create-cluster.ts';
import { deleteCluster } from './delete-cluster.ts';
import { listClusters } from './list-clusters.ts';
import { modifyCluster } from './modify-cluster.ts';
import { showAvailabilityZones } from './show-availability-zones.ts';
import { showClusterDetail } from './show-cluster-detail.ts';
import { showDatastores, showFlavorDetail, showFlavors } from './show-datastores.ts';
import {
  showClusterEnterpriseProjects,
  showEnterpriseProjects,
} from './show-enterprise-projects.ts';
import { showInstanceDetail } from './show-instance-detail.ts';

/** Operations about clusters and what they can be made of (cdm.md appendix B). */
export const clusterOperations: readonly CdmOperation[] = [
  createCluster,
  listClusters,
  showClusterDetail,
  deleteCluster,
  actOnCluster,
  modifyCluster,
  showAvailabilityZones,
  showClusterEnterpriseProjects,
  showEnterpriseProjects,
  showDatastores,
  showFlavors,
  showFlavorDetail,
  showInstanceDetail,
];
