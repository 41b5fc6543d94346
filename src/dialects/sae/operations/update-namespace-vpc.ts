import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { namespaceDocument } from '../render/namespace.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { namespaceId, namespaceIdInfos, namespaceResource } from '../validation/namespace-ids.ts';
import { changeNamespace, singleNamespace } from '../validation/namespaces.ts';

/** Binds a namespace to a VPC; not to another one while templates are inside (sae.md §5.1). */
export const updateNamespaceVpc: Operation<SaeServices> = {
  name: 'UpdateNamespaceVpc',
  method: 'POST',
  path: '/pop/v1/sam/namespace/updateNamespaceVpc',
  parameters: [
    ...namespaceIdInfos,
    { ...parameterInfo('VpcId', 'string', true, 'kept and shown'), effect: 'stored' },
  ],
  resource: namespaceResource,
  async handle({ params }, services) {
    const { region, engine } = services.context;
    const id = namespaceId(params, region);
    const vpcId = requiredText(params, 'VpcId');
    if (!/^[A-Za-z0-9_-]{1,128}$/.test(vpcId))
      throw saeError('InvalidParameter.Obviously', 'VpcId');
    const bound = namespaceDocument(await singleNamespace(services, id)).VpcId;
    if (bound === vpcId) return {};
    const { total } = await engine.templates.list({
      dialect: 'sae',
      namespace: id,
      offset: 0,
      limit: 0,
    });
    if (total > 0) throw saeError('Namespace.AppExists');
    const updatedAtMs = services.context.nowMs();
    await changeNamespace(services, id, (current) => ({
      ...current,
      document: { ...namespaceDocument(current), VpcId: vpcId },
      updatedAtMs,
    }));
    return {};
  },
};
