import type { Operation } from '../../aliyun/operation.ts';
import { namespaceResources } from '../render/namespace.ts';
import type { SaeServices } from '../services.ts';
import { namespaceId, namespaceIdInfos, namespaceResource } from '../validation/namespace-ids.ts';
import { singleNamespace } from '../validation/namespaces.ts';

/** Shows what a namespace is bound to, how many templates it has and their last change (§5.1). */
export const describeNamespaceResources: Operation<SaeServices> = {
  name: 'DescribeNamespaceResources',
  method: 'GET',
  path: '/pop/v1/sam/namespace/describeNamespaceResources',
  parameters: namespaceIdInfos,
  resource: namespaceResource,
  async handle({ params }, services) {
    const { context } = services;
    const { catalog, templates } = context.engine;
    const namespace = await singleNamespace(services, namespaceId(params, context.region));
    const inside = { dialect: 'sae', namespace: namespace.id, offset: 0 } as const;
    const [{ total }, changes] = await Promise.all([
      templates.list({ ...inside, limit: 0 }),
      catalog.namedChanges({ ...inside, limit: 1 }),
    ]);
    const use = { templates: total, lastChange: changes.rows[0] ?? null };
    return { data: namespaceResources(namespace, use, context) };
  },
};
