import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { describedConfigMap } from '../render/config-map.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { requireNamespace } from '../validation/namespaces.ts';

/** Lists the ConfigMaps of a namespace; their number is limited (sae.md §5.2). */
export const listNamespacedConfigMaps: Operation<SaeServices> = {
  name: 'ListNamespacedConfigMaps',
  method: 'GET',
  path: '/pop/v1/sam/configmap/listNamespacedConfigMaps',
  parameters: [parameterInfo('NamespaceId', 'string', true, 'a namespace')],
  async handle({ params }, services) {
    const { catalog } = services.context.engine;
    const namespace = requiredText(params, 'NamespaceId');
    await requireNamespace(services, namespace);
    const configMaps = await catalog.configMapsOf('sae', namespace);
    const ids = configMaps.map(({ id }) => id);
    const referring = await catalog.referringTemplates('config-map', ids);
    return {
      data: { ConfigMaps: configMaps.map((item) => describedConfigMap(item, referring)) },
    };
  },
};
