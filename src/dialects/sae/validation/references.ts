import { saeError } from '../errors.ts';
import type { EnvVariable } from '../values/envs.ts';
import { wrong } from '../values/json-text.ts';
import type { ConfigMapMount } from '../values/mounts.ts';

/**
 * Refuses references to ConfigMaps: none can exist while the server has no ConfigMap operations.
 * @throws WireError `NotFound.ConfigMap` with the id.
 */
export function checkConfigMapReferences(
  envs: readonly EnvVariable[],
  mounts: readonly ConfigMapMount[] = [],
): void {
  const env = envs.find((item) => item.kind === 'config-map');
  const id = env?.configMapId ?? mounts[0]?.configMapId;
  if (id !== undefined) throw saeError('NotFound.ConfigMap', id);
}

/** Refuses a pull Secret: none can exist while the server has no Secret operations. */
export function checkSecretReference(secretId: string | undefined): void {
  if (secretId !== undefined) {
    throw wrong('ImagePullSecrets', `the Secret (ID: ${secretId}) does not exist`);
  }
}

/** What is known about the template that a request's RefAppId names. */
export interface ReferencedTemplate {
  readonly exists: boolean;
  /** Whether it is the very template being changed. */
  readonly self: boolean;
}

/** Checks RefAppId when the request sends one (sae.md §7.2 U13). */
export function checkTemplateReference(reference: ReferencedTemplate | null): void {
  if (reference === null) return;
  if (reference.self) throw saeError('InvalidParameter.Obviously', 'RefAppId');
  if (!reference.exists) throw saeError('InvalidApplication.NotFound');
}
