import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { listedSecret } from '../render/secret.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { requireNamespace } from '../validation/namespaces.ts';

/** Lists the Secrets of a namespace without their data; their number is limited (sae.md §5.3). */
export const listSecrets: Operation<SaeServices> = {
  name: 'ListSecrets',
  method: 'GET',
  path: '/pop/v1/sam/secret/secrets',
  parameters: [parameterInfo('NamespaceId', 'string', true, 'a namespace')],
  async handle({ params }, services) {
    const { catalog } = services.context.engine;
    const namespace = requiredText(params, 'NamespaceId');
    await requireNamespace(services, namespace);
    const secrets = await catalog.secretsOf('sae', namespace);
    const ids = secrets.map(({ id }) => id);
    const referring = await catalog.referringTemplates('secret', ids);
    return { data: { Secrets: secrets.map((secret) => listedSecret(secret, referring)) } };
  },
};
