import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { optionalBoolean, optionalText, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { changeOrderResource, knownChangeOrder } from './lookups/change-order.ts';

/**
 * Would stop a change order. Changes are applied in one transaction, so by the time one can be
 * named it is over and can no longer stop: `Application.ChangerOrderRunning` (sae.md §6.1).
 */
export const abortChangeOrder: Operation<SaeServices> = {
  name: 'AbortChangeOrder',
  method: 'PUT',
  path: '/pop/v1/sam/changeorder/AbortChangeOrder',
  parameters: [
    {
      ...parameterInfo('ChangeOrderId', 'string', true, 'orders are over at once; none can stop'),
      effect: 'refused',
    },
    { ...parameterInfo('Rollback', 'boolean', false, 'as ChangeOrderId'), effect: 'refused' },
  ],
  resource: (params, services) =>
    changeOrderResource(services, optionalText(params, 'ChangeOrderId')),
  async handle({ params }, services) {
    const id = requiredText(params, 'ChangeOrderId');
    optionalBoolean(params, 'Rollback');
    await knownChangeOrder(services, id);
    throw saeError('Application.ChangerOrderRunning');
  },
};
