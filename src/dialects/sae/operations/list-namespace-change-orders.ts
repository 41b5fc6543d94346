import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { listedNamespaceOrder } from '../render/change-order.ts';
import { pageInfos, pageRequest } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { namespaceResource } from '../validation/namespace-ids.ts';
import { maxOrderPageSize, orderFilter, orderFilterInfos } from './lookups/change-order.ts';
import { requiredNamespace } from './lookups/namespace.ts';

/** Lists the changes of all templates of a namespace, newest first (sae.md §5.4). */
export const listNamespaceChangeOrders: Operation<SaeServices> = {
  name: 'ListNamespaceChangeOrders',
  method: 'GET',
  path: '/pop/v1/sam/changeorder/listNamespaceChangeOrders',
  parameters: [
    parameterInfo('NamespaceId', 'string', true, 'an existing namespace'),
    ...orderFilterInfos,
    ...pageInfos(maxOrderPageSize),
  ],
  resource: namespaceResource,
  async handle({ params }, services) {
    const page = pageRequest(params, maxOrderPageSize);
    const filter = orderFilter(params);
    const namespace = await requiredNamespace(params, 'NamespaceId', services);
    const { rows, total } =
      filter === null
        ? { rows: [], total: 0 }
        : await services.context.engine.catalog.namedChanges({
            dialect: 'sae',
            namespace,
            ...filter,
            offset: page.offset,
            limit: page.pageSize,
          });
    return {
      data: {
        CurrentPage: page.currentPage,
        PageSize: page.pageSize,
        TotalSize: total,
        ChangeOrderList: rows.map(listedNamespaceOrder),
      },
    };
  },
};
