/** What the native API shows of SAE, and the rules for what SAE owns: ConfigMaps and Secrets. */
import { DomainError } from '../../domain/errors.ts';
import { WireError } from '../aliyun/errors.ts';
import type { Insight, ItemRules, Pairs } from '../kit/insight.ts';
import type { SaeServices } from './services.ts';
import { freeText, itemName } from './validation/catalog-items.ts';
import {
  allNamespaces,
  defaultNamespace,
  namespaceExists,
  namespaceLookup,
} from './validation/namespaces.ts';
import { checkSecretKeys, isSecretType, secretTypes } from './validation/secrets.ts';
import { parseKeyValues } from './values/key-values.ts';

/** What the composition root hands to the native dialect. */
export function createSaeInsight(services: SaeServices): Insight {
  return {
    dialect: 'sae',
    async namespaces() {
      return (await allNamespaces(services)).map((namespace) => ({
        dialect: 'sae',
        kind: 'namespace',
        id: namespace.id,
        name: namespace.name,
        description: namespace.description,
        parent: null,
        templateNamespace: namespace.id,
        createdAtMs: namespace.createdAtMs,
        updatedAtMs: namespace.updatedAtMs,
      }));
    },
    items: itemRules(services),
  };
}

/** The checks of SAE's own operations (sae.md §5.2, §5.3), in the words of the engine's refusals. */
function itemRules(services: SaeServices): ItemRules {
  return {
    defaultNamespace: defaultNamespace(services.context),
    secretTypes,
    async requireNamespace(id) {
      if (namespaceExists(await namespaceLookup(services, id), id)) return;
      throw new DomainError('namespace-not-found', `no namespace of SAE has the id ${id}`, { id });
    },
    checkName(name) {
      inWords(
        () => itemName(new Map([['Name', name]]), 'Name'),
        'name must begin with a letter and hold at most 63 letters, digits, "_" and "-"',
      );
    },
    checkDescription(description) {
      inWords(
        () => freeText(new Map([['Description', description]]), 'Description'),
        'description is too long, or holds a NUL or half of a surrogate pair',
      );
    },
    checkData(data) {
      inWords(() => parseKeyValues('data', JSON.stringify(data)));
    },
    storedSecret(type, kept, set) {
      if (!isSecretType(type)) {
        throw new DomainError('invalid-argument', `type must be one of ${secretTypes.join(', ')}`);
      }
      inWords(() => parseKeyValues('data', JSON.stringify(set)));
      const stored: Pairs = {
        ...kept,
        // Values of Secrets are kept in base64 (sae.md §5.3).
        ...Object.fromEntries(
          Object.entries(set).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
      };
      inWords(() => checkSecretKeys(type, stored));
      return stored;
    },
  };
}

/** What SAE's client would be told, said to the native API's. */
function inWords(check: () => unknown, words?: string): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new DomainError('invalid-argument', words ?? error.message);
  }
}
