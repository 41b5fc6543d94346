import type { Project } from '../huawei/operation.ts';
import type { DialectContext } from '../kit/dialect.ts';
import type { Cluster } from './clusters/cluster.ts';
import type { Clusters } from './clusters/clusters.ts';
import type { SubmissionIds } from './submission-ids.ts';
import { defaultTransferSettings, type TransferSettings } from './translate/transfer-settings.ts';

/** What an operator can choose about the CDM surface. */
export interface CdmSettings {
  /** Name of the cluster that each project has from the start. */
  readonly clusterName: string;
  /** Its flavor, e.g. `cdm.large`. */
  readonly clusterFlavor: string;
  /** About links and jobs. */
  readonly transfers: TransferSettings;
}

/** The settings of an operator who chose nothing. */
export const defaultCdmSettings: CdmSettings = {
  clusterName: 'cdm-default',
  clusterFlavor: 'cdm.large',
  transfers: defaultTransferSettings,
};

/**
 * What jobs and links ask about the cluster that they belong to. A job of a cluster is a template
 * of dialect `cdm` in the namespace that is called as the cluster's id; a link is one of that
 * namespace. So a cluster stops, counts and deletes what it holds without knowing jobs.
 */
export interface ClusterGate {
  /** @throws WireError 404 Cdm.0201 when the project has no such cluster. */
  require(project: Project, clusterId: string): Promise<Cluster>;
  /**
   * For whoever starts something there.
   * @throws WireError 404 Cdm.0201; 503 Cdm.0037 while it is stopped, or on the way there.
   */
  requireAccepting(project: Project, clusterId: string): Promise<Cluster>;
  /** Those of the ids that exist in the project and accept starts, each once, in this order. */
  accepting(project: Project, clusterIds: readonly string[]): Promise<readonly Cluster[]>;
}

/** What every CDM operation is handed. */
export interface CdmServices {
  readonly context: DialectContext;
  readonly settings: CdmSettings;
  readonly clusters: Clusters;
  /** All that jobs and links need of them. */
  readonly gate: ClusterGate;
  /** One for the whole server: runs that schedules start take from it too. */
  readonly submissionIds: SubmissionIds;
}

export type { Cluster };
