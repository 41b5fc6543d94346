import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import { defineOperation, json, nothing } from '../operation.ts';
import { requireRootFor } from '../root-only.ts';
import { KeyInput, KeyList, keyView, NewKeyView } from '../views/access.ts';

const group = 'keys';
const keyParams = Type.Object({ key: Type.String({ minLength: 1, maxLength: 128 }) });
const done = { status: 204, type: null, description: 'Done.' } as const;

const list = defineOperation({
  name: 'ListKeys',
  method: 'GET',
  path: '/keys',
  group,
  summary: 'Access keys, without their secrets.',
  reply: { status: 200, type: 'application/json', schema: KeyList, description: 'All keys.' },
  async handle(_call, { engine }) {
    return json({ rows: (await engine.access.keys()).map(keyView) });
  },
});

const create = defineOperation({
  name: 'CreateKey',
  method: 'POST',
  path: '/keys',
  group,
  summary: 'Makes a key for a user, and the user when it is new. The secret is shown once.',
  body: KeyInput,
  reply: {
    status: 201,
    type: 'application/json',
    schema: NewKeyView,
    description: 'The key with its secret.',
  },
  async handle({ body, caller }, { engine }) {
    await requireRootFor(engine, caller, body.user, body.root ?? false);
    const { key, secret } = await engine.access.createKey(body);
    return json({ key: keyView(key), secret, securityToken: key.securityToken }, 201);
  },
});

function switching(name: string, verb: 'enable' | 'disable', enabled: boolean) {
  return defineOperation({
    name,
    method: 'POST',
    path: `/keys/{key}/${verb}`,
    group,
    summary: enabled ? 'Lets the key in again.' : 'Refuses every request of the key.',
    params: keyParams,
    reply: done,
    async handle({ params, caller }, { engine }) {
      await requireRootFor(engine, caller, await ownerOf(params.key, engine), false);
      await engine.access.setKeyEnabled(params.key, enabled);
      return nothing;
    },
  });
}

const remove = defineOperation({
  name: 'DeleteKey',
  method: 'DELETE',
  path: '/keys/{key}',
  group,
  summary: 'Deletes the key.',
  params: keyParams,
  reply: done,
  async handle({ params, caller }, { engine }) {
    await requireRootFor(engine, caller, await ownerOf(params.key, engine), false);
    await engine.access.deleteKey(params.key);
    return nothing;
  },
});

async function ownerOf(id: string, engine: Parameters<typeof requireRootFor>[0]): Promise<string> {
  const key = (await engine.access.keys()).find((candidate) => candidate.id === id);
  if (key === undefined) {
    throw new DomainError('key-not-found', `no key has the id ${id}`, { key: id });
  }
  return key.user;
}

export const keyOperations = [
  list,
  create,
  switching('EnableKey', 'enable', true),
  switching('DisableKey', 'disable', false),
  remove,
] as const;
