import { Type, type Static } from 'typebox';
import type { ConfigMap, ReferringTemplate } from '../../../domain/catalog.ts';
import type { ConfigMapSummary } from '../../../engine/index.ts';
import { closed, textOrNull, timeMs } from './common.ts';

/** Pairs of text: what the dialect allows is checked by its own rules. */
export const pairs = Type.Record(Type.String({ maxLength: 1_000 }), Type.String(), {
  maxProperties: 10_000,
});
export const itemName = Type.String({ minLength: 1, maxLength: 253 });
export const namespaceId = Type.String({ minLength: 1, maxLength: 256 });
export const itemDescription = Type.String({ maxLength: 4_096 });

/** A template that uses the thing. */
export const ReferrerView = Type.Object(
  { templateId: Type.String(), name: Type.String() },
  { title: 'Referrer' },
);
export type ReferrerView = Static<typeof ReferrerView>;

const members = {
  id: Type.Integer(),
  dialect: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  description: Type.String(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  usedBy: Type.Array(ReferrerView),
};

/** A ConfigMap as lists show it. */
export const ConfigMapRow = Type.Object(members, { title: 'ConfigMapRow' });
export type ConfigMapRow = Static<typeof ConfigMapRow>;

/** A ConfigMap with its data. */
export const ConfigMapView = Type.Object({ ...members, data: pairs }, { title: 'ConfigMap' });
export type ConfigMapView = Static<typeof ConfigMapView>;

export const ConfigMapPage = Type.Object(
  { rows: Type.Array(ConfigMapRow), nextCursor: textOrNull },
  { title: 'ConfigMapPage' },
);
export type ConfigMapPage = Static<typeof ConfigMapPage>;

export const NewConfigMapInput = Type.Object(
  {
    namespace: Type.Optional(namespaceId),
    name: itemName,
    description: Type.Optional(itemDescription),
    data: pairs,
  },
  { ...closed, title: 'NewConfigMapInput' },
);
export type NewConfigMapInput = Static<typeof NewConfigMapInput>;

export const ConfigMapInput = Type.Object(
  { description: Type.Optional(itemDescription), data: pairs },
  { ...closed, title: 'ConfigMapInput' },
);
export type ConfigMapInput = Static<typeof ConfigMapInput>;

/** Those of the templates that use the thing of this id, each once. */
export function referrersOf(id: number, referring: readonly ReferringTemplate[]): ReferrerView[] {
  const own = referring.filter(({ targetId }) => targetId === id);
  const byId = new Map(own.map((each) => [each.templateId, each.templateName] as const));
  return [...byId].map(([templateId, name]) => ({ templateId, name }));
}

export function configMapRow(
  configMap: ConfigMapSummary,
  referring: readonly ReferringTemplate[],
): ConfigMapRow {
  const { id, dialect, namespace, name, description, createdAtMs, updatedAtMs } = configMap;
  return {
    id,
    dialect,
    namespace,
    name,
    description,
    createdAtMs,
    updatedAtMs,
    usedBy: referrersOf(id, referring),
  };
}

export function configMapView(
  configMap: ConfigMap,
  referring: readonly ReferringTemplate[],
): ConfigMapView {
  return { ...configMapRow(configMap, referring), data: { ...configMap.data } };
}
