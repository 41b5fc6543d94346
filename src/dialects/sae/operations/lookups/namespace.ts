import type { Params } from '../../../aliyun/operation.ts';
import { optionalText, requiredText } from '../../requests.ts';
import type { SaeServices } from '../../services.ts';
import { requireNamespace } from '../../validation/namespaces.ts';

/**
 * The namespace that the parameter names, undefined when it is absent.
 * @throws WireError `InvalidNamespaceId.NotFound` (404).
 */
export async function optionalNamespace(
  params: Params,
  name: string,
  services: SaeServices,
): Promise<string | undefined> {
  const id = optionalText(params, name);
  if (id !== undefined) await requireNamespace(services, id);
  return id;
}

/** As `optionalNamespace`. @throws WireError `InvalidParameter.NotEmpty` when absent. */
export async function requiredNamespace(
  params: Params,
  name: string,
  services: SaeServices,
): Promise<string> {
  const id = requiredText(params, name);
  await requireNamespace(services, id);
  return id;
}
