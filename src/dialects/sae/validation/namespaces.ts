import { saeError } from '../errors.ts';
import type { SaeSettings } from '../services.ts';

/** Where namespaces are looked up. */
export interface NamespaceScope {
  readonly region: string;
  readonly settings: SaeSettings;
}

/** The default namespace: its id is the region. */
export function defaultNamespace({ region }: NamespaceScope): string {
  return region;
}

/** Whether a namespace exists on this server. */
export function namespaceExists(scope: NamespaceScope, id: string): boolean {
  return id === defaultNamespace(scope) || scope.settings.namespaces.includes(id);
}

/**
 * The namespace a template is created in.
 * @throws WireError `InvalidNamespace.WithUppercase` or `InvalidNamespaceId.NotFound` (404).
 */
export function createNamespace(scope: NamespaceScope, id: string | undefined): string {
  if (id === undefined) return defaultNamespace(scope);
  if (/[A-Z]/.test(id)) throw saeError('InvalidNamespace.WithUppercase');
  if (!namespaceExists(scope, id)) throw saeError('InvalidNamespaceId.NotFound');
  return id;
}
