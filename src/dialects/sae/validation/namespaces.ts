import type { Namespace } from '../../../domain/catalog.ts';
import { DomainError } from '../../../domain/errors.ts';
import { refusedAs, saeError } from '../errors.ts';
import type { SaeServices, SaeSettings } from '../services.ts';

/**
 * Which namespaces there are: the default one, whose id is the region; those that the operator
 * configured, which need not be stored; and those of the catalog.
 */
export interface NamespaceScope {
  readonly region: string;
  readonly settings: SaeSettings;
  /** Ids found in the catalog (see `namespaceLookup`); absent = it was not asked. */
  readonly stored?: ReadonlySet<string>;
}

/** Rows of one read of the catalog's list. */
const listPageSize = 1_000;

/** The default namespace: its id is the region. */
export function defaultNamespace({ region }: Pick<NamespaceScope, 'region'>): string {
  return region;
}

/** Whether a namespace exists on this server. */
export function namespaceExists(scope: NamespaceScope, id: string): boolean {
  return (
    id === defaultNamespace(scope) ||
    scope.settings.namespaces.includes(id) ||
    scope.stored?.has(id) === true
  );
}

/**
 * The namespace a template is created in.
 * @throws WireError `InvalidNamespace.WithUppercase` or `InvalidNamespaceId.NotFound` (404).
 */
export function createNamespace(scope: NamespaceScope, id: string | undefined): string {
  if (id === undefined) return defaultNamespace(scope);
  if (/[A-Z]/.test(id)) throw saeError('InvalidNamespace.WithUppercase');
  if (!namespaceExists(scope, id)) throw saeError('InvalidNamespaceId.NotFound');
  return id;
}

/** Asks the catalog about one namespace, for checks that cannot wait for an answer. */
export async function namespaceLookup(
  { context, settings }: SaeServices,
  id: string | undefined,
): Promise<Required<NamespaceScope>> {
  const { region } = context;
  const sure = id === undefined || namespaceExists({ region, settings }, id);
  const found = sure ? null : await storedNamespace(context, id);
  return { region, settings, stored: new Set(found === null ? [] : [found.id]) };
}

/** Refuses a namespace that does not exist. @throws WireError `InvalidNamespaceId.NotFound` (404). */
export async function requireNamespace(services: SaeServices, id: string): Promise<void> {
  if (!namespaceExists(await namespaceLookup(services, id), id)) {
    throw saeError('InvalidNamespaceId.NotFound');
  }
}

/**
 * A namespace that can be looked at and changed by itself, as it is stored or configured. The
 * default one cannot (sae.md §5.1).
 * @throws WireError `InvalidNamespaceId.NotFound` (404).
 */
export async function singleNamespace(services: SaeServices, id: string): Promise<Namespace> {
  const { context, settings } = services;
  if (id !== defaultNamespace(context)) {
    const stored = await storedNamespace(context, id);
    if (stored !== null) return stored;
    if (settings.namespaces.includes(id)) return unstored(id, shortIdOf(id));
  }
  throw saeError('InvalidNamespaceId.NotFound');
}

/**
 * Changes a namespace; a configured one is stored with its first change.
 * @param revise pure.
 * @throws WireError `InvalidNamespaceId.NotFound` (404), `Exceed.Namespace`.
 */
export async function changeNamespace(
  services: SaeServices,
  id: string,
  revise: (current: Namespace) => Namespace,
): Promise<Namespace> {
  const { engine } = services.context;
  const current = await singleNamespace(services, id);
  if (current.createdAtMs === 0) {
    const atMs = services.context.nowMs();
    const work = engine.catalog.createNamespace({
      ...current,
      createdAtMs: atMs,
      updatedAtMs: atMs,
    });
    await refusedAs(work, {
      'catalog-quota-exceeded': () => saeError('Exceed.Namespace'),
    }).catch((error: unknown) => {
      // Another request was first: there is one to change all the same.
      if (!(error instanceof DomainError && error.code === 'already-exists')) throw error;
    });
  }
  return engine.catalog.updateNamespace('sae', id, revise);
}

/** All namespaces: the default one, then the stored and configured ones by id. */
export async function allNamespaces(services: SaeServices): Promise<readonly Namespace[]> {
  const { context, settings } = services;
  const stored: Namespace[] = [];
  // The catalog limits how many there are, so this ends.
  for (;;) {
    const page = await context.engine.catalog.namespaces('sae', stored.length, listPageSize);
    stored.push(...page.rows);
    if (page.rows.length === 0 || stored.length >= page.total) break;
  }
  const known = new Set(stored.map(({ id }) => id));
  const configured = settings.namespaces.filter((id) => !known.has(id));
  const custom = [...stored, ...configured.map((id) => unstored(id, shortIdOf(id)))];
  return [
    unstored(defaultNamespace(context), 'default'),
    ...custom.toSorted((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)),
  ];
}

/** Texts that cannot be ids are not looked for: some stores refuse to look for NUL. */
async function storedNamespace(
  { engine }: SaeServices['context'],
  id: string,
): Promise<Namespace | null> {
  return /^[a-z0-9:-]{1,64}$/.test(id) ? engine.catalog.namespace('sae', id) : null;
}

/** The part of an id after the region; empty for the default namespace. */
export function shortIdOf(id: string): string {
  const colon = id.indexOf(':');
  return colon === -1 ? '' : id.slice(colon + 1);
}

/** A namespace that exists without being stored; `createdAtMs` 0 says so. */
function unstored(id: string, name: string): Namespace {
  return {
    dialect: 'sae',
    id,
    name,
    description: '',
    document: { EnableMicroRegistration: true },
    createdAtMs: 0,
    updatedAtMs: 0,
  };
}
