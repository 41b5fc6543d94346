import type { ConfigMap, ReferringTemplate } from '../../../domain/catalog.ts';
import { relateApps } from './relate-apps.ts';

/**
 * M of sae.md §5.2; times in epoch milliseconds.
 * @param referring templates that use this ConfigMap, and perhaps others.
 */
export function describedConfigMap(
  configMap: ConfigMap,
  referring: readonly ReferringTemplate[],
): Record<string, unknown> {
  return {
    ConfigMapId: configMap.id,
    NamespaceId: configMap.namespace,
    Name: configMap.name,
    Description: configMap.description,
    Data: configMap.data,
    CreateTime: configMap.createdAtMs,
    UpdateTime: configMap.updatedAtMs,
    RelateApps: relateApps(configMap.id, referring),
  };
}
