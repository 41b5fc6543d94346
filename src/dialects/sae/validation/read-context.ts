import type { ConfigMap } from '../../../domain/catalog.ts';
import type { Engine } from '../../../engine/index.ts';
import { WireError } from '../../aliyun/errors.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import type { SaeServices } from '../services.ts';
import { parseEnvs } from '../values/envs.ts';
import { parseConfigMapMounts } from '../values/mounts.ts';
import { namespaceLookup } from './namespaces.ts';
import { maxReferredConfigMaps, noCatalogFacts } from './references.ts';
import type { CatalogFacts, ReferencedTemplate } from './references.ts';
import type { ValidationContext } from './validate-job.ts';

/** The parameters that refer to the catalog. */
const referring = ['Envs', 'ConfigMapMountDesc', 'ImagePullSecrets'] as const;

/** What is asked of the engine. */
type Sources = Pick<Engine, 'templates' | 'catalog'>;

/**
 * Reads all that a definition refers to. What cannot be understood refers to nothing here: the
 * checks that follow say so, in their order.
 */
export async function readCatalogFacts(bag: ParameterBag, engine: Sources): Promise<CatalogFacts> {
  const ids = new Set([
    ...configMapIdsOfEnvs(bag['Envs']),
    ...idsIn(understood(bag['ConfigMapMountDesc'], parseConfigMapMounts)),
  ]);
  const secretId = Number(bag['ImagePullSecrets'] ?? Number.NaN);
  if (ids.size === 0 && !Number.isSafeInteger(secretId)) return noCatalogFacts;
  const secret = Number.isSafeInteger(secretId)
    ? await engine.catalog.secret('sae', secretId)
    : null;
  return { configMaps: await readConfigMaps(ids, engine), pullSecret: secret?.secret ?? null };
}

/** Whether two definitions refer to the same of the catalog: then facts read for one serve both. */
export function refersAlike(left: ParameterBag, right: ParameterBag): boolean {
  return referring.every((name) => left[name] === right[name]);
}

/** Ids of the ConfigMaps that a text of `Envs` refers to; none when it cannot be understood. */
export function configMapIdsOfEnvs(text: string | undefined): ReadonlySet<number> {
  return idsIn(understood(text, parseEnvs).filter((item) => item.kind === 'config-map'));
}

/** Those of the ConfigMaps that exist, by id; no more than one definition may refer to. */
export async function readConfigMaps(
  ids: ReadonlySet<number>,
  { catalog }: Pick<Engine, 'catalog'>,
): Promise<ReadonlyMap<number, ConfigMap>> {
  if (ids.size === 0) return noCatalogFacts.configMaps;
  const found = await catalog.configMaps('sae', [...ids].slice(0, maxReferredConfigMaps));
  return new Map(found.map((configMap) => [configMap.id, configMap]));
}

/** A change that is about to be checked. */
interface Change {
  /** The whole definition after it. */
  readonly bag: ParameterBag;
  /** RefAppId as the request sends it. */
  readonly sentRefAppId: string | undefined;
  /** The template and its definition before an update; null at creation. */
  readonly current: { readonly appId: string; readonly bag: ParameterBag } | null;
}

/** Reads all that the checks of a change must know, since they read nothing themselves. */
export async function readValidationContext(
  services: SaeServices,
  { bag, sentRefAppId, current }: Change,
): Promise<ValidationContext> {
  const { engine } = services.context;
  // A template keeps its namespace: only a new one looks for it.
  const namespaceId = current === null ? findable(bag['NamespaceId']) : undefined;
  return {
    ...(await namespaceLookup(services, namespaceId)),
    operation: current === null ? 'create' : 'update',
    previous: current?.bag ?? null,
    reference: await readTemplateReference(sentRefAppId, current?.appId ?? null, engine),
    catalog: await readCatalogFacts(bag, engine),
  };
}

/** A text that can be asked for; no store finds one with NUL, and some refuse to look. */
function findable(text: string | undefined): string | undefined {
  return text?.includes('\0') === true ? undefined : text;
}

async function readTemplateReference(
  refAppId: string | undefined,
  appId: string | null,
  { templates }: Sources,
): Promise<ReferencedTemplate | null> {
  if (refAppId === undefined || refAppId === '') return null;
  const id = findable(refAppId);
  const exists = id !== undefined && (await templates.get(id, 'sae')) !== null;
  return { exists, self: refAppId === appId };
}

/** Ids that can be asked for; others exist nowhere. */
function idsIn(items: readonly { readonly configMapId: string | number }[]): ReadonlySet<number> {
  return new Set(items.map((item) => Number(item.configMapId)).filter(Number.isSafeInteger));
}

function understood<T>(
  text: string | undefined,
  parse: (text: string) => readonly T[],
): readonly T[] {
  if (text === undefined) return [];
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
}
