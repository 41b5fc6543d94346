/** The CDM API, version 1.1: what the composition root mounts. */
import { findZone } from '../../domain/schedule/zone.ts';
import { supersetBody } from '../huawei/envelope.ts';
import type { Product } from '../huawei/operation.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { Clusters } from './clusters/clusters.ts';
import { findFlavor, flavors } from './clusters/flavors.ts';
import { DisposalSweep } from './disposal.ts';
import { cdmError, domainErrors, misshapen } from './errors.ts';
import { removeJob } from './jobs.ts';
import type { CdmOperation } from './operation.ts';
import { clusterOperations } from './operations/clusters/list.ts';
import { jobOperations } from './operations/jobs/list.ts';
import { linkOperations } from './operations/links/list.ts';
import { submissionOperations } from './operations/submissions/list.ts';
import { type CdmServices, type CdmSettings, defaultCdmSettings } from './services.ts';
import { SubmissionIds } from './submission-ids.ts';

export { createCdmForms } from './forms.ts';
export { createCdmInsight } from './insight.ts';
export { defaultCdmSettings } from './services.ts';
export type { CdmServices, CdmSettings, ClusterGate } from './services.ts';
export { SubmissionIds } from './submission-ids.ts';
export { defaultTransferSettings, type TransferSettings } from './translate/transfer-settings.ts';

/** Every operation of cdm.md §3.1. */
const operations: readonly CdmOperation[] = [
  ...clusterOperations,
  ...jobOperations,
  ...linkOperations,
  ...submissionOperations,
];

/**
 * The product that the Huawei pipeline serves.
 * @param settings what an operator chose; the rest is as for one who chose nothing.
 * @param submissionIds one for the whole server: runs that schedules start take from it too.
 */
export function createCdmProduct(
  context: DialectContext,
  settings: Partial<CdmSettings> = {},
  submissionIds: SubmissionIds = new SubmissionIds(),
): Product<CdmServices> {
  const chosen = { ...defaultCdmSettings, ...settings };
  const { timezone } = chosen.transfers;
  if (findZone(timezone) === null) {
    throw new Error(
      `cdm.timezone: "${timezone}" is no time zone; write e.g. Asia/Shanghai or GMT+8`,
    );
  }
  const { engine, log } = context;
  const clusters = new Clusters({
    engine,
    first: {
      name: chosen.clusterName,
      flavorId: (findFlavor(chosen.clusterFlavor) ?? flavors[2]).id,
    },
    nowMs: () => context.nowMs(),
    uuid: () => context.uuid(),
    failed: (error) => log.error({ err: error }, 'a cluster that ends could not be looked at'),
  });
  return {
    name: 'cdm',
    bases: ['/v1.1/{project_id}', '/cdm/v1.0/{project_id}'],
    operations,
    services: { context, settings: chosen, clusters, gate: clusters, submissionIds },
    canonicalPath,
    failureBody: supersetBody,
    denied: (action) => cdmError('Cdm.0032', action),
    misshapen,
    internalError: (requestId) => cdmError('Cdm.0000', requestId),
    errors: domainErrors,
  };
}

/** Deletes jobs that are over after a run; the composition root starts and closes it. */
export function createDisposalSweep(services: CdmServices): DisposalSweep {
  return new DisposalSweep(services, (job) => removeJob(services, job, job.document.updatedBy));
}

/** One of the manual's examples says `/cluster/{id}/cdm/…` (cdm.md §2.1). */
function canonicalPath(segments: readonly string[]): readonly string[] {
  return segments[0] === 'cluster' && segments[2] === 'cdm'
    ? ['clusters', ...segments.slice(1)]
    : segments;
}
