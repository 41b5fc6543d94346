import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { describedPipeline } from '../render/change-order.ts';
import { derivedId } from '../render/derived-id.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { changeOrderOfPipeline, changeOrderResource } from './lookups/change-order.ts';

/** Shows the one pipeline of a change order (sae.md §5.4). */
export const describePipeline: Operation<SaeServices> = {
  name: 'DescribePipeline',
  method: 'GET',
  path: '/pop/v1/sam/changeorder/DescribePipeline',
  parameters: [parameterInfo('PipelineId', 'string', true, 'as DescribeChangeOrder gives it')],
  resource: (params, services) =>
    changeOrderResource(services, derivedId(params.get('PipelineId') ?? '')),
  async handle({ params }, services) {
    const change = await changeOrderOfPipeline(services, requiredText(params, 'PipelineId'));
    return { data: describedPipeline(change) };
  },
};
