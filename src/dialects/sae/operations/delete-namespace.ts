import type { Operation } from '../../aliyun/operation.ts';
import type { SaeServices } from '../services.ts';
import { namespaceId, namespaceIdInfos, namespaceResource } from '../validation/namespace-ids.ts';
import { singleNamespace } from '../validation/namespaces.ts';
import { wrong } from '../values/json-text.ts';

/** Deletes a namespace without templates, with its ConfigMaps and Secrets (sae.md §5.1). */
export const deleteNamespace: Operation<SaeServices> = {
  name: 'DeleteNamespace',
  method: 'DELETE',
  path: '/pop/v1/paas/namespace',
  parameters: namespaceIdInfos,
  resource: namespaceResource,
  async handle({ params }, services) {
    const { context, settings } = services;
    const { id } = await singleNamespace(services, namespaceId(params, context.region));
    if (settings.namespaces.includes(id)) {
      throw wrong(
        'NamespaceId',
        'the configuration of the server names it; take it out of sae.namespaces first',
      );
    }
    await context.engine.catalog.deleteNamespace('sae', id);
    return {};
  },
};
