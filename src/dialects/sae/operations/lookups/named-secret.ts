import type { Secret } from '../../../../domain/catalog.ts';
import type { Params } from '../../../aliyun/operation.ts';
import { saeError } from '../../errors.ts';
import { requiredText } from '../../requests.ts';
import type { SaeServices } from '../../services.ts';
import { itemId } from '../../validation/catalog-items.ts';
import { requireNamespace } from '../../validation/namespaces.ts';

/**
 * The Secret that a request is to change, without its data: one that cannot be opened any more must
 * still be replaced and deleted. One of another namespace counts as unknown.
 * @throws WireError `InvalidParameter.*`, `InvalidNamespaceId.NotFound` (404), `NotFound.Secret`.
 */
export async function namedSecretInfo(params: Params, services: SaeServices): Promise<Secret> {
  const namespace = requiredText(params, 'NamespaceId');
  const id = itemId(params, 'SecretId');
  await requireNamespace(services, namespace);
  const secret = await services.context.engine.catalog.secretInfo('sae', id);
  if (secret === null || secret.namespace !== namespace) throw saeError('NotFound.Secret', id);
  return secret;
}
