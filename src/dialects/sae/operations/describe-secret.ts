import type { Operation } from '../../aliyun/operation.ts';
import { describedSecret } from '../render/secret.ts';
import type { SaeServices } from '../services.ts';
import { namedSecret, secretIdInfos } from '../validation/secrets.ts';

/** Shows a Secret with its data (sae.md §5.3). */
export const describeSecret: Operation<SaeServices> = {
  name: 'DescribeSecret',
  method: 'GET',
  path: '/pop/v1/sam/secret/secret',
  parameters: secretIdInfos,
  async handle({ params }, services) {
    const { secret, data } = await namedSecret(params, services);
    const { catalog } = services.context.engine;
    const referring = await catalog.referringTemplates('secret', [secret.id]);
    return { data: describedSecret(secret, data, referring) };
  },
};
