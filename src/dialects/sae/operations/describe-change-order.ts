import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { describedOrder } from '../render/change-order.ts';
import { optionalText, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { changeOrderResource, knownChangeOrder } from './lookups/change-order.ts';

/** Shows one change of a template (sae.md §5.4). */
export const describeChangeOrder: Operation<SaeServices> = {
  name: 'DescribeChangeOrder',
  method: 'GET',
  path: '/pop/v1/sam/changeorder/DescribeChangeOrder',
  parameters: [
    parameterInfo('ChangeOrderId', 'string', true, 'as CreateJob and UpdateJob give it'),
  ],
  resource: (params, services) =>
    changeOrderResource(services, optionalText(params, 'ChangeOrderId')),
  async handle({ params }, services) {
    const change = await knownChangeOrder(services, requiredText(params, 'ChangeOrderId'));
    return { data: describedOrder(change) };
  },
};
