import type { Operation } from '../../aliyun/operation.ts';
import { refusedAs, storageFailure } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import type { SaeServices } from '../services.ts';
import { itemId } from '../validation/catalog-items.ts';

/** Deletes a ConfigMap that no template uses (sae.md §5.2). */
export const deleteConfigMap: Operation<SaeServices> = {
  name: 'DeleteConfigMap',
  method: 'DELETE',
  path: '/pop/v1/sam/configmap/configMap',
  parameters: [parameterInfo('ConfigMapId', 'integer', true, 'a ConfigMap')],
  async handle({ params }, { context }) {
    const id = itemId(params, 'ConfigMapId');
    await refusedAs(context.engine.catalog.deleteConfigMap('sae', id), storageFailure);
    return { data: { ConfigMapId: id } };
  },
};
