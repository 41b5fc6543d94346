import type { Operation } from '../../aliyun/operation.ts';
import { refusedAs, storageFailure } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { freeText, itemId } from '../validation/catalog-items.ts';
import { parseKeyValues } from '../values/key-values.ts';

/** Replaces the data of a ConfigMap; jobs that start from now on see it (sae.md §5.2, §4.3.4). */
export const updateConfigMap: Operation<SaeServices> = {
  name: 'UpdateConfigMap',
  method: 'PUT',
  path: '/pop/v1/sam/configmap/configMap',
  parameters: [
    parameterInfo('ConfigMapId', 'integer', true, 'a ConfigMap'),
    parameterInfo('Description', 'string', false, 'absent = unchanged'),
    parameterInfo('Data', 'json', true, 'replaces all pairs'),
  ],
  async handle({ params }, { context }) {
    const id = itemId(params, 'ConfigMapId');
    const data = parseKeyValues('Data', requiredText(params, 'Data'));
    const description = freeText(params, 'Description');
    const work = context.engine.catalog.updateConfigMap('sae', id, {
      data,
      ...(description === undefined ? {} : { description }),
      atMs: context.nowMs(),
    });
    await refusedAs(work, storageFailure);
    // A string here, a number in the other operations (sae.md §7.1 C17).
    return { data: { ConfigMapId: String(id) } };
  },
};
