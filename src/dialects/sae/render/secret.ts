import type { ReferringTemplate, Secret } from '../../../domain/catalog.ts';
import { relateApps } from './relate-apps.ts';

/**
 * S of sae.md §5.3 without SecretData, as lists show it; times in epoch milliseconds.
 * @param referring templates that use this Secret, and perhaps others.
 */
export function listedSecret(
  secret: Secret,
  referring: readonly ReferringTemplate[],
): Record<string, unknown> {
  return {
    SecretId: secret.id,
    NamespaceId: secret.namespace,
    SecretName: secret.name,
    SecretType: secret.type,
    CreateTime: secret.createdAtMs,
    UpdateTime: secret.updatedAtMs,
    RelateApps: relateApps(secret.id, referring),
  };
}

/** S of sae.md §5.3 with its data, values in base64 as they were given. */
export function describedSecret(
  secret: Secret,
  data: Readonly<Record<string, string>>,
  referring: readonly ReferringTemplate[],
): Record<string, unknown> {
  return { ...listedSecret(secret, referring), SecretData: data };
}
