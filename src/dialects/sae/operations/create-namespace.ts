import type { Operation } from '../../aliyun/operation.ts';
import { refusedAs, saeError } from '../errors.ts';
import { describedNamespace } from '../render/namespace.ts';
import type { SaeServices } from '../services.ts';
import {
  checkNewNamespaceId,
  namespaceId,
  namespaceIdInfos,
  namespaceResource,
} from '../validation/namespace-ids.ts';
import { namespaceFields, namespaceFieldInfos } from '../validation/namespace-fields.ts';
import { namespaceExists } from '../validation/namespaces.ts';

/** Creates a namespace (sae.md §5.1). */
export const createNamespace: Operation<SaeServices> = {
  name: 'CreateNamespace',
  method: 'POST',
  path: '/pop/v1/paas/namespace',
  parameters: [...namespaceIdInfos, ...namespaceFieldInfos],
  resource: namespaceResource,
  async handle({ params }, { context, settings }) {
    const { region } = context;
    const fields = namespaceFields(params);
    const id = namespaceId(params, region);
    // The default and the configured ones exist without being stored.
    if (namespaceExists({ region, settings }, id)) throw saeError('InstanceExist.NamespaceId');
    checkNewNamespaceId(id, region);
    const atMs = context.nowMs();
    const namespace = {
      dialect: 'sae',
      id,
      name: fields.name,
      description: fields.description ?? '',
      document: { EnableMicroRegistration: fields.microRegistration ?? true },
      createdAtMs: atMs,
      updatedAtMs: atMs,
    } as const;
    await refusedAs(context.engine.catalog.createNamespace(namespace), {
      'already-exists': () => saeError('InstanceExist.NamespaceId'),
      'catalog-quota-exceeded': () => saeError('Exceed.Namespace'),
    });
    return { data: describedNamespace(namespace, region) };
  },
};
