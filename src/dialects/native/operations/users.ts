import { Type } from 'typebox';
import type { User } from '../../../domain/access.ts';
import { DomainError } from '../../../domain/errors.ts';
import type { Engine } from '../../../engine/index.ts';
import { defineOperation, json, nothing } from '../operation.ts';
import { requireRootFor } from '../root-only.ts';
import {
  PasswordInput,
  policyName,
  UserInput,
  UserList,
  userName,
  UserView,
  userView,
} from '../views/access.ts';

const group = 'users';
const userParams = Type.Object({ user: userName });
const attachParams = Type.Object({ user: userName, policy: policyName });
const oneUser = {
  status: 200,
  type: 'application/json',
  schema: UserView,
  description: 'The user.',
} as const;

const list = defineOperation({
  name: 'ListUsers',
  method: 'GET',
  path: '/users',
  group,
  summary: 'Users with their policies.',
  reply: { status: 200, type: 'application/json', schema: UserList, description: 'All users.' },
  async handle(_call, { engine }) {
    return json({ rows: (await engine.access.users()).map(userView) });
  },
});

const put = defineOperation({
  name: 'PutUser',
  method: 'PUT',
  path: '/users/{user}',
  group,
  summary: 'Creates the user or replaces its policies.',
  params: userParams,
  body: UserInput,
  reply: oneUser,
  async handle({ params, body, caller }, { engine }) {
    await requireRootFor(engine, caller, params.user, body.root ?? false);
    return json(userView(await engine.access.putUser({ name: params.user, ...body })));
  },
});

async function findUser(engine: Engine, name: string): Promise<User> {
  const user = (await engine.access.users()).find((candidate) => candidate.name === name);
  if (user === undefined) {
    throw new DomainError('user-not-found', `no user is called ${name}`, { user: name });
  }
  return user;
}

const attach = defineOperation({
  name: 'AttachPolicy',
  method: 'PUT',
  path: '/users/{user}/policies/{policy}',
  group,
  summary: 'Gives the user a policy.',
  params: attachParams,
  reply: oneUser,
  async handle({ params, caller }, { engine }) {
    await requireRootFor(engine, caller, params.user, false);
    const { name, root, policies } = await findUser(engine, params.user);
    const all = [...new Set([...policies, params.policy])];
    return json(userView(await engine.access.putUser({ name, root, policies: all })));
  },
});

const detach = defineOperation({
  name: 'DetachPolicy',
  method: 'DELETE',
  path: '/users/{user}/policies/{policy}',
  group,
  summary: 'Takes a policy from the user.',
  params: attachParams,
  reply: oneUser,
  async handle({ params, caller }, { engine }) {
    await requireRootFor(engine, caller, params.user, false);
    const { name, root, policies } = await findUser(engine, params.user);
    const rest = policies.filter((policy) => policy !== params.policy);
    return json(userView(await engine.access.putUser({ name, root, policies: rest })));
  },
});

const setPassword = defineOperation({
  name: 'SetUserPassword',
  method: 'PUT',
  path: '/users/{user}/password',
  group,
  summary: 'Sets the password that the user signs in with where an API has passwords (IAM).',
  params: userParams,
  body: PasswordInput,
  reply: { status: 204, type: null, description: 'Done; tokens of the old one are void.' },
  async handle({ params, body, caller }, { engine }) {
    await requireRootFor(engine, caller, params.user, false);
    await engine.passwords.set(params.user, body.password);
    return nothing;
  },
});

const removePassword = defineOperation({
  name: 'DeleteUserPassword',
  method: 'DELETE',
  path: '/users/{user}/password',
  group,
  summary: 'Takes the password away: the user can no longer sign in with one.',
  params: userParams,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params, caller }, { engine }) {
    await requireRootFor(engine, caller, params.user, false);
    await engine.passwords.remove(params.user);
    return nothing;
  },
});

const remove = defineOperation({
  name: 'DeleteUser',
  method: 'DELETE',
  path: '/users/{user}',
  group,
  summary: 'Deletes the user with its keys.',
  params: userParams,
  reply: { status: 204, type: null, description: 'Done.' },
  async handle({ params, caller }, { engine }) {
    await requireRootFor(engine, caller, params.user, false);
    await engine.access.deleteUser(params.user);
    await engine.passwords.remove(params.user);
    return nothing;
  },
});

export const userOperations = [
  list,
  put,
  attach,
  detach,
  setPassword,
  removePassword,
  remove,
] as const;
