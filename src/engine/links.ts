import { createHash } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import type { Link, LinkOptions } from '../domain/transfer/link.ts';
import type { Document, DocumentName, DocumentStore } from '../ports/documents.ts';
import type { LinkContent, Links } from './engine.ts';

/** What links are sealed for, so that nothing else opens them. */
const purpose = 'link';

/** How links are kept: a document each. */
interface Kept {
  readonly name: string;
  /** Sealed JSON of the options; null = the connector is not installed. */
  readonly sealed: string | null;
  readonly enabled: boolean;
  readonly document: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
  readonly updatedBy: string;
}

export interface LinksOptions {
  readonly store: DocumentStore;
  readonly nowMs: () => number;
  /** Encrypts with the server's master key. */
  readonly seal: (text: string, purpose: string) => string;
  /** @throws Error when it was sealed with another key. */
  readonly unseal: (sealed: string, purpose: string) => string;
}

/** Creates the engine's links. */
export function createLinks({ store, nowMs, seal, unseal }: LinksOptions): Links {
  const opened = (found: Document): Link => {
    const kept = found.value as unknown as Kept;
    return {
      namespace: found.parent,
      name: kept.name,
      number: found.number,
      options: kept.sealed === null ? null : optionsOf(kept.name, kept.sealed),
      enabled: kept.enabled,
      document: kept.document,
      createdBy: kept.createdBy,
      updatedBy: kept.updatedBy,
      createdAtMs: found.createdAtMs,
      updatedAtMs: found.updatedAtMs,
    };
  };
  const optionsOf = (name: string, sealed: string): LinkOptions => {
    try {
      return JSON.parse(unseal(sealed, purpose)) as LinkOptions;
    } catch {
      throw new DomainError(
        'invalid-argument',
        `link ${name} cannot be opened: it was sealed with another master key; update it with its secrets`,
      );
    }
  };
  return {
    async change(namespace, name, revise, by) {
      const changed = await store.changeDocument(nameOf(namespace, name), nowMs(), (current) => {
        const content = revise(current === null ? null : opened(current));
        if (content === null) return null;
        const createdBy = (current?.value as unknown as Kept | undefined)?.createdBy ?? by;
        return { parent: namespace, value: { ...keptOf(content), name, createdBy, updatedBy: by } };
      });
      return changed === null ? null : opened(changed);
    },
    async get(namespace, name) {
      const found = await store.document(nameOf(namespace, name));
      return found === null ? null : opened(found);
    },
    async list(namespace, offset, limit) {
      const page = await store.documents({
        dialect: 'cdm',
        kind: 'link',
        parent: namespace,
        offset,
        limit,
      });
      return { total: page.total, rows: page.rows.map(opened) };
    },
    async namespaces(limit) {
      const found = await store.documentParents({ dialect: 'cdm', kind: 'link', limit });
      return found.map(({ parent: namespace, count: links }) => ({ namespace, links }));
    },
  };

  function keptOf({
    options,
    enabled,
    document,
  }: LinkContent): Omit<Kept, 'name' | 'createdBy' | 'updatedBy'> {
    return {
      sealed: options === null ? null : seal(JSON.stringify(options), purpose),
      enabled,
      document,
    };
  }
}

/** Names may be longer than keys of documents. */
function nameOf(namespace: string, name: string): DocumentName {
  const digest = createHash('sha256').update(`${namespace}\n${name}`).digest('hex');
  return { dialect: 'cdm', kind: 'link', key: digest };
}
