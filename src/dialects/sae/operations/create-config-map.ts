import type { Operation } from '../../aliyun/operation.ts';
import { refusedAs, saeError, storageFailure } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { freeText, itemName } from '../validation/catalog-items.ts';
import { requireNamespace } from '../validation/namespaces.ts';
import { wrong } from '../values/json-text.ts';
import { parseKeyValues } from '../values/key-values.ts';

/** Creates a ConfigMap (sae.md §5.2). */
export const createConfigMap: Operation<SaeServices> = {
  name: 'CreateConfigMap',
  method: 'POST',
  path: '/pop/v1/sam/configmap/configMap',
  parameters: [
    parameterInfo('NamespaceId', 'string', true, 'where it lives'),
    parameterInfo('Name', 'string', true, 'unique in the namespace; at most 63 characters'),
    parameterInfo('Description', 'string', false, 'free text'),
    parameterInfo('Data', 'json', true, 'object of texts; keys to 250 characters, 1 MiB in all'),
  ],
  async handle({ params }, services) {
    const { engine } = services.context;
    const namespace = requiredText(params, 'NamespaceId');
    const name = itemName(params, 'Name');
    const text = requiredText(params, 'Data');
    const description = freeText(params, 'Description') ?? '';
    const data = parseKeyValues('Data', text);
    await requireNamespace(services, namespace);
    const work = engine.catalog.createConfigMap({
      dialect: 'sae',
      namespace,
      name,
      description,
      data,
      createdAtMs: services.context.nowMs(),
    });
    const { id } = await refusedAs(work, {
      ...storageFailure,
      'already-exists': () => wrong('Name', `the namespace has a ConfigMap ${name} already`),
      'catalog-quota-exceeded': () => saeError('Exceed.ConfigMap'),
    });
    return { data: { ConfigMapId: id } };
  },
};
