import type { Operation } from '../../aliyun/operation.ts';
import { refusedAs } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { checkSecretKeys, secretIdInfos, tooLarge } from '../validation/secrets.ts';
import { parseSecretData } from '../values/key-values.ts';
import { namedSecretInfo } from './lookups/named-secret.ts';

/** Replaces the data of a Secret; its type stays (sae.md §5.3). */
export const updateSecret: Operation<SaeServices> = {
  name: 'UpdateSecret',
  method: 'PUT',
  path: '/pop/v1/sam/secret/secret',
  parameters: [
    ...secretIdInfos,
    parameterInfo('SecretData', 'json', true, 'replaces all pairs; base64 texts'),
  ],
  async handle({ params }, services) {
    const { engine } = services.context;
    const secret = await namedSecretInfo(params, services);
    const data = parseSecretData(requiredText(params, 'SecretData'));
    checkSecretKeys(secret.type, data);
    await refusedAs(engine.catalog.updateSecret('sae', secret.id, data, services.context.nowMs()), {
      'invalid-argument': tooLarge,
    });
    return { data: { SecretId: secret.id } };
  },
};
