import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { namespaceListItem } from '../render/namespace.ts';
import { optionalBoolean } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { allNamespaces } from '../validation/namespaces.ts';

/** Lists the default namespace, with ContainCustom all of them (sae.md §5.1). */
export const describeNamespaceList: Operation<SaeServices> = {
  name: 'DescribeNamespaceList',
  method: 'GET',
  path: '/pop/v1/sam/namespace/describeNamespaceList',
  parameters: [
    parameterInfo('ContainCustom', 'boolean', false, 'true = not only the default one'),
    {
      ...parameterInfo('HybridCloudExclude', 'boolean', false, 'there are no hybrid clouds here'),
      effect: 'stored',
    },
  ],
  async handle({ params }, services) {
    const containCustom = optionalBoolean(params, 'ContainCustom') ?? false;
    optionalBoolean(params, 'HybridCloudExclude');
    const { region } = services.context;
    const namespaces = await allNamespaces(services);
    return {
      data: namespaces
        .filter(({ id }) => containCustom || id === region)
        .map((namespace) => namespaceListItem(namespace, region)),
    };
  },
};
