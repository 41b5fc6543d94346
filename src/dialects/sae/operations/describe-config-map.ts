import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { describedConfigMap } from '../render/config-map.ts';
import type { SaeServices } from '../services.ts';
import { itemId } from '../validation/catalog-items.ts';

/** Shows a ConfigMap with its data and the templates that use it (sae.md §5.2). */
export const describeConfigMap: Operation<SaeServices> = {
  name: 'DescribeConfigMap',
  method: 'GET',
  path: '/pop/v1/sam/configmap/configMap',
  parameters: [parameterInfo('ConfigMapId', 'integer', true, 'a ConfigMap')],
  async handle({ params }, { context }) {
    const { catalog } = context.engine;
    const id = itemId(params, 'ConfigMapId');
    const [configMap] = await catalog.configMaps('sae', [id]);
    if (configMap === undefined) throw saeError('NotFound.ConfigMap', id);
    const referring = await catalog.referringTemplates('config-map', [id]);
    return { data: describedConfigMap(configMap, referring) };
  },
};
