import type { Operation } from '../../aliyun/operation.ts';
import type { SaeServices } from '../services.ts';
import { namedSecret, secretIdInfos } from '../validation/secrets.ts';

/** Deletes a Secret that no template uses (sae.md §5.3). */
export const deleteSecret: Operation<SaeServices> = {
  name: 'DeleteSecret',
  method: 'DELETE',
  path: '/pop/v1/sam/secret/secret',
  parameters: secretIdInfos,
  async handle({ params }, services) {
    const { secret } = await namedSecret(params, services);
    await services.context.engine.catalog.deleteSecret('sae', secret.id);
    return { data: { SecretId: secret.id } };
  },
};
