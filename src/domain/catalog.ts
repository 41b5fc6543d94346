import type { DialectName } from './template.ts';

/** An isolation group of templates, ConfigMaps and Secrets; names need only be unique inside. */
export interface Namespace {
  readonly dialect: DialectName;
  /** As the dialect names it, e.g. `cn-hangzhou:test`. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** The dialect's own record, for reading back; the engine never looks inside. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Pairs of text that templates take variables and files from. */
export interface ConfigMap {
  /** Positive; handed out by the store, never reused. */
  readonly id: number;
  readonly dialect: DialectName;
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly data: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Pairs that must not be seen, such as a registry's credentials. Its data is kept sealed. */
export interface Secret {
  readonly id: number;
  readonly dialect: DialectName;
  readonly namespace: string;
  readonly name: string;
  /** `Opaque`, `kubernetes.io/dockerconfigjson` or `kubernetes.io/tls`. */
  readonly type: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A label of a template. Both are case-sensitive. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A template that uses something of the catalog. */
export interface ReferringTemplate {
  /** Id of what is used. */
  readonly targetId: number;
  readonly templateId: string;
  readonly templateName: string;
}

/** How much one namespace, and all of them, may hold. */
export interface CatalogLimits {
  readonly namespaces: number;
  readonly configMapsPerNamespace: number;
  readonly secretsPerNamespace: number;
  readonly tagsPerTemplate: number;
}

export const defaultCatalogLimits: CatalogLimits = {
  namespaces: 1_000,
  configMapsPerNamespace: 500,
  secretsPerNamespace: 500,
  tagsPerTemplate: 20,
};

/** Largest sum of a ConfigMap's or Secret's keys and values, in UTF-8 bytes. */
export const maxCatalogDataBytes = 1024 * 1024;
