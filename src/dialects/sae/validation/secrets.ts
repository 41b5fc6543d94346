import type { Secret } from '../../../domain/catalog.ts';
import type { DomainError } from '../../../domain/errors.ts';
import type { Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { wrong } from '../values/json-text.ts';
import type { KeyValues } from '../values/key-values.ts';
import { itemId } from './catalog-items.ts';
import { requireNamespace } from './namespaces.ts';

/** Keys that each type of Secret must have (sae.md §5.3). */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  Opaque: [],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** Every type of Secret. */
export const secretTypes: readonly string[] = Object.keys(requiredKeys);

/** Coverage rows of operations on one Secret. */
export const secretIdInfos = [
  parameterInfo('NamespaceId', 'string', true, 'the namespace of the Secret'),
  parameterInfo('SecretId', 'integer', true, 'a Secret of this namespace'),
] as const;

export function isSecretType(type: string): boolean {
  return Object.hasOwn(requiredKeys, type);
}

/** Checks that the data has what its type promises. @throws WireError `InvalidParameter.WithMessage`. */
export function checkSecretKeys(type: string, data: KeyValues): void {
  const missing = (requiredKeys[type] ?? []).find((key) => !Object.hasOwn(data, key));
  if (missing !== undefined) {
    throw wrong('SecretData', `a Secret of type ${type} needs the key ${missing}`);
  }
}

/** The engine's refusal of too much data, under the name that the client sent it by. */
export function tooLarge(refusal: DomainError) {
  return wrong('SecretData', refusal.message);
}

/**
 * The Secret that a request names, with its data in clear. One of another namespace counts as
 * unknown.
 * @throws WireError `InvalidParameter.*`, `InvalidNamespaceId.NotFound` (404), `NotFound.Secret`.
 */
export async function namedSecret(
  params: Params,
  services: SaeServices,
): Promise<{ readonly secret: Secret; readonly data: KeyValues }> {
  const namespace = requiredText(params, 'NamespaceId');
  const id = itemId(params, 'SecretId');
  await requireNamespace(services, namespace);
  const found = await services.context.engine.catalog.secret('sae', id);
  if (found === null || found.secret.namespace !== namespace) {
    throw saeError('NotFound.Secret', id);
  }
  return found;
}
