import type { ConfigMap, Secret } from '../../../domain/catalog.ts';
import { saeError } from '../errors.ts';
import type { EnvVariable } from '../values/envs.ts';
import { wrong } from '../values/json-text.ts';
import { wholeConfigMapKey } from '../values/mounts.ts';
import type { ConfigMapMount } from '../values/mounts.ts';

/** Most ConfigMaps one definition refers to: all of them are read at each of its starts. */
export const maxReferredConfigMaps = 100;

/** Type of Secrets that images are pulled with. */
const pullSecretType = 'kubernetes.io/dockerconfigjson';

/** What the catalog holds of all that a definition refers to, read before it is checked. */
export interface CatalogFacts {
  /** By id; those that exist, of any namespace. */
  readonly configMaps: ReadonlyMap<number, ConfigMap>;
  /** The Secret that ImagePullSecrets names; null when it does not exist or none is named. */
  readonly pullSecret: Secret | null;
}

/** Facts for a definition that refers to nothing. */
export const noCatalogFacts: CatalogFacts = { configMaps: new Map(), pullSecret: null };

/**
 * Refuses references to ConfigMaps or keys that the template's namespace does not have.
 * @throws WireError `NotFound.ConfigMap` or `NotFound.ConfigMapKey` (sae.md §4.3.4), and
 *   `InvalidParameter.WithMessage` when there are too many.
 */
export function checkConfigMapReferences(
  envs: readonly EnvVariable[],
  mounts: readonly ConfigMapMount[],
  namespace: string,
  configMaps: CatalogFacts['configMaps'],
): void {
  const references = [...envs.filter((item) => item.kind === 'config-map'), ...mounts];
  const ids = new Set(references.map(({ configMapId }) => Number(configMapId)));
  if (ids.size > maxReferredConfigMaps) {
    throw wrong('Envs', `refers to more than ${maxReferredConfigMaps} ConfigMaps with the mounts`);
  }
  const check = (id: string | number, key: string | null): void => {
    const configMap = configMaps.get(Number(id));
    if (configMap === undefined || configMap.namespace !== namespace) {
      throw saeError('NotFound.ConfigMap', id);
    }
    if (key !== null && !Object.hasOwn(configMap.data, key)) {
      throw saeError('NotFound.ConfigMapKey', key, id);
    }
  };
  for (const { configMapId, key } of references) {
    check(configMapId, key === wholeConfigMapKey ? null : key);
  }
}

/**
 * Refuses a pull Secret that the template's namespace does not have, or of another type.
 * @throws WireError `InvalidParameter.WithMessage`.
 */
export function checkPullSecret(
  id: string | undefined,
  namespace: string,
  { pullSecret }: CatalogFacts,
): void {
  if (id === undefined) return;
  if (pullSecret === null || pullSecret.id !== Number(id) || pullSecret.namespace !== namespace) {
    throw wrong('ImagePullSecrets', `the Secret (ID: ${id}) does not exist`);
  }
  if (pullSecret.type !== pullSecretType) {
    throw wrong(
      'ImagePullSecrets',
      `the Secret (ID: ${id}) is of type ${pullSecret.type}; it must be ${pullSecretType}`,
    );
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
