import { Type, type Static } from 'typebox';
import type { User } from '../../../../domain/access.ts';
import type { HuaweiFamily } from '../../family.ts';
import type { Project } from '../../operation.ts';
import { iamErrors } from '../errors.ts';
import { defineOperation } from '../operation.ts';
import { renderToken, userId } from '../render.ts';

const Word = Type.String({ maxLength: 256 });
const Named = Type.Object({ name: Type.Optional(Word), id: Type.Optional(Word) });

const UserPart = Type.Object({
  name: Type.Optional(Word),
  id: Type.Optional(Word),
  password: Type.String({ maxLength: 1_000 }),
  domain: Type.Optional(Named),
});

const Body = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 8 }),
      password: Type.Optional(Type.Object({ user: UserPart })),
    }),
    scope: Type.Optional(
      Type.Object({
        project: Type.Optional(
          Type.Object({
            name: Type.Optional(Word),
            id: Type.Optional(Word),
            domain: Type.Optional(Named),
          }),
        ),
        domain: Type.Optional(Named),
      }),
    ),
  }),
});

type Scope = Static<typeof Body>['auth']['scope'];

/** Signs in with a password (cdm.md §2.2.1). */
export const createToken = defineOperation({
  name: 'keystoneCreateUserTokenByPassword',
  action: null,
  method: 'POST',
  path: '/auth/tokens',
  summary: 'Gives a token for a user and its password, in the header `X-Subject-Token`.',
  open: true,
  // Nobody is known yet who could be held back.
  maxBodyBytes: 64 * 1024,
  query: Type.Object({ nocatalog: Type.Optional(Type.String()) }),
  body: Body,
  async claimedUser({ body }, family) {
    const { name, id } = body.auth.identity.password?.user ?? {};
    const users = await family.context.engine.access.users();
    const named = users.find((user) =>
      name === undefined ? id !== undefined && userId(family, user) === id : user.name === name,
    );
    return named?.name ?? '';
  },
  async handle({ query, body }, family) {
    const { identity, scope } = body.auth;
    if (!identity.methods.includes('password') || identity.password === undefined) {
      throw iamErrors.badRequest('auth.identity.methods must be ["password"].');
    }
    const user = await signIn(identity.password.user, family);
    const project = await scopedProject(scope, family);
    const { text, token } = await family.tokens.issue(
      user,
      project === null ? { kind: 'domain' } : { kind: 'project', projectId: project.id },
      family.context.nowMs(),
    );
    return {
      status: 201,
      headers: { 'x-subject-token': text },
      body: { token: renderToken(family, token, project, query.nocatalog === undefined) },
    };
  },
});

/** @throws WireError 400, 401 or, while the user is locked, 403. */
async function signIn(
  { name, id, password, domain }: Static<typeof UserPart>,
  family: HuaweiFamily,
): Promise<User> {
  const named = name ?? (id === undefined ? undefined : await nameOfUser(id, family));
  if (named === undefined || named === '') {
    throw name === undefined && id !== undefined
      ? iamErrors.wrongPassword()
      : iamErrors.badRequest('auth.identity.password.user has neither a name nor an id.');
  }
  const nowMs = family.context.nowMs();
  const failures = family.passwordFailures;
  if (failures.isLocked(named, nowMs)) throw iamErrors.locked();
  const user = isOurs(domain, family)
    ? await family.context.engine.passwords.check(named, password)
    : null;
  if (user === null) {
    failures.failed(named, nowMs);
    throw iamErrors.wrongPassword();
  }
  failures.succeeded(named);
  return user;
}

async function nameOfUser(id: string, family: HuaweiFamily): Promise<string | undefined> {
  const users = await family.context.engine.access.users();
  return users.find((user) => userId(family, user) === id)?.name;
}

/** The project of a scope, which wins over its domain; null = the domain. @throws WireError 404. */
async function scopedProject(scope: Scope, family: HuaweiFamily): Promise<Project | null> {
  if (scope?.project === undefined) {
    if (!isOurs(scope?.domain, family)) throw iamErrors.notFound('the domain of the scope');
    return null;
  }
  const { id, name, domain } = scope.project;
  if (id === undefined && name === undefined) {
    throw iamErrors.badRequest('auth.scope.project has neither a name nor an id.');
  }
  if (!isOurs(domain, family)) throw iamErrors.notFound('the domain of the scope');
  const project =
    id === undefined
      ? await family.projects.findByName(name ?? '')
      : await family.projects.find(id);
  if (project === null) throw iamErrors.notFound(`project ${id ?? name ?? ''}`);
  return project;
}

/** Whether a domain that a request names, or names none, is the one there is. */
function isOurs(named: Static<typeof Named> | undefined, { projects }: HuaweiFamily): boolean {
  const { id, name } = projects.domain;
  return (
    (named?.id === undefined || named.id === id) &&
    (named?.name === undefined || named.name === name)
  );
}
