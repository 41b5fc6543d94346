import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { listedOrder } from '../render/change-order.ts';
import {
  appIdInfo,
  applicationResource,
  optionalBoolean,
  optionalChoice,
  pageInfos,
  pageRequest,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { maxOrderPageSize, orderFilter, orderFilterInfos } from './lookups/change-order.ts';

/** All of them say when the order was made; there is nothing else to sort by. */
const sortKeys = ['id', 'CreateTime', 'createTime', 'create_time'] as const;

/** Lists the changes of a template, newest first; also of one that was deleted (sae.md §5.4). */
export const listChangeOrders: Operation<SaeServices> = {
  name: 'ListChangeOrders',
  method: 'GET',
  path: '/pop/v1/sam/changeorder/ListChangeOrders',
  parameters: [
    appIdInfo,
    ...orderFilterInfos,
    parameterInfo('OrderBy', 'string', false, `${sortKeys.join(', ')}: time of creation`),
    parameterInfo('Reverse', 'boolean', false, 'true = oldest first; default false'),
    ...pageInfos(maxOrderPageSize),
  ],
  resource: applicationResource,
  async handle({ params }, services) {
    const { catalog } = services.context.engine;
    const templateId = requiredText(params, 'AppId');
    optionalChoice(params, 'OrderBy', sortKeys);
    const ascending = optionalBoolean(params, 'Reverse') ?? false;
    const page = pageRequest(params, maxOrderPageSize);
    const filter = orderFilter(params);
    // Changes outlive their template, so it is they who know whether there ever was one.
    const ever = await catalog.namedChanges({ dialect: 'sae', templateId, offset: 0, limit: 1 });
    if (ever.total === 0) throw saeError('InvalidAppId.NotFound');
    const { rows, total } =
      filter === null
        ? { rows: [], total: 0 }
        : await catalog.namedChanges({
            dialect: 'sae',
            templateId,
            ...filter,
            ascending,
            offset: page.offset,
            limit: page.pageSize,
          });
    return {
      data: {
        CurrentPage: page.currentPage,
        PageSize: page.pageSize,
        TotalSize: total,
        ChangeOrderList: rows.map(listedOrder),
      },
    };
  },
};
