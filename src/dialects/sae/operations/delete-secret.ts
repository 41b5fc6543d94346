import type { Operation } from '../../aliyun/operation.ts';
import type { SaeServices } from '../services.ts';
import { secretIdInfos } from '../validation/secrets.ts';
import { namedSecretInfo } from './lookups/named-secret.ts';

/** Deletes a Secret that no template uses (sae.md §5.3). */
export const deleteSecret: Operation<SaeServices> = {
  name: 'DeleteSecret',
  method: 'DELETE',
  path: '/pop/v1/sam/secret/secret',
  parameters: secretIdInfos,
  async handle({ params }, services) {
    const secret = await namedSecretInfo(params, services);
    await services.context.engine.catalog.deleteSecret('sae', secret.id);
    return { data: { SecretId: secret.id } };
  },
};
