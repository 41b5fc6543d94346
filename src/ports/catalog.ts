import type {
  CatalogLimits,
  ConfigMap,
  Namespace,
  ReferringTemplate,
  Secret,
  Tag,
} from '../domain/catalog.ts';
import type { DialectName, Reference, Template, TemplateChange } from '../domain/template.ts';
import type { CatalogListStore } from './catalog-lists.ts';
import type { Page } from './page.ts';

export type NewConfigMap = Omit<ConfigMap, 'id' | 'updatedAtMs'>;
export type NewSecret = Omit<Secret, 'id' | 'updatedAtMs'>;

/** A change of a template with what is known of the template, also after its end. */
export interface NamedChange extends TemplateChange {
  readonly templateName: string;
  readonly namespace: string;
}

export interface ChangeQuery {
  readonly dialect: DialectName;
  readonly templateId?: string;
  readonly namespace?: string;
  readonly kinds?: readonly TemplateChange['kind'][];
  /** Text that the note contains. */
  readonly noteContains?: string;
  /** Oldest first instead of newest first. */
  readonly ascending?: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** One row of a list of tags. */
export interface TaggedTemplate extends Tag {
  readonly templateId: string;
}

/**
 * What templates refer to and are found by: namespaces, ConfigMaps, Secrets, tags, webhooks.
 * Part of the store and of its contract suite; each method is one durable transaction.
 */
export interface CatalogStore extends CatalogListStore {
  /** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
  createNamespace(namespace: Namespace, limits: CatalogLimits): Promise<void>;
  /** `revise` is pure. @throws DomainError `namespace-not-found`. */
  updateNamespace(
    dialect: DialectName,
    id: string,
    revise: (current: Namespace) => Namespace,
  ): Promise<Namespace>;
  /**
   * Deletes it with its ConfigMaps and Secrets.
   * @throws DomainError `namespace-not-found`, `namespace-in-use` while a template is in it, or
   *   one elsewhere uses something of it.
   */
  deleteNamespace(dialect: DialectName, id: string): Promise<void>;
  namespace(dialect: DialectName, id: string): Promise<Namespace | null>;
  /** By id. */
  namespaces(dialect: DialectName, offset: number, limit: number): Promise<Page<Namespace>>;

  /** @throws DomainError `already-exists` for a name the namespace has, `catalog-quota-exceeded`. */
  createConfigMap(configMap: NewConfigMap, limits: CatalogLimits): Promise<ConfigMap>;
  /** Replaces the data; a description of undefined stays. @throws DomainError `config-map-not-found`. */
  updateConfigMap(
    dialect: DialectName,
    id: number,
    change: {
      readonly data: ConfigMap['data'];
      readonly description?: string;
      readonly atMs: number;
    },
  ): Promise<ConfigMap>;
  /** @throws DomainError `config-map-not-found`, `config-map-in-use` while a template refers to it. */
  deleteConfigMap(dialect: DialectName, id: number): Promise<void>;
  /** Those that exist, in any order. At most 1,000 ids. */
  configMaps(dialect: DialectName, ids: readonly number[]): Promise<readonly ConfigMap[]>;
  /** All of a namespace, by id: their number is limited. */
  configMapsOf(dialect: DialectName, namespace: string): Promise<readonly ConfigMap[]>;

  /** `sealedData` is ciphertext. @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
  createSecret(secret: NewSecret, sealedData: Uint8Array, limits: CatalogLimits): Promise<Secret>;
  /** @throws DomainError `secret-not-found`. */
  updateSecret(
    dialect: DialectName,
    id: number,
    sealedData: Uint8Array,
    atMs: number,
  ): Promise<Secret>;
  /** @throws DomainError `secret-not-found`, `secret-in-use` while a template refers to it. */
  deleteSecret(dialect: DialectName, id: number): Promise<void>;
  secret(
    dialect: DialectName,
    id: number,
  ): Promise<{ readonly secret: Secret; readonly sealedData: Uint8Array } | null>;
  secretsOf(dialect: DialectName, namespace: string): Promise<readonly Secret[]>;

  /** Templates whose current revision refers to one of these. At most 1,000 ids. */
  referringTemplates(
    kind: Reference['kind'],
    ids: readonly number[],
  ): Promise<readonly ReferringTemplate[]>;
  /** The template whose webhook has this token (SHA-256, hex); null when none has. */
  templateByWebhook(tokenHash: string): Promise<Template | null>;

  /**
   * Sets tags; keys that a template has already get the new value.
   * @throws DomainError `template-not-found`, `catalog-quota-exceeded` (too many for one template).
   */
  putTags(
    dialect: DialectName,
    templateIds: readonly string[],
    tags: readonly Tag[],
    limits: CatalogLimits,
  ): Promise<void>;
  /** `keys` null = all. Missing tags are none; @throws DomainError `template-not-found`. */
  removeTags(
    dialect: DialectName,
    templateIds: readonly string[],
    keys: readonly string[] | null,
  ): Promise<void>;
  /**
   * Tags in the order of template id and key, from after `after`. `withTags`: templates that have
   * all of these (a tag without a value matches every value).
   */
  tagged(query: {
    readonly dialect: DialectName;
    readonly templateIds?: readonly string[];
    readonly withTags?: readonly { readonly key: string; readonly value?: string }[];
    readonly after?: { readonly templateId: string; readonly key: string };
    readonly limit: number;
  }): Promise<readonly TaggedTemplate[]>;

  /** Null when no change has this id. Changes outlive their template for a while. */
  templateChange(id: string): Promise<(NamedChange & { readonly dialect: DialectName }) | null>;
  namedChanges(query: ChangeQuery): Promise<Page<NamedChange>>;
}
