import type { Operation } from '../../aliyun/operation.ts';
import { describedNamespace, namespaceDocument } from '../render/namespace.ts';
import type { SaeServices } from '../services.ts';
import { namespaceFields, namespaceFieldInfos } from '../validation/namespace-fields.ts';
import { namespaceId, namespaceIdInfos, namespaceResource } from '../validation/namespace-ids.ts';
import { changeNamespace } from '../validation/namespaces.ts';
import { wrong } from '../values/json-text.ts';

/** Changes name and description of a namespace (sae.md §5.1). */
export const updateNamespace: Operation<SaeServices> = {
  name: 'UpdateNamespace',
  method: 'PUT',
  path: '/pop/v1/paas/namespace',
  parameters: [...namespaceIdInfos, ...namespaceFieldInfos],
  resource: namespaceResource,
  async handle({ params }, services) {
    const { region } = services.context;
    const { name, description, microRegistration } = namespaceFields(params);
    const updatedAtMs = services.context.nowMs();
    const changed = await changeNamespace(services, namespaceId(params, region), (current) => {
      const document = namespaceDocument(current);
      if (microRegistration === false && document.EnableMicroRegistration) {
        throw wrong('EnableMicroRegistration', 'it is true and cannot be turned off again');
      }
      return {
        ...current,
        name,
        description: description ?? current.description,
        document: {
          ...document,
          EnableMicroRegistration: microRegistration ?? document.EnableMicroRegistration,
        },
        updatedAtMs,
      };
    });
    return { data: describedNamespace(changed, region) };
  },
};
