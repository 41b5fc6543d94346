import type { Operation } from '../../aliyun/operation.ts';
import { refusedAs, saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { itemName } from '../validation/catalog-items.ts';
import { requireNamespace } from '../validation/namespaces.ts';
import { checkSecretKeys, isSecretType, secretTypes, tooLarge } from '../validation/secrets.ts';
import { wrong } from '../values/json-text.ts';
import { parseSecretData } from '../values/key-values.ts';

/** Creates a Secret; its data is sealed before it is stored (sae.md §5.3). */
export const createSecret: Operation<SaeServices> = {
  name: 'CreateSecret',
  method: 'POST',
  path: '/pop/v1/sam/secret/secret',
  parameters: [
    parameterInfo('NamespaceId', 'string', true, 'where it lives'),
    parameterInfo('SecretName', 'string', true, 'unique in the namespace; at most 63 characters'),
    parameterInfo('SecretType', 'string', true, secretTypes.join(', ')),
    parameterInfo('SecretData', 'json', true, 'object of base64 texts; 1 MiB in all'),
  ],
  async handle({ params }, services) {
    const { engine } = services.context;
    const namespace = requiredText(params, 'NamespaceId');
    const name = itemName(params, 'SecretName');
    const type = requiredText(params, 'SecretType');
    const text = requiredText(params, 'SecretData');
    if (!isSecretType(type)) throw saeError('InvalidParameter.Obviously', 'SecretType');
    const data = parseSecretData(text);
    checkSecretKeys(type, data);
    await requireNamespace(services, namespace);
    const secret = {
      dialect: 'sae',
      namespace,
      name,
      type,
      createdAtMs: services.context.nowMs(),
    } as const;
    const { id } = await refusedAs(engine.catalog.createSecret(secret, data), {
      'already-exists': () => wrong('SecretName', `the namespace has a Secret ${name} already`),
      'catalog-quota-exceeded': () => saeError('Exceed.Secret'),
      'invalid-argument': tooLarge,
    });
    return { data: { SecretId: id } };
  },
};
