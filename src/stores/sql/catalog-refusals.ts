import { DomainError } from '../../domain/errors.ts';
import type { Reference } from '../../domain/template.ts';

/** What is counted against a limit of the catalog. */
export type CatalogKind = 'namespace' | 'config-map' | 'secret' | 'tag';

const words: Readonly<Record<Reference['kind'], string>> = {
  'config-map': 'ConfigMap',
  secret: 'Secret',
};

/** `parameter`: how a caller calls the name that is taken. */
const nameParameters: Readonly<Record<Reference['kind'], string>> = {
  'config-map': 'Name',
  secret: 'SecretName',
};

export function templateNotFound(id: string): DomainError {
  return new DomainError('template-not-found', `there is no template ${id}`, { templateId: id });
}

export function templateDeleting(id: string): DomainError {
  return new DomainError(
    'template-deleting',
    `template ${id} was deleted and goes when its runs have ended; create another one`,
    { templateId: id },
  );
}

export function webhookTaken(): DomainError {
  return new DomainError(
    'already-exists',
    'another template has a webhook with this token; choose another token',
    { parameter: 'TriggerConfig' },
  );
}

export function namespaceNotFound(id: string): DomainError {
  return new DomainError('namespace-not-found', `there is no namespace ${id}`, { namespace: id });
}

export function namespaceExists(id: string): DomainError {
  return new DomainError('already-exists', `namespace ${id} exists already; choose another id`, {
    parameter: 'NamespaceId',
  });
}

/** `user`: name of a template that is in it, or uses something of it. */
export function namespaceInUse(id: string, user: string): DomainError {
  return new DomainError(
    'namespace-in-use',
    `template ${user} needs namespace ${id}; delete the template first`,
    { namespace: id },
  );
}

export function nameTaken(kind: Reference['kind'], name: string, namespace: string): DomainError {
  return new DomainError(
    'already-exists',
    `namespace ${namespace} has a ${words[kind]} named ${name} already; choose another name`,
    { parameter: nameParameters[kind] },
  );
}

export function targetNotFound({ kind, id }: Reference): DomainError {
  return new DomainError(`${kind}-not-found`, `there is no ${words[kind]} with the id ${id}`, {
    id,
  });
}

/** `user`: name of a template that refers to it. */
export function targetInUse({ kind, id }: Reference, user: string): DomainError {
  return new DomainError(
    `${kind}-in-use`,
    `template ${user} uses the ${words[kind]} with the id ${id}; change the template first`,
    { id },
  );
}

/** `where`: what holds too many, in words. */
export function quotaExceeded(kind: CatalogKind, limit: number, where: string): DomainError {
  return new DomainError(
    'catalog-quota-exceeded',
    `${where} may have at most ${limit}; delete some that are not needed`,
    { kind, limit },
  );
}
