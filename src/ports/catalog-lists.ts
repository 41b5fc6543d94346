import type { ConfigMap, Secret } from '../domain/catalog.ts';
import type { DialectName } from '../domain/template.ts';

/** Which ConfigMaps or Secrets of a namespace are wanted. */
export interface CatalogItemQuery {
  readonly dialect: DialectName;
  readonly namespace: string;
  /** A part of the name in any letter case; every character means itself. Absent = all. */
  readonly text?: string;
  /** Names after this one, by their bytes; null = from the first on. */
  readonly after: string | null;
  /** At least 1. */
  readonly limit: number;
}

/** Rows by name, and the name to go on after; null = there are no more. */
export interface CatalogItemPage<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

/** A ConfigMap without its data, which may be large. */
export type ConfigMapSummary = Omit<ConfigMap, 'data'>;

/** How much lies in a namespace. */
export interface CatalogCount {
  readonly namespace: string;
  readonly configMaps: number;
  readonly secrets: number;
}

/** Lists of the catalog for people who look. They read nobody's data. Part of `CatalogStore`. */
export interface CatalogListStore {
  listConfigMaps(query: CatalogItemQuery): Promise<CatalogItemPage<ConfigMapSummary>>;
  listSecrets(query: CatalogItemQuery): Promise<CatalogItemPage<Secret>>;
  /** One for each namespace, in this order. At most 1,000 of them. */
  catalogCounts(
    dialect: DialectName,
    namespaces: readonly string[],
  ): Promise<readonly CatalogCount[]>;
}
