/** The SAE job API, version 2019-05-06: what the composition root mounts. */
import type { Product } from '../aliyun/operation.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { domainErrors } from './errors.ts';
import { abortChangeOrder } from './operations/abort-change-order.ts';
import { createConfigMap } from './operations/create-config-map.ts';
import { createJob } from './operations/create-job.ts';
import { createNamespace } from './operations/create-namespace.ts';
import { createSecret } from './operations/create-secret.ts';
import { deleteConfigMap } from './operations/delete-config-map.ts';
import { deleteHistoryJob } from './operations/delete-history-job.ts';
import { deleteJob } from './operations/delete-job.ts';
import { deleteNamespace } from './operations/delete-namespace.ts';
import { deleteSecret } from './operations/delete-secret.ts';
import { describeApplicationGroups } from './operations/describe-application-groups.ts';
import { describeApplicationInstances } from './operations/describe-application-instances.ts';
import { describeChangeOrder } from './operations/describe-change-order.ts';
import { describeComponents } from './operations/describe-components.ts';
import { describeConfigMap } from './operations/describe-config-map.ts';
import { describeInstanceLog } from './operations/describe-instance-log.ts';
import { describeInstanceSpecifications } from './operations/describe-instance-specifications.ts';
import { describeJob } from './operations/describe-job.ts';
import { describeJobHistory } from './operations/describe-job-history.ts';
import { describeJobStatus } from './operations/describe-job-status.ts';
import { describeNamespace } from './operations/describe-namespace.ts';
import { describeNamespaceList } from './operations/describe-namespace-list.ts';
import { describeNamespaceResources } from './operations/describe-namespace-resources.ts';
import { describeNamespaces } from './operations/describe-namespaces.ts';
import { describePipeline } from './operations/describe-pipeline.ts';
import { describeRegions } from './operations/describe-regions.ts';
import { describeSecret } from './operations/describe-secret.ts';
import { execJob } from './operations/exec-job.ts';
import { getJobHistory } from './operations/get-job-history.ts';
import { listAppEvents } from './operations/list-app-events.ts';
import { listChangeOrders } from './operations/list-change-orders.ts';
import { listJobs } from './operations/list-jobs.ts';
import { listNamespaceChangeOrders } from './operations/list-namespace-change-orders.ts';
import { listNamespacedConfigMaps } from './operations/list-namespaced-config-maps.ts';
import { listSecrets } from './operations/list-secrets.ts';
import { listTagResources } from './operations/list-tag-resources.ts';
import { suspendJob } from './operations/suspend-job.ts';
import { tagResources } from './operations/tag-resources.ts';
import { untagResources } from './operations/untag-resources.ts';
import { updateConfigMap } from './operations/update-config-map.ts';
import { updateJob } from './operations/update-job.ts';
import { updateNamespace } from './operations/update-namespace.ts';
import { updateNamespaceSlsConfigs } from './operations/update-namespace-sls-configs.ts';
import { updateNamespaceVpc } from './operations/update-namespace-vpc.ts';
import { updateSecret } from './operations/update-secret.ts';
import { defaultSaeSettings } from './services.ts';
import type { SaeServices, SaeSettings } from './services.ts';

export { createSaeForms } from './forms.ts';
export { createSaeInsight } from './insight.ts';
export { eventRunId } from './translate/submit.ts';
export { mountWebhooks } from './webhook/mount.ts';
export { defaultSaeSettings } from './services.ts';
export type { SaeServices, SaeSettings } from './services.ts';

/**
 * The product that the Aliyun pipeline serves: the operations of sae.md §2.1.
 * @param settings what an operator chose; the rest is as for one who chose nothing.
 */
export function createSaeProduct(
  context: DialectContext,
  settings: Partial<SaeSettings>,
): Product<SaeServices> {
  return {
    name: 'sae',
    version: '2019-05-06',
    ramCode: 'sae',
    operations: [
      createJob,
      updateJob,
      execJob,
      deleteJob,
      describeJob,
      listJobs,
      suspendJob,
      describeJobHistory,
      describeJobStatus,
      deleteHistoryJob,
      getJobHistory,
      createNamespace,
      updateNamespace,
      deleteNamespace,
      describeNamespace,
      describeNamespaces,
      describeNamespaceList,
      describeNamespaceResources,
      updateNamespaceVpc,
      updateNamespaceSlsConfigs,
      createConfigMap,
      updateConfigMap,
      deleteConfigMap,
      describeConfigMap,
      listNamespacedConfigMaps,
      createSecret,
      updateSecret,
      deleteSecret,
      describeSecret,
      listSecrets,
      describeChangeOrder,
      listChangeOrders,
      describePipeline,
      abortChangeOrder,
      listNamespaceChangeOrders,
      describeApplicationGroups,
      describeApplicationInstances,
      describeInstanceLog,
      listAppEvents,
      listTagResources,
      tagResources,
      untagResources,
      describeInstanceSpecifications,
      describeComponents,
      describeRegions,
    ],
    services: { context, settings: { ...defaultSaeSettings, ...settings } },
    errors: domainErrors,
  };
}
