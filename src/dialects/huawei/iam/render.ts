/** What IAM tells about accounts, projects and tokens (cdm.md §2.2). */
import type { User } from '../../../domain/access.ts';
import type { HuaweiFamily } from '../family.ts';
import type { Project } from '../operation.ts';
import { stableId } from './identifiers.ts';
import type { Token } from './tokens.ts';
import { wireTime } from './wire-time.ts';

/** Id of a user: the same for the same name, 32 hex digits. */
export function userId({ projects }: HuaweiFamily, user: Pick<User, 'name'>): string {
  return stableId('user', projects.domain.id, user.name);
}

/** `links` of something with an address of its own. */
export function selfLink({ context }: HuaweiFamily, path: string): { readonly self: string } {
  return { self: `${context.baseUrl()}${path}` };
}

/** `links` of a list that fits on its page. */
export function listLinks(family: HuaweiFamily, path: string): Record<string, string | null> {
  return { ...selfLink(family, path), previous: null, next: null };
}

/** A project as lists and answers have it. */
export function renderProject(family: HuaweiFamily, { id, name, description }: Project): object {
  const domainId = family.projects.domain.id;
  return {
    id,
    name,
    domain_id: domainId,
    parent_id: domainId,
    description,
    enabled: true,
    is_domain: false,
    links: selfLink(family, `/v3/projects/${id}`),
  };
}

/** The member `token` of an answer. @param project that it is scoped to; null = the domain. */
export function renderToken(
  family: HuaweiFamily,
  token: Token,
  project: Project | null,
  withCatalog: boolean,
): object {
  const { domain } = family.projects;
  const { user } = token;
  return {
    methods: ['password'],
    issued_at: wireTime(token.issuedAtMs),
    expires_at: wireTime(token.expiresAtMs),
    user: {
      id: userId(family, user),
      name: user.name,
      password_expires_at: '',
      domain: { id: domain.id, name: domain.name },
    },
    ...(project === null
      ? { domain: { id: domain.id, name: domain.name } }
      : {
          project: {
            id: project.id,
            name: project.name,
            domain: { id: domain.id, name: domain.name },
          },
        }),
    roles: (user.root ? ['te_admin'] : user.policies).map((name) => ({
      id: stableId('role', name),
      name,
    })),
    catalog: withCatalog ? catalog(family, project) : [],
  };
}

function catalog(family: HuaweiFamily, project: Project | null): readonly object[] {
  const { region } = family.context;
  const base = family.context.baseUrl();
  const entry = (type: string, url: string): object => ({
    id: stableId('service', type),
    type,
    name: type,
    endpoints: [
      { id: stableId('endpoint', type, url), interface: 'public', region, region_id: region, url },
    ],
  });
  return [
    entry('iam', `${base}/v3`),
    ...(project === null ? [] : [entry('cdm', `${base}/v1.1/${project.id}`)]),
  ];
}
