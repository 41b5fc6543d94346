import type { Operation } from '../../aliyun/operation.ts';
import { describedNamespace } from '../render/namespace.ts';
import type { SaeServices } from '../services.ts';
import { namespaceId, namespaceIdInfos, namespaceResource } from '../validation/namespace-ids.ts';
import { singleNamespace } from '../validation/namespaces.ts';

/** Shows one namespace (sae.md §5.1). */
export const describeNamespace: Operation<SaeServices> = {
  name: 'DescribeNamespace',
  method: 'GET',
  path: '/pop/v1/paas/namespace',
  parameters: namespaceIdInfos,
  resource: namespaceResource,
  async handle({ params }, services) {
    const { region } = services.context;
    const namespace = await singleNamespace(services, namespaceId(params, region));
    return { data: describedNamespace(namespace, region) };
  },
};
