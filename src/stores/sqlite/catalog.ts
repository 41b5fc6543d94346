import type { CatalogStore } from '../../ports/catalog.ts';
import { catalogLists } from '../sql/catalog-lists.ts';
import { listNamedChanges } from '../sql/lists.ts';
import { listTagged } from '../sql/tags.ts';
import { ConfigMaps } from './config-maps.ts';
import { Namespaces } from './namespaces.ts';
import type { References } from './references.ts';
import { Secrets } from './secrets.ts';
import type { Session } from './session.ts';
import type { Tags } from './tags.ts';
import type { TemplateChanges } from './template-changes.ts';
import type { Templates } from './templates.ts';

/** What the catalog shares with templates: each of them keeps rows that the other one frees. */
export interface CatalogParts {
  readonly references: References;
  readonly tags: Tags;
  readonly changes: TemplateChanges;
  readonly templates: Templates;
}

/** The catalog of an embedded store; every write goes through the group commit. */
export function catalogOf(session: Session, parts: CatalogParts): CatalogStore {
  const { references, tags, changes, templates } = parts;
  const namespaces = new Namespaces(session);
  const configMaps = new ConfigMaps(session, references);
  const secrets = new Secrets(session, references);
  const write = session.writes.run.bind(session.writes);
  return {
    ...catalogLists(session.sql, 'sqlite', (read) => read()),

    createNamespace: (namespace, limits) => write(() => namespaces.create(namespace, limits)),
    updateNamespace: (dialect, id, revise) => write(() => namespaces.update(dialect, id, revise)),
    deleteNamespace: (dialect, id) => write(() => namespaces.delete(dialect, id)),
    namespace: async (dialect, id) => namespaces.get(dialect, id),
    namespaces: async (dialect, offset, limit) => namespaces.list(dialect, offset, limit),

    createConfigMap: (configMap, limits) => write(() => configMaps.create(configMap, limits)),
    updateConfigMap: (dialect, id, change) => write(() => configMaps.update(dialect, id, change)),
    deleteConfigMap: (dialect, id) => write(() => configMaps.delete(dialect, id)),
    configMaps: async (dialect, ids) => configMaps.some(dialect, ids),
    configMapsOf: async (dialect, namespace) => configMaps.of(dialect, namespace),

    createSecret: (secret, sealedData, limits) =>
      write(() => secrets.create(secret, sealedData, limits)),
    updateSecret: (dialect, id, sealedData, atMs) =>
      write(() => secrets.update(dialect, id, sealedData, atMs)),
    deleteSecret: (dialect, id) => write(() => secrets.delete(dialect, id)),
    secret: async (dialect, id) => secrets.get(dialect, id),
    secretsOf: async (dialect, namespace) => secrets.of(dialect, namespace),

    referringTemplates: async (kind, ids) => references.users(kind, ids),
    templateByWebhook: async (tokenHash) => templates.byWebhook(tokenHash),

    putTags: (dialect, templateIds, given, limits) =>
      write(() => tags.put(dialect, templateIds, given, limits)),
    removeTags: (dialect, templateIds, keys) =>
      write(() => tags.remove(dialect, templateIds, keys)),
    tagged: (query) => listTagged(session.sql, query),

    templateChange: async (id) => changes.get(id),
    namedChanges: (query) => listNamedChanges(session.sql, 'sqlite', query),
  };
}
