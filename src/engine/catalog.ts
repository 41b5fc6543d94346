import {
  type CatalogLimits,
  defaultCatalogLimits,
  maxCatalogDataBytes,
} from '../domain/catalog.ts';
import { DomainError } from '../domain/errors.ts';
import type { DialectName } from '../domain/template.ts';
import { open, seal, sealNonceBytes } from '../lib/sealed-box.ts';
import type { CatalogStore } from '../ports/catalog.ts';
import type { Catalog } from './engine.ts';

export interface CatalogOptions {
  readonly store: CatalogStore;
  /** 32 bytes; seals the data of Secrets (see `lib/sealed-box.ts`). */
  readonly masterKey: Uint8Array;
  /** Cryptographically strong random bytes. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly limits?: CatalogLimits;
}

/** Creates the engine's catalog: the store's, with limits, and Secrets sealed. */
export function createCatalog(options: CatalogOptions): Catalog {
  const { store, masterKey } = options;
  const limits = options.limits ?? defaultCatalogLimits;
  const sealed = (data: Readonly<Record<string, string>>, context: string): Uint8Array =>
    seal(masterKey, JSON.stringify(data), context, options.randomBytes(sealNonceBytes));
  const opened = (id: number, box: Uint8Array, context: string): Record<string, string> => {
    try {
      return JSON.parse(open(masterKey, box, context)) as Record<string, string>;
    } catch (error) {
      // Asking again does not help, so it must not be taken for a store that is away.
      const reason = (error as Error).message;
      throw new DomainError(
        'invalid-argument',
        `the Secret (ID: ${id}) cannot be opened: ${reason}`,
        {
          id,
        },
      );
    }
  };
  return {
    createNamespace: (namespace) => store.createNamespace(namespace, limits),
    updateNamespace: (dialect, id, revise) => store.updateNamespace(dialect, id, revise),
    deleteNamespace: (dialect, id) => store.deleteNamespace(dialect, id),
    namespace: (dialect, id) => store.namespace(dialect, id),
    namespaces: (dialect, offset, limit) => store.namespaces(dialect, offset, limit),
    async createConfigMap(configMap) {
      checkSize(configMap.data);
      return store.createConfigMap(configMap, limits);
    },
    async updateConfigMap(dialect, id, change) {
      checkSize(change.data);
      return store.updateConfigMap(dialect, id, change);
    },
    deleteConfigMap: (dialect, id) => store.deleteConfigMap(dialect, id),
    configMaps: (dialect, ids) => store.configMaps(dialect, ids),
    configMapsOf: (dialect, namespace) => store.configMapsOf(dialect, namespace),
    listConfigMaps: (query) => store.listConfigMaps(query),
    listSecrets: (query) => store.listSecrets(query),
    catalogCounts: (dialect, namespaces) => store.catalogCounts(dialect, namespaces),
    async createSecret(secret, data) {
      checkSize(data);
      return store.createSecret(secret, sealed(data, purposeOf(secret.dialect)), limits);
    },
    async updateSecret(dialect, id, data, atMs) {
      checkSize(data);
      return store.updateSecret(dialect, id, sealed(data, purposeOf(dialect)), atMs);
    },
    deleteSecret: (dialect, id) => store.deleteSecret(dialect, id),
    async secretInfo(dialect, id) {
      return (await store.secret(dialect, id))?.secret ?? null;
    },
    async secret(dialect, id) {
      const found = await store.secret(dialect, id);
      if (found === null) return null;
      return { secret: found.secret, data: opened(id, found.sealedData, purposeOf(dialect)) };
    },
    secretsOf: (dialect, namespace) => store.secretsOf(dialect, namespace),
    referringTemplates: (kind, ids) => store.referringTemplates(kind, ids),
    templateByWebhook: (tokenHash) => store.templateByWebhook(tokenHash),
    putTags: (dialect, templateIds, tags) => store.putTags(dialect, templateIds, tags, limits),
    removeTags: (dialect, templateIds, keys) => store.removeTags(dialect, templateIds, keys),
    tagged: (query) => store.tagged(query),
    templateChange: (id) => store.templateChange(id),
    namedChanges: (query) => store.namedChanges(query),
  };
}

/** What a Secret's data is sealed for: the id is handed out only when it is stored. */
function purposeOf(dialect: DialectName): string {
  return `secret ${dialect}`;
}

function checkSize(data: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxCatalogDataBytes) {
    throw new DomainError(
      'invalid-argument',
      `keys and values take ${bytes} bytes together; at most ${maxCatalogDataBytes} fit`,
      { parameter: 'Data' },
    );
  }
}
